//! Undoes trust in a CA, and finds the stores that still trust it.

pub(crate) mod left;

use std::path::Path;

use anyhow::Result;
use labtrust_machine::{
    Outcome, Session, Worlds, apply, purge,
    receipt::{ChangeRecord, Receipt, Recorded},
    session::OutcomeState,
    undo_all,
};
use labtrust_plan::{
    Anchor, Change, Edit, Facts, Proof, Prose, Step,
    store::{ByHand, Done, Scope, Store},
    text,
};

use self::left::without_engine;
use super::{admin_file, reader::Reader, selection::Selection, source, stores, trust};
use crate::{
    hint::{fail, hint},
    printer::Printer,
    state::{self, Damage, Way, put_aside, recorded},
};

/// The CAs that the arguments name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meant<'a> {
    /// A fingerprint, a file, standard input or a host.
    pub what: Option<&'a str>,
    /// Every CA that is known.
    pub all: bool,
    /// Whether to remove a CA that somebody else installed too.
    pub purge: bool,
}

/// The stores from which a CA is removed.
#[derive(Clone, Debug)]
pub(crate) struct Removal {
    /// The stores.
    pub stores: Selection,
    /// Whether to remove it also where somebody else installed it.
    pub purge: bool,
}

/// The anchors that the arguments name; and the damaged parts of the state, which may hide more.
pub(crate) fn find(
    reader: &Reader<'_>,
    state: &state::State<'_>,
    arguments: &Meant<'_>,
) -> Result<(Vec<Anchor>, Vec<Damage>)> {
    let receipts = state.receipts()?;
    let mut known: Vec<Anchor> = trusted(receipts).collect();
    let mut damages: Vec<Damage> =
        recorded::damages(receipts).filter(|damage| damage.way == Way::Trust).collect();
    // Somebody else may trust the CA of this machine, such as root after a user's setup.
    if known.is_empty() || arguments.all {
        let own = state.nearest_ca().unwrap_or_else(|damage| {
            damages.push(damage);
            None
        });
        let own = own.map(state::ca::Ca::anchor);
        let is_new = |own: &Anchor| known.iter().all(|known| known.sha256() != own.sha256());
        known.extend(own.filter(is_new));
    }
    match arguments.what {
        Some(what) => {
            match source::known_anchor(reader, state, what, &known)? {
                Some(anchor) => Ok((vec![anchor], Vec::new())),
                // A damaged receipt may be of that host's CA.
                None if !damages.is_empty() => Err(damages.remove(0).into()),
                None if arguments.purge => Err(fail(
                    format!("labtrust knows no CA for {}, so it cannot look for it", text::in_line(what)),
                    "pass the CA's certificate: {labtrust untrust ./FILE --purge}",
                )),
                None => Ok((Vec::new(), Vec::new())),
            }
        }
        None if arguments.all => Ok((known, damages)),
        None if !damages.is_empty() => Err(damages.remove(0).into()),
        None if known.len() < 2 => Ok((known, damages)),
        None => {
            let list: Vec<_> = known.iter().map(|anchor| anchor.sha256().to_string()).collect();
            Err(fail(
                "several CAs are trusted here, and you did not name one",
                hint!("name one, or pass --all: {}", Prose(list.join(", "))),
            ))
        }
    }
}

/// The anchors that `receipts` record as trusted.
pub(crate) fn trusted(receipts: &[Receipt]) -> impl Iterator<Item = Anchor> {
    receipts
        .iter()
        .filter(|receipt| receipt.name.starts_with("trust-"))
        .filter_map(|receipt| receipt.anchor.clone())
}

