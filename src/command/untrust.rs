//! `untrust`: back to how each store was found, and the truth about what still trusts the CA.

mod left;

use std::path::Path;

use anyhow::Result;
use labtrust_platform::{
    Anchor, Outcome, Session, Wanted, apply,
    plan::{Change, Prose, Step},
    purge,
    receipt::{ChangeRecord, Receipt, Recorded},
    session::State,
    store::{Scope, Store},
    text, undo_all,
};

use self::left::without_engine;
use super::{
    report::{self, NextSteps, StoresReport},
    restart, source,
    stores::{self, PlanReport, file_as_json},
    trust,
};
use crate::{
    cli::Untrust,
    context::Context,
    exit,
    hint::{fail, hint, shell_line},
    state::{self, Damage, Way, put_aside, recorded},
};

pub use self::left::left;

pub fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Untrust) -> Result<u8> {
    arguments.stores.check()?;
    if context.everywhere.dry_run {
        let receipts = state.receipts()?;
        let (anchors, damages) = find(context, state, arguments)?;
        let worst = report::print_damages(context, damages.iter());
        return Ok(exit::worse(worst, dry_run(context, receipts, &anchors, arguments)?));
    }
    let (undone, damages) = take_back_found(context, state, arguments)?;
    let mut code = report::print_damages(context, damages.iter());
    let mut reports = Vec::new();
    let mut failed = None;
    for (anchor, outcomes) in undone {
        let mut outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(error) => {
                failed.get_or_insert(error);
                continue;
            }
        };
        if arguments.restart {
            restart::restart(context, &mut outcomes, Some((&anchor, Wanted::Gone)));
        }
        reports.push(report_one(context, &anchor, &outcomes));
        code = exit::worse(code, exit::of_outcomes(&outcomes, State::Untrusted));
    }
    if let Some(error) = failed {
        return Err(error);
    }
    match (reports.pop(), reports.is_empty(), arguments.all) {
        (Some(report), true, false) => context.printer.document(&report),
        (Some(report), ..) => {
            reports.push(report);
            context.printer.document(&serde_json::json!({ "anchors": reports }));
        }
        (None, ..) => {
            context.printer.document(&serde_json::json!({ "anchors": [] }));
            context.printer.say("labtrust trusts nothing here: nothing to take back");
        }
    }
    Ok(code)
}

/// An anchor, and what became of the stores that trusted it.
type Untrusted = (Anchor, Result<Vec<Outcome>>);

/// Finds the anchors that are meant, and takes them back, in one session.
fn take_back_found(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Untrust,
) -> Result<(Vec<Untrusted>, Vec<Damage>)> {
    let is_here = state.folder().exists();
    // One that is named may take a passphrase to be read: nobody is kept waiting meanwhile.
    let found = if arguments.all && is_here { None } else { Some(find(context, state, arguments)?) };
    match found {
        Some((anchors, damages)) if anchors.is_empty() && !is_here => Ok((Vec::new(), damages)),
        // What a run that was killed left of the state folder is swept by opening it, too.
        found => context.session(state, |session, state| {
            let (anchors, damages) = match found {
                Some(found) => found,
                None => find(context, state, arguments)?,
            };
            let outcomes = untrust_all(context, state, session, &anchors, arguments);
            Ok((anchors.into_iter().zip(outcomes).collect(), damages))
        }),
    }
}

/// The anchors that are meant; and what is damaged, by which there may be more.
fn find(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Untrust,
) -> Result<(Vec<Anchor>, Vec<Damage>)> {
    let receipts = state.receipts()?;
    let mut known: Vec<Anchor> = trusted(receipts).collect();
    let mut damages: Vec<Damage> =
        recorded::damages(receipts).filter(|damage| damage.way == Way::Trust).collect();
    // The CA made here may be trusted by another hand: root's, after a user's setup.
    if known.is_empty() || arguments.all {
        let own = state.nearest_ca().unwrap_or_else(|damage| {
            damages.push(damage);
            None
        });
        let own = own.map(|own| own.anchor());
        let is_new = |own: &Anchor| known.iter().all(|known| known.sha256() != own.sha256());
        known.extend(own.filter(is_new));
    }
    match &arguments.what {
        Some(what) => {
            let anchor = source::known_anchor(context, state, what, &known, &arguments.passphrase)?;
            Ok((vec![anchor], Vec::new()))
        }
        None if arguments.all => Ok((known, damages)),
        None if !damages.is_empty() => Err(damages.remove(0).into()),
        None if known.len() < 2 => Ok((known, damages)),
        None => {
            let list: Vec<_> = known.iter().map(|anchor| anchor.sha256().to_string()).collect();
            Err(fail(
                "several CAs are trusted here, and none was named",
                hint!("name one, or give --all: {}", Prose(list.join(", "))),
            ))
        }
    }
}

