//! Plans trust in an anchor on this machine, store by store. `trust` applies the plan, `status` asks the stores, and
//! `--dry-run` shows it.

use std::{
    path::{Path, PathBuf},
    rc::Rc,
};

use labtrust_machine::{
    Outcome, World, Worlds, already,
    engine::{Reach, contact_registry},
    prove,
    receipt::{ChangeRecord, Receipt},
    session::OutcomeState,
};
use labtrust_plan::{
    Actor, Anchor, Change, Endpoint, Facts, Proof, ProofResult, StoreId, Wanted,
    fact::User,
    skip_restarts,
    store::{AlsoRead, ByHand, Done, Planned, Store},
    text,
};

use super::selection::Selection;

/// The changes, and what else there is to say about the stores.
pub(crate) struct Planning {
    pub changes: Vec<Change>,
    others: Vec<Other>,
    /// What a person does in a store after the CA is gone from it.
    pub on_removal: Vec<(StoreId, ByHand)>,
}

/// Something about a store that is no change.
enum Other {
    /// Nothing that happens in this run changes it.
    Outcome(Outcome),
    /// A step for a person, which a change of this run may make needless: it is judged after them.
    Step(&'static Store, Box<ByHand>),
}

impl Planning {
    /// The outcomes of stores without changes, as the stores are now.
    pub(crate) fn others(&self, facts: &Facts, worlds: &Worlds, anchor: &Anchor) -> Vec<Outcome> {
        let mut judged: Vec<(Outcome, Option<ByHand>)> = Vec::new();
        for other in &self.others {
            judged.push(match other {
                Other::Outcome(outcome) => (outcome.clone(), None),
                Other::Step(store, step) => {
                    let outcome = by_hand(facts, worlds, anchor, store, step);
                    let open = outcome.hint.is_some().then(|| (**step).clone());
                    (outcome, open)
                }
            });
        }
        let mut open: Vec<&mut ByHand> = judged.iter_mut().filter_map(|(_, step)| step.as_mut()).collect();
        ByHand::join_profiles(&mut open);
        let with_hint = |(outcome, step): (Outcome, Option<ByHand>)| match step {
            Some(step) => Outcome { hint: Some(step.hint()), ..outcome },
            None => outcome,
        };
        judged.into_iter().map(with_hint).collect()
    }
}

/// Plans every store in `selection`.
pub(crate) fn plan(facts: &Facts, worlds: &Worlds, anchor: &Anchor, selection: &Selection) -> Planning {
    let mut planning = Planning { changes: Vec::new(), others: Vec::new(), on_removal: Vec::new() };
    // One store can make the restart of another needless only if both are planned.
    let facts = &facts_for(facts, worlds, selection);
    let planned: Vec<_> = selection.stores().map(|store| (store, (store.plan)(facts, anchor))).collect();
    let is_here =
        |(_, planned): &&(&Store, Planned)| !matches!(planned, Planned::Absent(_) | Planned::NothingToDo(_));
    let here: Vec<&str> = planned.iter().filter(is_here).map(|(store, _)| store.id).collect();
    for (store, planned) in planned {
        match planned {
            Planned::Changes(changes) => planning.changes.extend(changes),
            Planned::Partly { changes, rest } => {
                planning.changes.extend(changes);
                let is_late = |step: &ByHand| matches!(step.done, Some(Done::OnRemoval(_)));
                let (late, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_late);
                planning.others.extend(rest.into_iter().map(|step| Other::Step(store, Box::new(step))));
                planning.on_removal.extend(late.into_iter().map(|step| (store.id(), step)));
            }
            Planned::NothingToDo(why) => {
                let is_asked = selection.names(store.id);
                let state = if is_asked { OutcomeState::Trusted } else { OutcomeState::Skipped };
                planning.others.push(Other::Outcome(Outcome::without_change(store, state, &why)));
            }
            Planned::Absent(why) => {
                // A store that the user named and that is not here is not a success.
                let is_missed = selection.misses(store.id, &here);
                let state = if is_missed { OutcomeState::Untrusted } else { OutcomeState::Skipped };
                planning.others.push(Other::Outcome(Outcome::without_change(store, state, &why)));
            }
            Planned::Manual { why, todo } => {
                let mut outcome = Outcome::without_change(store, OutcomeState::Failed, &why);
                outcome.hint = todo;
                planning.others.push(Other::Outcome(outcome));
            }
        }
    }
    skip_restarts(&mut planning.changes);
    for store in selection.stores() {
        let missing = (store.reads_also)(facts).into_iter().filter(|also| !selection.has_id(also.store));
        let missed = missing.filter_map(|also| missed(worlds, facts, anchor, store, also));
        planning.others.extend(missed.map(Other::Outcome));
    }
    planning
}

/// The facts for the planners of the stores in `selection`.
pub(crate) fn facts_for(facts: &Facts, worlds: &Worlds, selection: &Selection) -> Rc<Facts> {
    if selection.stores().any(Store::needs_complete_facts) {
        worlds.complete(facts)
    } else {
        Rc::new(facts.clone())
    }
}

/// The answer to `proof` of root, or of a person who reads what root does not: files behind links in a home folder.
pub(crate) fn seen(facts: &Facts, worlds: &Worlds, proof: &Proof) -> Option<ProofResult> {
    let ask = |world: &World| prove(world, &proof.at_once(), Wanted::There).ok().filter(ProofResult::holds);
    let people = facts.people().filter(|_| facts.is_root());
    let as_person = |user: &User| ask(&*worlds.reader(facts, &Actor::User(user.clone())).ok()?);
    ask(&World::here()).or_else(|| people.into_iter().find_map(as_person))
}

/// The outcome of the `step` for a person: the store itself tells whether it is done.
fn by_hand(facts: &Facts, worlds: &Worlds, anchor: &Anchor, store: &Store, step: &ByHand) -> Outcome {
    let accepts = |socket: &Path, endpoint: &Endpoint| {
        matches!(contact_registry(&World::here(), socket, endpoint), Ok(Reach::Accepted))
    };
    let seen = match &step.done {
        Some(Done::Accepted(socket)) => anchor
            .endpoints
            .iter()
            .all(|one| accepts(socket, one))
            .then(|| "it accepts the registry".to_owned()),
        Some(Done::Proven(proof)) => seen(facts, worlds, proof).map(|answer| answer.detail().to_owned()),
        Some(Done::Later { unless, restart }) => {
            let holds = |path: &PathBuf| Some(World::here().bundle(path).ok()??.holds(anchor.sha256()));
            if let Some(path) = unless.as_ref().filter(|path| holds(path) == Some(true)) {
                Some(format!("{} has the CA", text::path(path)))
            } else {
                let mut outcome = Outcome::without_change(store, OutcomeState::Pending, &step.why);
                outcome.hint = Some(step.hint());
                outcome.restart.push(restart.clone());
                return outcome;
            }
        }
        Some(Done::OnRemoval(_)) | None => None,
    };
    if let Some(seen) = seen {
        return Outcome::without_change(store, OutcomeState::Trusted, &format!("{}; {seen}", step.why));
    }
    let state = if step.is_optional { OutcomeState::Skipped } else { OutcomeState::Failed };
    let mut outcome = Outcome::without_change(store, state, &step.why);
    outcome.hint = Some(step.hint());
    outcome
}

/// The outcome if programs of `store` also read the store `also`, which is not planned and does not have `anchor`.
fn missed(worlds: &Worlds, facts: &Facts, anchor: &Anchor, store: &Store, also: AlsoRead) -> Option<Outcome> {
    let holds =
        |change: &Change| Outcome::asked(worlds, facts, change, None).state != OutcomeState::Untrusted;
    let changes = (Store::find(also.store)?.plan)(facts, anchor).into_changes()?;
    if changes.iter().all(holds) {
        return None;
    }
    let mut outcome = Outcome::without_change(store, OutcomeState::Untrusted, also.missed);
    outcome.hint = Some(also.hint.into());
    Some(outcome)
}

/// The `changes` that are not in effect yet. The receipt `name` records them. An unreadable file counts as not in
/// effect: applying reports the error.
pub(crate) fn unmet(
    facts: &Facts,
    worlds: &Worlds,
    receipts: &[Receipt],
    name: &str,
    changes: &[Change],
) -> Vec<Change> {
    let is_unmet = |change: &&Change| {
        let reader = worlds.reader(facts, &change.actor);
        let record = find(receipts, name, change);
        !matches!(reader.and_then(|world| already(&world, change, record)), Ok(Some(_)))
    };
    changes.iter().filter(is_unmet).cloned().collect()
}

/// The current outcomes of `planning` for `anchor`, read from each store. The receipt `name` records the changes.
pub(crate) fn outcomes_now(
    facts: &Facts,
    worlds: &Worlds,
    receipts: &[Receipt],
    name: &str,
    (anchor, planning): (&Anchor, &Planning),
) -> Vec<Outcome> {
    let ask = |change: &Change| {
        let since = find(receipts, name, change).and_then(|record| record.in_effect_since);
        Outcome::asked(worlds, facts, change, since)
    };
    planning.changes.iter().map(ask).chain(planning.others(facts, worlds, anchor)).collect()
}

fn find<'a>(receipts: &'a [Receipt], name: &str, change: &Change) -> Option<&'a ChangeRecord> {
    let receipt = receipts.iter().find(|receipt| receipt.name == name)?;
    receipt.find(&change.store, &change.subject)
}