/// Undoes trust in `anchors`, all recorded changes together. The result has one entry for each anchor.
pub(crate) fn untrust_all(
    facts: &Facts,
    worlds: &Worlds,
    printer: &Printer,
    state: &state::State<'_>,
    session: &Session<'_>,
    anchors: &[Anchor],
    removal: &Removal,
) -> Vec<Result<Vec<Outcome>>> {
    let mut receipts = Vec::new();
    let mut loaded = Vec::new();
    for anchor in anchors {
        loaded.push(load(printer, state, session, anchor, removal).map(|receipt| {
            let any = receipt.is_some();
            receipts.extend(receipt);
            any
        }));
    }
    let is_chosen = |record: &ChangeRecord| removal.stores.has_id(record.store.as_str());
    // The administrator's file is of no use once its receipt has nothing else.
    let is_over =
        |receipt: &&Receipt| receipt.changes.iter().all(|one| is_chosen(one) || admin_file::is_of(one));
    let over =
        receipts.iter().filter(is_over).flat_map(|one| &one.changes).filter(|one| admin_file::is_of(one));
    let files: Vec<String> = over.map(|record| record.subject.clone()).collect();
    let is_wanted = |record: &ChangeRecord| {
        is_chosen(record) || admin_file::is_of(record) && files.contains(&record.subject)
    };
    let asked: Vec<Proof> =
        receipts.iter().flat_map(|one| &one.changes).map(|record| record.proof.clone()).collect();
    let mut undone = match undo_all(session, &mut receipts, is_wanted) {
        Ok(undone) => undone.into_iter(),
        Err(error) => return vec![Err(error.into())],
    };
    let rest = |(anchor, is_recorded): (&Anchor, Result<bool>)| {
        let outcomes = if is_recorded? { undone.next() } else { None };
        untrust_rest(facts, worlds, session, (anchor, outcomes.unwrap_or_default(), &asked), removal)
    };
    anchors.iter().zip(loaded).map(rest).collect()
}

/// The receipt of trust in `anchor`, if there is one. `--purge` moves a damaged one aside.
fn load(
    printer: &Printer,
    state: &state::State<'_>,
    session: &Session<'_>,
    anchor: &Anchor,
    removal: &Removal,
) -> Result<Option<Receipt>> {
    let name = trust::receipt_name(anchor);
    if let Some(damage) = recorded::damage_of(&session.receipts.recorded()?, &name) {
        if !removal.purge {
            return Err(damage.into());
        }
        // --purge finds the certificates by their hashes.
        let folder = damage.path.parent().map(Path::to_owned);
        if let Some(aside) = put_aside(state.folder(), folder.as_slice())? {
            printer.aside(format_args!("the damaged files are now in {}", text::path(&aside)));
        }
    }
    Ok(session.receipts.load(&name)?)
}

/// Finds the stores that still trust `anchor` and, with `--purge`, removes it there. `outcomes` are those of the
/// recorded changes, whose proofs are among those `asked`.
fn untrust_rest(
    facts: &Facts,
    worlds: &Worlds,
    session: &Session<'_>,
    (anchor, mut outcomes, asked): (&Anchor, Vec<Outcome>, &[Proof]),
    removal: &Removal,
) -> Result<Vec<Outcome>> {
    let planning = stores::plan(facts, worlds, &left::everywhere(facts, worlds, anchor), &removal.stores);
    let mut on_removal = planning.on_removal;
    ByHand::join_profiles(&mut on_removal.iter_mut().map(|(_, step)| step).collect::<Vec<_>>());
    for (store, step) in on_removal {
        let is_gone = |outcome: &&mut Outcome| outcome.store == store && outcome.changed;
        if let Some(outcome) = outcomes.iter_mut().find(is_gone) {
            leave_to_person(facts, worlds, outcome, &step);
        }
    }
    for change in planning.changes {
        let known = outcomes
            .iter()
            .position(|outcome| outcome.store == change.store && outcome.subject == change.subject);
        let mut outcome = match known.map(|index| outcomes.remove(index)) {
            // Somebody else may trust it there in another way, which the record does not ask about.
            Some(outcome) if outcome.state == OutcomeState::Untrusted && !asked.contains(&change.proof) => {
                let now = left::asked(facts, worlds, anchor, &without_engine(&change));
                let is_left = now.state == OutcomeState::Trusted;
                if is_left { Outcome { changed: outcome.changed, ..now } } else { outcome }
            }
            Some(outcome) => outcome,
            // Ask an engine only about registries that the CA was trusted for.
            None if anchor.endpoints.iter().any(|endpoint| change.proof.is_of(endpoint)) => {
                left::asked(facts, worlds, anchor, &change)
            }
            None => left::asked(facts, worlds, anchor, &without_engine(&change)),
        };
        if outcome.state == OutcomeState::Trusted && removal.purge && !outcome.needs_root {
            let world = worlds.of(&change.actor)?;
            // What is found now must still be there when it is taken out.
            if change.actor.is_within_reach(facts) {
                session.lock_for(&change.actor)?;
            }
            match purge(&world, &change, &anchor.certificate)? {
                Some(gone) => outcome = remove(facts, worlds, session, anchor, (&change, &gone))?,
                // Nothing of its own: the updater of another store of root's fills it.
                None => outcome.needs_root = !change.actor.is_within_reach(facts),
            }
        }
        // Registries that labtrust does not know matter only if they trust the CA.
        let is_ours = known.is_some()
            || Store::find(change.store.as_str()).is_none_or(|store| store.scope == Scope::Everything);
        if is_ours || outcome.state != OutcomeState::Untrusted || outcome.changed {
            outcomes.push(outcome);
        }
    }
    Ok(outcomes)
}

