//! Carries out a step of a rotation.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::{Outcome, Session, receipt::ChangeRecord, session::OutcomeState, undo};

use super::{
    draft::Draft,
    dropped::{Dropped, orphans_in},
};
use crate::{
    gitlab,
    hint::fail,
    server::install_pair::{self, Done},
    state::{self, RECEIPT, ca::AUTHORITY, put_aside, recorded},
};

/// Carries out `draft`. A removed CA loses its trust first, then its entry in rotation.json, then its files: after a
/// kill, the next run continues.
pub(crate) fn carry_out(
    state: &state::State<'_>,
    session: &Session<'_>,
    draft: &Draft,
) -> Result<(Done, Option<PathBuf>)> {
    let mut done = install_pair::carry_out(session, &draft.plan)?;
    if let Some(dropped) = &draft.dropped {
        for name in dropped.trust_receipt().into_iter().chain([RECEIPT.to_owned()]) {
            let outcomes = undo_changes(session, &name, |record| {
                record.store.as_str() != AUTHORITY && is_of(dropped, &name, record)
            })?;
            let of_stores = outcomes.into_iter().filter(|outcome| outcome.store.as_str() != gitlab::STORE);
            done.trusted.extend(of_stores);
        }
    }
    done.placed.extend(install_pair::apply(session, &draft.last)?);
    let receipt = session.receipts.load_or_new(RECEIPT, None)?;
    let orphans = orphans_in(&state.again(), &receipt)?;
    let is_gone = |record: &ChangeRecord| orphans.iter().any(|orphan| is_at(record, orphan));
    // Undoing leaves changed files in place, but damaged files have to go: move them aside.
    let changed: Vec<_> =
        receipt.changes.iter().filter(|record| is_gone(record)).flat_map(recorded::changed).collect();
    let aside = put_aside(state.folder(), &changed)?;
    undo_changes(session, RECEIPT, is_gone)?;
    Ok((done, aside))
}

/// Whether `record` of the receipt `name` belongs to the removed CA.
pub(crate) fn is_of(dropped: &Dropped, name: &str, record: &ChangeRecord) -> bool {
    let is_trusted_by_gitlab = record.store.as_str() == gitlab::STORE
        && dropped
            .short
            .as_ref()
            .is_some_and(|short| record.subject.ends_with(&format!("/labtrust-{short}.crt")));
    dropped.trust_receipt().is_some_and(|trust| trust == name)
        || (name == RECEIPT && (is_trusted_by_gitlab || is_at(record, &dropped.folder)))
}

/// Undoes the changes of the receipt `name` for which `wanted` is true. Fails with the first that fails.
fn undo_changes(
    session: &Session<'_>,
    name: &str,
    wanted: impl Fn(&ChangeRecord) -> bool,
) -> Result<Vec<Outcome>> {
    let Some(mut receipt) = session.receipts.load(name)? else { return Ok(Vec::new()) };
    if !receipt.changes.iter().any(&wanted) {
        return Ok(Vec::new());
    }
    let outcomes = undo(session, &mut receipt, wanted)?;
    let failed = outcomes.iter().find(|outcome| outcome.state == OutcomeState::Failed || outcome.needs_root);
    match failed {
        None => Ok(outcomes),
        Some(failed) => Err(fail(
            format!("{}: {}", failed.subject, failed.detail),
            failed.hint.clone().unwrap_or_else(|| "fix that, or use root, and run the command again".into()),
        )),
    }
}

/// Whether `record` is the files of the CA in `folder`.
fn is_at(record: &ChangeRecord, folder: &Path) -> bool {
    record.store.as_str() == AUTHORITY && Path::new(&record.subject) == folder
}