/// The anchors whose trust `receipts` record.
pub fn trusted(receipts: &[Receipt]) -> impl Iterator<Item = Anchor> {
    receipts
        .iter()
        .filter(|receipt| receipt.name.starts_with("trust-"))
        .filter_map(|receipt| receipt.anchor.clone())
}

/// Takes `anchors` back, what is recorded of all of them at once; the answer has one entry an anchor.
pub fn untrust_all(
    context: &Context<'_>,
    state: &state::State<'_>,
    session: &Session<'_>,
    anchors: &[Anchor],
    arguments: &Untrust,
) -> Vec<Result<Vec<Outcome>>> {
    let mut receipts = Vec::new();
    let mut loaded = Vec::new();
    for anchor in anchors {
        loaded.push(load(context, state, session, anchor, arguments).map(|receipt| {
            let any = receipt.is_some();
            receipts.extend(receipt);
            any
        }));
    }
    let is_wanted = |record: &ChangeRecord| arguments.stores.has_id(record.store.as_str());
    let mut undone = match undo_all(session, &mut receipts, is_wanted) {
        Ok(undone) => undone.into_iter(),
        Err(error) => return vec![Err(error.into())],
    };
    let rest = |(anchor, is_recorded): (&Anchor, Result<bool>)| {
        let outcomes = if is_recorded? { undone.next() } else { None };
        untrust_rest(context, session, (anchor, outcomes.unwrap_or_default()), arguments)
    };
    anchors.iter().zip(loaded).map(rest).collect()
}

/// The receipt of the trust in `anchor`, if there is one; a damaged one is put aside where all is to be purged.
fn load(
    context: &Context<'_>,
    state: &state::State<'_>,
    session: &Session<'_>,
    anchor: &Anchor,
    arguments: &Untrust,
) -> Result<Option<Receipt>> {
    let name = trust::receipt_name(anchor);
    if let Some(damage) = recorded::damage_of(&session.receipts.recorded()?, &name) {
        if !arguments.purge {
            return Err(damage.into());
        }
        // What is not known to be ours is removed by its hash.
        let folder = damage.path.parent().map(Path::to_owned);
        if let Some(aside) = put_aside(state.folder(), folder.as_slice())? {
            context.printer.aside(format_args!("what is damaged is in {}", text::path(&aside)));
        }
    }
    Ok(session.receipts.load(&name)?)
}

/// Asks the stores that trust `anchor` all the same, and removes it there where that is wanted: beside `outcomes`, which
/// are of what was recorded.
fn untrust_rest(
    context: &Context<'_>,
    session: &Session<'_>,
    (anchor, mut outcomes): (&Anchor, Vec<Outcome>),
    arguments: &Untrust,
) -> Result<Vec<Outcome>> {
    let planning = stores::plan(context, &left::everywhere(context, anchor), &arguments.stores);
    for change in planning.changes {
        let known = outcomes
            .iter()
            .position(|outcome| outcome.store == change.store && outcome.subject == change.subject);
        let mut outcome = match known.map(|index| outcomes.remove(index)) {
            Some(outcome) => outcome,
            // An engine is asked of the registries that the CA was trusted for, and of no stranger's.
            None if anchor.endpoints.iter().any(|endpoint| change.proof.is_of(endpoint)) => {
                left::asked(context, anchor, &change)
            }
            None => left::asked(context, anchor, &without_engine(&change)),
        };
        if outcome.state == State::Trusted && arguments.purge && !outcome.needs_root {
            let world = context.worlds.of(&change.actor)?;
            if let Some(removal) = purge(&world, &change, &anchor.certificate)? {
                outcome = remove(context, session, anchor, (&change, &removal))?;
            }
        }
        // Of the registries that labtrust was never told of, only those that trust the CA matter.
        let is_ours = known.is_some()
            || Store::find(change.store.as_str()).is_none_or(|store| store.scope == Scope::Everything);
        if is_ours || outcome.state != State::Untrusted || outcome.changed {
            outcomes.push(outcome);
        }
    }
    Ok(outcomes)
}