/// Adds to `outcome` the `step` that is left after labtrust's own change is undone, and whether the store trusts the CA until then.
fn leave_to_person(facts: &Facts, worlds: &Worlds, outcome: &mut Outcome, step: &ByHand) {
    outcome.hint = Some(match outcome.hint.take() {
        Some(other) => other.line(step.hint()),
        None => step.hint(),
    });
    let Some(Done::OnRemoval(Some(proof))) = &step.done else { return };
    let is_done = matches!(outcome.state, OutcomeState::Untrusted | OutcomeState::Pending);
    if let Some(seen) = stores::seen(facts, worlds, proof).filter(|_| is_done) {
        outcome.state = OutcomeState::Partial;
        outcome.detail = format!("{}, but {}: the CA is still {}", outcome.detail, step.why, seen.detail());
        outcome.restart.clear();
    }
}

/// Applies a purge. Its receipt is deleted after success: it removed a public certificate, as the user asked.
fn remove(
    facts: &Facts,
    worlds: &Worlds,
    session: &Session<'_>,
    anchor: &Anchor,
    (change, gone): (&Change, &Change),
) -> Result<Outcome> {
    let name = format!("purge-{}", anchor.sha256().short());
    let mut outcomes = apply(session, &name, Some(anchor), std::slice::from_ref(gone))?;
    let outcome = outcomes.remove(0);
    if outcome.needs_root {
        return Ok(Outcome { state: OutcomeState::Trusted, ..outcome });
    }
    if outcome.state != OutcomeState::Trusted && outcome.state != OutcomeState::Pending {
        return Ok(outcome);
    }
    session.receipts.forget(&name)?;
    let mut gone = Outcome::asked_gone(worlds, facts, change);
    gone.changed = outcome.changed;
    gone.restart.extend(outcome.restart);
    Ok(gone)
}

/// The changes of `--purge` beyond undoing the recorded ones.
pub(crate) fn removals(
    facts: &Facts,
    worlds: &Worlds,
    receipts: &Recorded,
    anchor: &Anchor,
    removal: &Removal,
) -> Result<Vec<Change>> {
    let ours = trust::receipt_name(anchor);
    let is_ours = |change: &Change| {
        receipts
            .iter()
            .any(|receipt| receipt.name == ours && receipt.find(&change.store, &change.subject).is_some())
    };
    let mut removals = Vec::new();
    for change in
        stores::plan(facts, worlds, &left::everywhere(facts, worlds, anchor), &removal.stores).changes
    {
        let world = worlds.reader(facts, &change.actor)?;
        let Some(mut gone) = purge(&world, &change, &anchor.certificate)? else { continue };
        if is_ours(&change) {
            let is_own_list = |path: &Path| {
                change.steps.iter().any(|step| matches!(step, Step::Edit { path: own, edit: Edit::JsonItem { .. }, .. } if own == path))
            };
            gone.steps.retain(|step| match step {
                Step::Remove { path } => change.files().all(|file| file != path),
                Step::Rewrite { path, .. } => !is_own_list(path),
                _ => true,
            });
        }
        if !gone.steps.is_empty() {
            removals.push(gone);
        }
    }
    Ok(removals)
}
