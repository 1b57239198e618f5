//! Carries out a restore: all of it, or nothing.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::{Outcome, Session, World, apply, apply_together, receipt::parse, undo, world::Access};

use super::plan::{Plan, Saved};
use crate::{
    backup::Item,
    hint::fail,
    server::install_pair,
    state::{RECEIPT, put_aside, put_back, request},
};

/// Carries out the plan, all of it or nothing. Returns whether that changed anything, and the folder of the damaged
/// parts.
pub(crate) fn carry_out(session: &Session<'_>, state: &Path, plan: &Plan) -> Result<(bool, Option<PathBuf>)> {
    let damaged = put_aside(state, &plan.damaged)?;
    let done = carry_out_rest(session, state, plan);
    if let (Err(_), Some(aside)) = (&done, &damaged) {
        put_back(state, aside, &plan.damaged)?;
    }
    Ok((done? || damaged.is_some(), damaged))
}

fn carry_out_rest(session: &Session<'_>, state: &Path, plan: &Plan) -> Result<bool> {
    let mut receipts = Vec::new();
    let mut requests = Vec::new();
    let mut restore_all = || -> Result<bool> {
        for saved in &plan.receipts {
            receipts.push(saved.name.clone());
            write(state, saved)?;
        }
        if let Some(aside) = &plan.aside {
            install_pair::check(&apply(session, ASIDE, None, std::slice::from_ref(aside))?)?;
        }
        let mut changed = !receipts.is_empty();
        for request in &plan.requests {
            let name = request::receipt(Path::new(&request.subject));
            let outcomes = apply(session, &name, None, std::slice::from_ref(request))?;
            if is_changed(&outcomes) {
                requests.push(name);
            }
            install_pair::check(&outcomes)?;
        }
        let outcomes = apply_together(session, RECEIPT, None, &plan.authorities)?;
        let failed =
            outcomes.iter().position(|outcome| outcome.state == labtrust_machine::OutcomeState::Failed);
        install_pair::check(&outcomes[..failed.map_or(outcomes.len(), |failed| failed + 1)])?;
        changed |= is_changed(&outcomes) || !requests.is_empty();
        Ok(changed)
    };
    let done = restore_all();
    if done.is_err() {
        // Undo as much as possible.
        for name in &requests {
            if let Ok(Some(mut receipt)) = session.receipts.load(name) {
                drop(undo(session, &mut receipt, |_| true));
            }
        }
        for name in &receipts {
            drop(session.receipts.forget(name));
        }
        if let Ok(Some(mut receipt)) = session.receipts.load(ASIDE) {
            drop(undo(session, &mut receipt, |_| true));
        }
    } else {
        // The files that were moved aside belong to the user now.
        session.receipts.forget(ASIDE)?;
    }
    done
}

/// The receipt of moving a CA aside, for the time of the restore.
const ASIDE: &str = "restore";

fn is_changed(outcomes: &[Outcome]) -> bool {
    outcomes.iter().any(|outcome| outcome.changed)
}

/// Writes a saved receipt of this machine. The file receipt.json comes last, because its presence makes the others
/// count.
fn write(state: &Path, saved: &Saved<'_>) -> Result<()> {
    let (receipts, before): (Vec<&Item>, Vec<&Item>) =
        saved.items.iter().copied().partition(|item| item.path.ends_with("receipt.json"));
    if receipts.iter().any(|item| parse(&item.contents).is_err()) {
        return Err(fail(
            format!("the receipt {} in the backup cannot be read", saved.name),
            "restore with a newer labtrust",
        ));
    }
    let world = World::here();
    for item in before.into_iter().chain(receipts) {
        let path = state.join(&item.path);
        if let Some(folder) = path.parent() {
            world.make_folders(folder, 0o700)?;
        }
        let contents = labtrust_plan::Contents::Secret(item.contents.clone());
        world.put(&path, &contents, Access { mode: 0o600, owner: None })?;
    }
    Ok(())
}
