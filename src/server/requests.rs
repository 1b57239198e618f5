//! Requests are made, answered and forgotten: the deeds.

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

/// Forgets the request `kept`, and its key.
pub(crate) fn forget(kept: &PendingRequest, session: &Session<'_>) -> Result<Vec<Outcome>> {
    match session.receipts.load(&kept.receipt())? {
        Some(mut receipt) => Ok(undo(session, &mut receipt, |_| true)?),
        None => Ok(Vec::new()),
    }
}

/// Forgets the request in `folder`, which is damaged: what can be read of it goes, and the rest is put aside.
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

/// Takes back what a run that was killed had begun: a request that nobody has seen yet, or one that
/// was being forgotten.
pub(crate) fn sweep(session: &Session<'_>) -> Result<()> {
    for mut receipt in session.receipts.recorded()? {
        let is_ours = receipt.changes.iter().any(|change| change.store.as_str() == request::STORE);
        // Without the request its answer alone may be left.
        let made = receipt.changes.iter().find(|change| !change.subject.ends_with(request::ANSWER));
        if is_ours && made.is_none_or(|made| made.phase != Phase::Applied) {
            undo(session, &mut receipt, |_| true)?;
        }
    }
    Ok(())
}

/// Writes down that `chain`, which is in its place now, is the answer to the request for its key. Requests
/// that were answered before it are of no more use; one is kept until then, since what was placed can be
/// taken back.
pub(crate) fn answered(session: &Session<'_>, state: &State<'_>, chain: &Chain) -> Result<()> {
    sweep(session)?;
    for kept in state.requests()?.kept.iter().filter(|kept| kept.folder.starts_with(state.folder())) {
        if kept.public_key == *chain.leaf.public_key() {
            let path = kept.answer_path();
            let served: Vec<_> = chain.served().iter().map(|one| one.der().clone()).collect();
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
