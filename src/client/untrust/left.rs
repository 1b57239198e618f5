//! Stores that trust a CA without a record here: root ran labtrust, or somebody else installed the CA.

use std::path::Path;

use labtrust_machine::{
    Outcome, World, Worlds,
    session::{OutcomeState, UNRECORDED},
    world::Node,
};
use labtrust_plan::{Actor, Anchor, Change, Facts, store::runner_endpoints};

use crate::client::{selection::Selection, stores};

/// The outcome of `change`, which is not recorded here.
pub(crate) fn asked(facts: &Facts, worlds: &Worlds, anchor: &Anchor, change: &Change) -> Outcome {
    let mut outcome = Outcome::asked_gone(worlds, facts, change);
    let is_roots = change.actor == Actor::Machine && !facts.is_root();
    if outcome.state == OutcomeState::Trusted && is_roots && has_labtrusts_file(anchor, change) {
        // A user cannot read root's state folder, but the file's name is enough.
        let detail = outcome.detail.replacen(UNRECORDED, "", 1);
        outcome.detail = format!("root installed it with labtrust: {detail}");
        outcome.needs_root = true;
    }
    outcome
}

/// The same change without the question to an engine.
pub(crate) fn without_engine(change: &Change) -> Change {
    Change { proof: change.proof.without_engine(), ..change.clone() }
}

/// The stores that still trust `anchor`, without those in `known`.
pub(crate) fn left(facts: &Facts, worlds: &Worlds, anchor: &Anchor, known: &[Outcome]) -> Vec<Outcome> {
    let is_known = |change: &Change| {
        known.iter().any(|outcome| outcome.store == change.store && outcome.subject == change.subject)
    };
    let planning = stores::plan(facts, worlds, &everywhere(facts, worlds, anchor), &Selection::all());
    let changes = planning.changes.iter().filter(|change| !is_known(change));
    let outcomes = changes.map(|change| asked(facts, worlds, anchor, &without_engine(change)));
    outcomes.filter(|outcome| outcome.state == OutcomeState::Trusted).collect()
}

/// Whether a file that labtrust installed lies in a folder that an engine of this machine reads for `host`, or for any
/// host. A user cannot read root's receipts, but can see that.
pub(crate) fn is_installed_for(facts: &Facts, host: Option<&str>) -> bool {
    let is_for = |folder: &Path| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        host.is_none_or(|host| {
            name == host || name.strip_prefix(host).is_some_and(|rest| rest.starts_with(':'))
        })
    };
    let is_ours = |file: &Path| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.strip_prefix("labtrust-").is_some_and(|rest| rest.strip_suffix(".crt").is_some())
    };
    let list = |folder: &Path| World::here().list(folder).unwrap_or_default();
    let folders =
        facts.engines.iter().filter(|engine| engine.owner.is_none()).flat_map(|engine| list(&engine.certs_d));
    folders.filter(|folder| is_for(folder)).any(|folder| list(&folder).iter().any(|file| is_ours(file)))
}

/// Whether a file of `change` exists under the name that labtrust gives it.
fn has_labtrusts_file(anchor: &Anchor, change: &Change) -> bool {
    let name = format!("labtrust-{}.crt", anchor.sha256().short());
    let is_ours = |path: &Path| path.file_name().is_some_and(|file| *file == *name);
    let mut files = change.files().filter(|path| is_ours(path));
    files.any(|path| matches!(World::here().look(path), Ok(Node::File { .. })))
}

/// The anchor, also for every registry that an engine here has a folder for, and every server that a runner has a file for.
pub(crate) fn everywhere(facts: &Facts, worlds: &Worlds, anchor: &Anchor) -> Anchor {
    let facts = worlds.complete(facts);
    let mut anchor = anchor.clone();
    let registries = facts.engines.iter().flat_map(|engine| &engine.registries).cloned();
    for endpoint in registries.chain(runner_endpoints(&facts)) {
        if !anchor.endpoints.contains(&endpoint) {
            anchor.endpoints.push(endpoint);
        }
    }
    anchor
}