/// Applies a purge, which keeps no receipt once it has succeeded: what it removed is a public
/// certificate, and it was asked to be gone.
fn remove(
    context: &Context<'_>,
    session: &Session<'_>,
    anchor: &Anchor,
    (change, removal): (&Change, &Change),
) -> Result<Outcome> {
    let name = format!("purge-{}", anchor.sha256().short());
    let mut outcomes = apply(session, &name, Some(anchor), std::slice::from_ref(removal))?;
    let outcome = outcomes.remove(0);
    if outcome.needs_root {
        return Ok(Outcome { state: State::Trusted, ..outcome });
    }
    if outcome.state != State::Trusted && outcome.state != State::Pending {
        return Ok(outcome);
    }
    session.receipts.forget(&name)?;
    let mut gone = Outcome::asked_gone(&context.worlds, &context.facts, change);
    gone.changed = outcome.changed;
    gone.restart.extend(outcome.restart);
    Ok(gone)
}

fn dry_run(
    context: &Context<'_>,
    receipts: &Recorded,
    anchors: &[Anchor],
    arguments: &Untrust,
) -> Result<u8> {
    let names: Vec<_> = anchors.iter().map(trust::receipt_name).collect();
    if !arguments.purge {
        recorded::check(receipts, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    let mut plan = Vec::new();
    let mut would_change = false;
    for anchor in anchors {
        let damaged = recorded::damage_of(receipts, &trust::receipt_name(anchor));
        let mut any = damaged.is_some();
        let of_others = plan.len();
        if let Some(folder) = damaged.as_ref().and_then(|damage| damage.path.parent()) {
            context.printer.say(format_args!("put {} aside, which is damaged", text::path(folder)));
            plan.push(file_as_json(folder, "put it aside: it is damaged"));
        }
        for receipt in receipts.iter().filter(|receipt| receipt.name == trust::receipt_name(anchor)) {
            let records =
                receipt.changes.iter().rev().filter(|record| arguments.stores.has_id(record.store.as_str()));
            plan.extend(stores::undo_as_json(records.clone()));
            any |= stores::print_undo(context, records);
        }
        if arguments.purge {
            let removals = removals(context, receipts, anchor, arguments)?;
            plan.extend(stores::as_json(context, &removals));
            any |= stores::print_plan(context, &removals);
        }
        would_change |= any;
        for change in &mut plan[of_others..] {
            change["sha256"] = anchor.sha256().to_string().into();
        }
    }
    context.printer.document(&PlanReport { would_change, ..PlanReport::new(plan) });
    if !would_change {
        context.printer.say(stores::NOTHING);
    }
    Ok(if would_change { exit::NO } else { exit::DONE })
}

/// What `--purge` would remove beside what labtrust put.
fn removals(
    context: &Context<'_>,
    receipts: &Recorded,
    anchor: &Anchor,
    arguments: &Untrust,
) -> Result<Vec<Change>> {
    let ours = trust::receipt_name(anchor);
    let is_ours = |change: &Change| {
        receipts
            .iter()
            .any(|receipt| receipt.name == ours && receipt.find(&change.store, &change.subject).is_some())
    };
    let mut removals = Vec::new();
    for change in stores::plan(context, &left::everywhere(context, anchor), &arguments.stores).changes {
        let world = context.worlds.reader(&context.facts, &change.actor)?;
        let Some(mut removal) = purge(&world, &change, &anchor.certificate)? else { continue };
        if is_ours(&change) {
            removal.steps.retain(
                |step| !matches!(step, Step::Remove { path } if change.files().any(|file| file == path)),
            );
        }
        if !removal.steps.is_empty() {
            removals.push(removal);
        }
    }
    Ok(removals)
}

fn report_one(context: &Context<'_>, anchor: &Anchor, outcomes: &[Outcome]) -> StoresReport {
    let repeat = ["untrust".to_owned(), anchor.sha256().to_string()];
    let printer = context.printer;
    printer.say(format_args!("sha256 {}", anchor.sha256()));
    report::print_stores(printer, outcomes, State::Untrusted);
    report::print_next(context, outcomes, &repeat);
    if outcomes.iter().any(|outcome| outcome.state == State::Trusted && !outcome.needs_root) {
        printer.heading("Still trusted, and not recorded here; to remove it there too:");
        printer.command(shell_line!("{labtrust untrust {} --purge}", anchor.sha256()));
    }
    StoresReport {
        sha256: anchor.sha256(),
        may_sign: None,
        stores: report::by_store(outcomes, State::Untrusted),
        remaining: NextSteps::of(context, outcomes, &repeat).remaining(Vec::new()),
        successor: None,
    }
}
