//! Answers and deletes stored requests.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::{Outcome, Session, World, apply, receipt::Phase, undo};
use labtrust_plan::{Actor, Change, Contents, Step, text};

use super::install_pair;
use crate::{
    certificate::{Chain, pem},
    printer::Printer,
    state::{
        State, put_aside, recorded,
        request::{self, PendingRequest},
    },
};

/// Deletes the request `kept` and its key.
pub(crate) fn forget(kept: &PendingRequest, session: &Session<'_>) -> Result<Vec<Outcome>> {
    match session.receipts.load(&kept.receipt())? {
        Some(mut receipt) => Ok(undo(session, &mut receipt, |_| true)?),
        None => Ok(Vec::new()),
    }
}

/// Deletes the damaged request in `folder`. Files that are not as labtrust wrote them are moved aside.
pub(crate) fn give_up(
    session: &Session<'_>,
    state: &State<'_>,
    folder: &Path,
    printer: &Printer,
) -> Result<()> {
    let receipts = session.receipts.recorded()?;
    let name = request::receipt(folder);
    if receipts.damage_of(&name).is_some() {
        return give_up_wholly(state, &name, folder, printer);
    }
    let Some(mut receipt) = session.receipts.load(&name)? else {
        return give_up_wholly(state, &name, folder, printer);
    };
    let changed: Vec<_> = receipt.changes.iter().flat_map(recorded::changed).collect();
    note_aside(put_aside(state.folder(), &changed)?, printer);
    install_pair::check(&undo(session, &mut receipt, |_| true)?)
}

fn give_up_wholly(state: &State<'_>, name: &str, folder: &Path, printer: &Printer) -> Result<()> {
    let paths = [folder.to_owned(), state.folder().join("receipts").join(name)];
    note_aside(put_aside(state.folder(), &paths)?, printer);
    Ok(World::here().remove_folder(&state.folder().join(request::FOLDER))?)
}

fn note_aside(aside: Option<PathBuf>, printer: &Printer) {
    if let Some(aside) = aside {
        printer.aside(format_args!("the damaged files are now in {}", text::path(&aside)));
    }
}

/// Undoes requests that a killed run had not finished writing or deleting.
pub(crate) fn sweep(session: &Session<'_>) -> Result<()> {
    for mut receipt in session.receipts.recorded()? {
        let is_ours = receipt.changes.iter().any(|change| change.store.as_str() == request::STORE);
        // A receipt may record only the answer.
        let made = receipt.changes.iter().find(|change| !change.subject.ends_with(request::ANSWER));
        if is_ours && made.is_none_or(|made| made.phase != Phase::Applied) {
            undo(session, &mut receipt, |_| true)?;
        }
    }
    Ok(())
}

/// Records that the installed `chain` answers the request for its key, and deletes requests that were answered earlier.
/// Until then they are kept, because an install can be undone.
pub(crate) fn answered(session: &Session<'_>, state: &State<'_>, chain: &Chain) -> Result<()> {
    sweep(session)?;
    for kept in state.requests()?.kept.iter().filter(|kept| kept.folder.starts_with(state.folder())) {
        if kept.public_key == *chain.leaf.public_key() {
            let path = kept.answer_path();
            let served: Vec<_> = chain.served().iter().map(|certificate| certificate.der().clone()).collect();
            let answer = pem::write_certificates(&served);
            let contents = Contents::Public(answer.into_bytes());
            let step = Step::Put { path: path.clone(), contents, mode: 0o644 };
            let change = Change::of_files(request::STORE, &path, Actor::Caller, vec![step]);
            install_pair::check(&apply(session, &kept.receipt(), None, &[change])?)?;
        } else if !kept.answer.is_empty() {
            install_pair::check(&forget(kept, session)?)?;
        }
    }
    Ok(())
}
