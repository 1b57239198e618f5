//! Placing a pair on the server, for `setup` and `import` alike: shown, asked about, applied under
//! a receipt, proven.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::{
    Outcome, Session, World, apply_together,
    receipt::{ChangeRecord, Receipt, StepRecord},
    session::OutcomeState,
};
use labtrust_plan::{Anchor, Certificate, Change, Fingerprint};

use crate::{
    by_hand::ByHand,
    client::{stores::Planning, trust},
    gitlab::{self, expected::Expected},
    hint::fail,
    program::{sudo, typed},
    state::{self, RECEIPT, recorded},
};

/// What was done: on the server, and in the stores of this machine.
pub(crate) struct Done {
    pub placed: Vec<Outcome>,
    pub trusted: Vec<Outcome>,
}

/// What is to be done: placed on the server, and trusted in the stores of this machine.
pub(crate) struct Plan {
    pub changes: Vec<Change>,
    pub anchor: Anchor,
    pub planning: Planning,
    /// What a person would think over, a line each, such as what is overwritten though somebody meant it.
    pub warnings: Vec<String>,
    /// Why the CA that is made can sign for more than the names of one server, if it can: somebody has to want that.
    pub broad: Option<String>,
    /// What GitLab serves before, and again if all is taken back.
    pub expected: Expected,
    /// What a person does after a run.
    pub afterwards: Vec<ByHand>,
}

impl Plan {
    /// What a person would think over, a line each.
    pub(crate) fn doubts(&self) -> impl Iterator<Item = String> {
        let broad = self
            .broad
            .as_ref()
            .map(|why| format!("the CA can sign many names: {why}; to limit it: --permit example.com"));
        self.warnings.iter().cloned().chain(broad)
    }

    /// What is said where nobody is asked.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        self.doubts().map(|doubt| format!("warning: {doubt}"))
    }
}

/// Carries `plan` out in one session, so that nobody takes away what was placed before it is trusted.
pub(crate) fn carry_out(session: &Session<'_>, plan: &Plan) -> Result<Done> {
    let placed = apply(session, &plan.changes).map_err(|error| shown_to_serve(&plan.expected, error))?;
    let trusted = trust::trust(session, &plan.anchor, &plan.planning)?;
    Ok(Done { placed, trusted })
}

/// The `error` after which all was taken back; and that GitLab is down, where it does not serve again as before.
fn shown_to_serve(expected: &Expected, error: anyhow::Error) -> anyhow::Error {
    let lost = expected.lost(&World::here());
    if lost.is_empty() {
        return error;
    }
    fail(format!("{error:#}; GitLab IS DOWN: {}", lost.join("; ")), expected.recovery_hint())
}

/// Applies the changes, in their order; those of one store together, as a pair is of no use to a GitLab that is
/// not set to serve it. The first that fails ends it: what comes after depends on it.
pub(crate) fn apply(session: &Session<'_>, changes: &[Change]) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for changes in changes.chunk_by(|one, next| one.store == next.store) {
        let next = apply_together(session, RECEIPT, None, changes)?;
        check(&next)?;
        outcomes.extend(next);
    }
    Ok(outcomes)
}

/// Fails with the first of `outcomes` that was not done.
pub(crate) fn check(outcomes: &[Outcome]) -> Result<()> {
    if let Some(failed) = outcomes.iter().find(|one| one.needs_root || one.state == OutcomeState::Failed) {
        if failed.needs_root {
            let what = format!("{} needs root", failed.subject);
            return Err(fail(what, sudo(&typed())));
        }
        return Err(fail(
            failed.detail.clone(),
            failed.hint.clone().unwrap_or_else(|| {
                "fix that and run the command again; this run's changes there were undone".into()
            }),
        ));
    }
    Ok(())
}

/// The leaves of the certificate files that an earlier run placed and nobody has changed since.
pub(crate) fn leaves_placed(state: &state::State<'_>) -> Result<Vec<Fingerprint>> {
    let leaf = |placed: &PlacedChain| placed.chain.first().map(Certificate::fingerprint);
    Ok(chains_placed(state)?.iter().filter_map(leaf).collect())
}

/// A certificate that was placed.
#[derive(Debug)]
pub(crate) struct PlacedChain {
    /// Its file.
    pub path: PathBuf,
    /// What is in that, leaf first.
    pub chain: Vec<Certificate>,
    /// The files that were put with it; its key's is one of them.
    pub files: Vec<PathBuf>,
}

/// Whether `record` is of a certificate and its key: the CA that GitLab itself is to trust, and `gitlab.rb`, are files
/// that stand for themselves.
pub(crate) fn is_of_pair(record: &ChangeRecord) -> bool {
    let is_part = |step: &StepRecord| matches!(step, StepRecord::File { path, .. } if path.as_os_str() != record.subject.as_str());
    record.store.as_str() == gitlab::STORE && record.steps.iter().any(is_part)
}

/// The certificate files that were placed and that somebody else has changed since.
pub(crate) fn changed_certificates(receipts: &[Receipt], placed: &[PlacedChain]) -> Vec<PathBuf> {
    let records = receipts.iter().flat_map(|receipt| &receipt.changes).filter(|record| is_of_pair(record));
    let files = records.flat_map(|record| &record.steps).filter_map(|step| match step {
        StepRecord::File { path, after: Some(_), .. } => Some(path),
        _ => None,
    });
    let is_certificate = |path: &Path| path.extension().is_some_and(|ending| ending == "crt");
    let is_changed = |path: &Path| placed.iter().all(|one| one.path != path);
    files.filter(|path| is_certificate(path) && is_changed(path)).cloned().collect()
}

/// The certificate files themselves.
pub(crate) fn chains_placed(state: &state::State<'_>) -> Result<Vec<PlacedChain>> {
    let world = World::here();
    let mut chains = Vec::new();
    let receipts = state.receipts()?;
    recorded::check(receipts, &[RECEIPT])?;
    for receipt in receipts.iter() {
        for record in receipt.changes.iter().filter(|record| record.store.as_str() == gitlab::STORE) {
            for step in &record.steps {
                let StepRecord::File { path, after: Some(after), .. } = step else { continue };
                let standing = world.read(path)?.unwrap_or_default();
                let chain = Certificate::read_all(&standing).0;
                // The CA that GitLab itself is to trust stands for itself.
                let is_pair = path.as_os_str() != record.subject.as_str();
                if Fingerprint::of(&standing) == *after && is_pair && !chain.is_empty() {
                    let files = record.proof.files().into_iter().map(Path::to_owned).collect();
                    chains.push(PlacedChain { path: path.clone(), chain, files });
                }
            }
        }
    }
    Ok(chains)
}
