//! The stores that labtrust knows, on this machine: which are here, and what trust in a CA would change in them.

use labtrust_machine::{Outcome, Worlds, receipt::Receipt, session::OutcomeState};
use labtrust_plan::{
    Anchor, Certificate, Change, Endpoint, Facts, Host, explain,
    store::{Planned, Store},
};

use super::{
    selection::Selection,
    stores::{facts_for, plan, unmet},
    trust::receipt_name,
};

/// A store on this machine.
#[derive(Debug)]
pub(crate) struct Listed {
    /// The store.
    pub store: &'static Store,
    /// Whether it exists here.
    pub is_here: bool,
    /// Why it does not exist here, or why labtrust cannot change it.
    pub why: Option<String>,
    /// What trust in the CA would change; none without a CA.
    pub plan: Option<Plan>,
}

/// What trust in a CA would change in one store.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The parts of the store that would change.
    pub subjects: Vec<String>,
    /// The steps, as sentences.
    pub steps: Vec<String>,
    /// What would be left for a person: why.
    pub by_hand: Vec<String>,
}

/// The stores in `selection`. `anchor` is the CA to plan for, if there is one.
pub(crate) fn list(
    facts: &Facts,
    worlds: &Worlds,
    receipts: &[Receipt],
    anchor: Option<&Anchor>,
    selection: &Selection,
) -> Vec<Listed> {
    let facts = &facts_for(facts, worlds, selection);
    let others = anchor.map(|anchor| plan(facts, worlds, anchor, selection).others(facts, worlds, anchor));
    let others = others.unwrap_or_default();
    let listed = |store: &'static Store| {
        let planned = (store.plan)(facts, anchor.unwrap_or(&any_ca()));
        let plan = anchor.map(|anchor| {
            let is_left = |changes: &[Change]| unmet(facts, worlds, receipts, &receipt_name(anchor), changes);
            let by_hand = open_steps(store, &planned, &others);
            Plan::of(&planned, by_hand, is_left)
        });
        let (is_here, why) = match planned {
            Planned::Changes(_) | Planned::Partly { .. } => (true, None),
            Planned::Manual { why, .. } => (true, Some(why)),
            Planned::Absent(why) | Planned::NothingToDo(why) => (false, Some(why)),
        };
        Listed { store, is_here, why, plan }
    };
    selection.stores().map(listed).collect()
}

/// A CA for which a store is planned only to see whether it exists.
fn any_ca() -> Anchor {
    let host: Option<Host> = "host.invalid".parse().ok();
    let endpoints = host.map(|host| Endpoint::new(host, 443)).into_iter().collect();
    // An empty sequence of DER: planners that read a certificate find no subject in it.
    Anchor::new(Certificate::new([0x30, 0]), endpoints)
}

/// The steps that a person still has to take in `store`: `others` are the outcomes of a whole plan, which has asked the store.
fn open_steps(store: &Store, planned: &Planned, others: &[Outcome]) -> Vec<String> {
    if !matches!(planned, Planned::Partly { .. }) {
        return Vec::new();
    }
    let is_open = |outcome: &&Outcome| outcome.store == store.id() && outcome.state != OutcomeState::Trusted;
    others.iter().filter(is_open).map(|outcome| outcome.detail.clone()).collect()
}

impl Plan {
    /// The part of `planned` that is not in effect; `left` finds it among changes, and `by_hand` are the open steps.
    fn of(planned: &Planned, by_hand: Vec<String>, left: impl Fn(&[Change]) -> Vec<Change>) -> Self {
        let changes: &[Change] = match planned {
            Planned::Changes(changes) | Planned::Partly { changes, .. } => changes,
            Planned::Absent(_) | Planned::Manual { .. } | Planned::NothingToDo(_) => &[],
        };
        let changes = left(changes);
        Self {
            subjects: changes.iter().map(|change| change.subject.clone()).collect(),
            steps: changes.iter().flat_map(explain).collect(),
            by_hand,
        }
    }
}
