//! Installs a certificate and key on the server under a receipt, for `setup`, `import`, `renew` and `rotate`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::{
    Outcome, Session, World, apply_together,
    receipt::{ChangeRecord, Phase, Receipt, StepRecord},
    session::OutcomeState,
};
use labtrust_plan::{Anchor, Certificate, Change, Endpoint, Fingerprint};
use time::OffsetDateTime;

use crate::{
    by_hand::ByHand,
    certificate::Parsed,
    client::{stores::Planning, trust},
    gitlab::{self, expected::Expected},
    hint::fail,
    program::{sudo, typed},
    state::{self, RECEIPT, recorded},
};

/// The outcomes on the server and in the stores of this machine.
pub(crate) struct Done {
    pub placed: Vec<Outcome>,
    pub trusted: Vec<Outcome>,
}

/// The changes on the server and in the stores of this machine.
pub(crate) struct Plan {
    pub changes: Vec<Change>,
    pub anchor: Anchor,
    pub planning: Planning,
    /// Reasons to hesitate, a line each, such as a setting that is overwritten.
    pub warnings: Vec<String>,
    /// Why the new CA can sign more than the names of one server, if it can. It needs a yes.
    pub broad: Option<String>,
    /// The certificates that GitLab serves before the change, and again after an undo.
    pub expected: Expected,
    /// The steps of a person after the run.
    pub afterwards: Vec<ByHand>,
}

impl Plan {
    /// Reasons to hesitate, a line each.
    pub(crate) fn doubts(&self) -> impl Iterator<Item = String> {
        let broad = self
            .broad
            .as_ref()
            .map(|why| format!("the CA can sign many names: {why}; to limit it: --permit example.com"));
        self.warnings.iter().cloned().chain(broad)
    }

    /// The same lines as warnings, for runs that ask nobody.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        self.doubts().map(|doubt| format!("warning: {doubt}"))
    }
}

/// Carries out `plan` under one lock, so that no other run removes the certificate before the CA is trusted.
pub(crate) fn carry_out(session: &Session<'_>, plan: &Plan) -> Result<Done> {
    let placed = apply(session, &plan.changes).map_err(|error| shown_to_serve(&plan.expected, error))?;
    let trusted = trust::trust(session, &plan.anchor, &plan.planning)?;
    Ok(Done { placed, trusted })
}

/// The `error` after which everything was undone. If GitLab does not serve as before, the error says that it is down.
fn shown_to_serve(expected: &Expected, error: anyhow::Error) -> anyhow::Error {
    let lost = expected.lost(&World::here());
    if lost.is_empty() {
        return error;
    }
    fail(format!("{error:#}; GitLab IS DOWN: {}", lost.join("; ")), expected.recovery_hint())
}

/// Applies the changes in order, those of one store together: GitLab needs its certificate and its settings. Stops at
/// the first failure, because later changes depend on earlier ones.
pub(crate) fn apply(session: &Session<'_>, changes: &[Change]) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for changes in changes.chunk_by(|change, next| change.store == next.store) {
        let next = apply_together(session, RECEIPT, None, changes)?;
        check(&next)?;
        outcomes.extend(next);
    }
    Ok(outcomes)
}

/// Fails with the first of `outcomes` that failed or needs root.
pub(crate) fn check(outcomes: &[Outcome]) -> Result<()> {
    if let Some(failed) =
        outcomes.iter().find(|outcome| outcome.needs_root || outcome.state == OutcomeState::Failed)
    {
        if failed.needs_root {
            let what = format!("{} needs root", failed.subject);
            return Err(fail(what, sudo(&typed())));
        }
        return Err(fail(
            failed.detail.clone(),
            failed
                .hint
                .clone()
                .unwrap_or_else(|| "its changes were undone: fix the error and run the command again".into()),
        ));
    }
    Ok(())
}

/// The leaves of the installed certificate files that nobody has changed since.
pub(crate) fn leaves_placed(state: &state::State<'_>) -> Result<Vec<Fingerprint>> {
    let leaf = |placed: &PlacedChain| placed.chain.first().map(Certificate::fingerprint);
    Ok(chains_placed(state)?.iter().filter_map(leaf).collect())
}

/// An installed certificate file.
#[derive(Debug)]
pub(crate) struct PlacedChain {
    /// Its file.
    pub path: PathBuf,
    /// Its certificates, leaf first.
    pub chain: Vec<Certificate>,
    /// The files that were installed with it. One of them is the key's.
    pub files: Vec<PathBuf>,
    /// The endpoints that serve it.
    pub endpoints: Vec<Endpoint>,
    /// When it was installed, if that is known.
    pub installed: Option<OffsetDateTime>,
}

impl PlacedChain {
    /// Its leaf, if that can be read.
    pub(crate) fn leaf(&self) -> Option<Parsed> {
        Parsed::from_der(self.chain.first()?.der()).ok()
    }
}

/// Whether `record` is a certificate with its key, and not a single file such as `gitlab.rb` or a CA for GitLab itself.
pub(crate) fn is_of_pair(record: &ChangeRecord) -> bool {
    let is_part = |step: &StepRecord| matches!(step, StepRecord::File { path, .. } if path.as_os_str() != record.subject.as_str());
    record.store.as_str() == gitlab::STORE && record.steps.iter().any(is_part)
}

/// The installed certificate files that somebody else has changed since.
pub(crate) fn changed_certificates(receipts: &[Receipt], placed: &[PlacedChain]) -> Vec<PathBuf> {
    let records = receipts.iter().flat_map(|receipt| &receipt.changes).filter(|record| is_of_pair(record));
    let files = records.flat_map(|record| {
        record.steps.iter().filter_map(|step| match step {
            StepRecord::File { path, after: Some(_), .. } if is_in_use(record, path) => Some(path),
            _ => None,
        })
    });
    let is_certificate = |path: &Path| path.extension().is_some_and(|ending| ending == "crt");
    let is_changed = |path: &Path| placed.iter().all(|unchanged| unchanged.path != path);
    files.filter(|path| is_certificate(path) && is_changed(path)).cloned().collect()
}

/// Whether the last change of `record` installed the file at `path`. An earlier one may have installed files for a host
/// that GitLab had then: they stay until an undo, and nothing serves or renews them.
fn is_in_use(record: &ChangeRecord, path: &Path) -> bool {
    let last = record.proof.files();
    let is_of_last =
        |step: &StepRecord| matches!(step, StepRecord::File { path, .. } if last.contains(&path.as_path()));
    // A change that failed, or was undone after that, leaves its proof behind, and the files of the one before.
    let is_done = record.phase == Phase::Applied && record.steps.iter().any(is_of_last);
    !is_done || last.contains(&path)
}

/// The installed certificate files that nobody has changed since.
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
                // A CA for GitLab itself is a single file.
                let is_pair = path.as_os_str() != record.subject.as_str() && is_in_use(record, path);
                if Fingerprint::of(&standing) == *after && is_pair && !chain.is_empty() {
                    let files = record.proof.files().into_iter().map(Path::to_owned).collect();
                    let endpoints = record.proof.endpoints().into_iter().cloned().collect();
                    let (path, installed) = (path.clone(), recorded::in_effect_since(record));
                    chains.push(PlacedChain { path, chain, files, endpoints, installed });
                }
            }
        }
    }
    Ok(chains)
}
