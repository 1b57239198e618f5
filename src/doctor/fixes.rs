//! The fixes of the findings, as changes and restarts.

use std::collections::BTreeSet;

use anyhow::Result;
use labtrust_machine::{Outcome, Session, apply, session::OutcomeState};
use labtrust_plan::{Anchor, Change, ShellLine, StoreId};

use super::{Diagnosis, Restart};
use crate::{client::trust, hint::hint};

/// The receipt of the doctor's own changes. All hosts share it, because they share Docker's settings.
pub const RECEIPT: &str = "doctor";

/// Changes that belong in one receipt.
pub struct ReceiptPart<'d> {
    /// The CA that they install; none for the doctor's own changes.
    pub anchor: Option<&'d Anchor>,
    /// The changes.
    pub changes: Vec<Change>,
}

/// The restart commands after `changes`, each once.
pub fn restart_commands(diagnosis: &Diagnosis, changes: &[Change]) -> Vec<String> {
    let late = pending_restarts(diagnosis, &[]).into_iter().map(|late| &late.service);
    let services = changes.iter().flat_map(|change| &change.reload.restart).chain(late);
    let commands: BTreeSet<String> =
        services.filter_map(|service| Some(service.restart.as_ref()?.to_string())).collect();
    commands.into_iter().collect()
}

/// The services that only need a restart and that no outcome in `outcomes` restarts anyway.
pub fn pending_restarts<'d>(diagnosis: &'d Diagnosis, outcomes: &[Outcome]) -> Vec<&'d Restart> {
    let mut all: Vec<&Restart> = Vec::new();
    for late in diagnosis.to_fix().flat_map(|finding| &finding.fix.restart) {
        let is_named = outcomes.iter().any(|outcome| outcome.restart.contains(&late.service));
        if !is_named && !all.iter().any(|known| known.service == late.service) {
            all.push(late);
        }
    }
    all
}

/// The outcome of a service that only needs a restart. The restart is the change if it `is_restarted`.
pub fn restart_outcome(late: &Restart, is_restarted: bool) -> Outcome {
    let first = late.reload.as_ref().filter(|_| !is_restarted);
    Outcome {
        store: StoreId::new("engine"),
        subject: late.service.title.clone(),
        state: OutcomeState::Pending,
        changed: is_restarted,
        detail: "it started before its settings changed".into(),
        hint: first.map(|reload| hint!("before the restart: {}", ShellLine::from(reload))),
        restart: vec![late.service.clone()],
        needs_root: false,
    }
}

/// Each change once, in the order of the findings, grouped by receipt.
pub fn changes_by_receipt(diagnosis: &Diagnosis) -> Vec<ReceiptPart<'_>> {
    let mut parts: Vec<ReceiptPart<'_>> = Vec::new();
    for finding in diagnosis.to_fix() {
        let anchor = finding.fix.anchor.as_ref();
        let same =
            |part: &&mut ReceiptPart<'_>| part.anchor.map(Anchor::sha256) == anchor.map(Anchor::sha256);
        let changes = finding.fix.changes.iter().cloned();
        match parts.iter_mut().find(same) {
            Some(part) => part.changes.extend(changes),
            None => parts.push(ReceiptPart { anchor, changes: changes.collect() }),
        }
    }
    for part in &mut parts {
        let mut seen = Vec::new();
        part.changes.retain(|change| {
            let key = (change.store.clone(), change.subject.clone());
            let is_new = !seen.contains(&key);
            seen.push(key);
            is_new
        });
    }
    parts.retain(|part| !part.changes.is_empty());
    parts
}

impl ReceiptPart<'_> {
    /// The name of its receipt. A change that installs a CA has the receipt of `trust`, so that `untrust` undoes it.
    pub fn receipt(&self) -> String {
        self.anchor.map_or_else(|| RECEIPT.to_owned(), trust::receipt_name)
    }
}

/// Applies `parts`, each under its receipt.
pub fn apply_all(session: &Session<'_>, parts: &[ReceiptPart<'_>]) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for part in parts {
        outcomes.extend(apply(session, &part.receipt(), part.anchor, &part.changes)?);
    }
    Ok(outcomes)
}
