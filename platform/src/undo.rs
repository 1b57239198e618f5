//! Takes back what a receipt records, and only that: what somebody else changed since is left and
//! named.

use std::path::{Path, PathBuf};

use crate::{
    Certificate, Result,
    byproduct::{keep_neighbours, put_back, restore_neighbours},
    database,
    plan::{Byproduct, Command, Proof, Service},
    proof::{Wanted, prove},
    receipt::{Phase, Receipt, StepRecord},
    session::{Outcome, Session, State, nothing},
    updater::{Updater, check_room},
    world::{Node, World},
};

/// Undoes those changes of `receipt` for which `wanted` holds, last first, and settles once for
/// all of them. The receipt forgets what was taken back.
pub fn undo(
    session: &Session<'_>,
    receipt: &mut Receipt,
    wanted: impl Fn(&crate::receipt::ChangeRecord) -> bool,
) -> Result<Vec<Outcome>> {
    let (mut records, mut outcomes) = (Vec::new(), Vec::new());
    for index in (0..receipt.changes.len()).rev().filter(|index| wanted(&receipt.changes[*index])) {
        let record = &receipt.changes[index];
        let has_room = match &record.settle.undone[..] {
            [] => Ok(()),
            _ => session
                .worlds
                .reader(session.facts, &record.actor)
                .and_then(|world| check_room(&world, &record.settle.byproducts)),
        };
        match has_room {
            Ok(()) => records.push(index),
            Err(error) => outcomes.push(Outcome::failed(&record.store, &record.subject, &error)),
        }
    }
    outcomes.extend(undo_records(session, receipt, &records)?);
    Ok(outcomes)
}

/// What undoing a change has come to.
struct Undone {
    index: usize,
    ours: Vec<bool>,
    left: Vec<PathBuf>,
    complaints: Vec<String>,
    fault: Option<crate::Error>,
}

pub(crate) fn undo_records(
    session: &Session<'_>,
    receipt: &mut Receipt,
    records: &[usize],
) -> Result<Vec<Outcome>> {
    let certificate = receipt.anchor.as_ref().map_or_else(nothing, |anchor| anchor.certificate.clone());
    let mut outcomes = Vec::new();
    let mut undone = Vec::new();
    for &index in records {
        let record = &receipt.changes[index];
        if record.actor.is_within_reach(session.facts) {
            let was_proven = record.phase == Phase::Applied;
            receipt.changes[index].phase = Phase::Undoing;
            let saved = session.receipts.save(receipt);
            // What was only begun is written down as that: a full disk is no reason to leave half of it.
            if was_proven {
                saved?;
            }
            let mut taken = take_back_steps(session, receipt, index);
            if taken.fault.is_none() {
                taken.fault = keep_neighbours_of(session, receipt, index).err();
            }
            undone.push(taken);
        } else {
            outcomes.push(Outcome::needs_root(&record.store, &record.subject, State::Trusted));
        }
    }
    settle(session, receipt, &certificate, &mut undone);
    let mut forgotten = Vec::new();
    for undone in undone {
        let outcome = conclude(session, receipt, &undone);
        if outcome.state != State::Failed {
            forgotten.push(undone.index);
        }
        outcomes.push(outcome);
    }
    let (mut index, mut gone) = (0, Vec::new());
    receipt.changes.retain(|record| {
        index += 1;
        let is_gone = forgotten.contains(&(index - 1));
        gone.extend(is_gone.then(|| record.steps.clone()).into_iter().flatten());
        !is_gone
    });
    session.receipts.hand_over(receipt, &gone)?;
    session.receipts.save(receipt)?;
    Ok(outcomes)
}

/// Takes back what the latest run did to the change at `index`, so that it is again as it was last
/// proven, and settles that. Says what went wrong, if something did.
pub(crate) fn undo_latest(
    session: &Session<'_>,
    receipt: &mut Receipt,
    index: usize,
) -> Result<Option<String>> {
    let record = &receipt.changes[index];
    if record.steps.len() == record.proven {
        return Ok(None);
    }
    let mut left = Vec::new();
    let mut work = || -> Result<()> {
        left = take_back_latest(session, receipt, index)?;
        let world = session.worlds.of(&record.actor)?;
        updater(session, &world, &record.settle.undone, &record.settle.byproducts, &|| Ok(true)).run()?;
        Ok(())
    };
    if let Err(error) = work() {
        return Ok(Some(error.to_string()));
    }
    let record = &mut receipt.changes[index];
    record.steps.truncate(record.proven);
    record.phase = Phase::Applied;
    session.receipts.save(receipt)?;
    Ok((!left.is_empty()).then(|| left_by_others(&left)))
}

/// Takes back the steps of the latest run of the change at `index`, and settles nothing. Says which files
/// were left because somebody else changed them.
pub(crate) fn take_back_latest(
    session: &Session<'_>,
    receipt: &Receipt,
    index: usize,
) -> Result<Vec<PathBuf>> {
    let record = &receipt.changes[index];
    session.hold(&record.actor)?;
    let world = session.worlds.of(&record.actor)?;
    let mut left = Vec::new();
    for step in record.steps[record.proven..].iter().rev() {
        left.extend(take_back(session, &world, &receipt.name, step)?);
    }
    Ok(left)
}

fn take_back_steps(session: &Session<'_>, receipt: &Receipt, index: usize) -> Undone {
    let record = &receipt.changes[index];
    let mut undone =
        Undone { index, ours: Vec::new(), left: Vec::new(), complaints: Vec::new(), fault: None };
    let mut work = || -> Result<()> {
        session.hold(&record.actor)?;
        let world = session.worlds.of(&record.actor)?;
        for byproduct in &record.byproducts {
            undone.ours.push(byproduct.is_ours(&world)?);
        }
        for step in record.steps.iter().rev() {
            if let Some(left) = take_back(session, &world, &receipt.name, step)? {
                undone.left.push(left);
            }
        }
        Ok(())
    };
    undone.fault = work().err();
    undone
}

/// Keeps what the updater, which is to run to undo, may replace of what strangers put beside our anchor since.
fn keep_neighbours_of(session: &Session<'_>, receipt: &mut Receipt, index: usize) -> Result<()> {
    let record = &receipt.changes[index];
    if record.settle.undone.is_empty() {
        return Ok(());
    }
    let world = session.worlds.of(&record.actor)?;
    record.settle.byproducts.iter().try_for_each(|byproduct| byproduct.unlink(&world))?;
    let mut kept = record.byproducts.clone();
    keep_neighbours(&world, session.receipts, &receipt.name, &record.settle.byproducts, &mut kept)?;
    if kept != record.byproducts {
        receipt.changes[index].byproducts = kept;
        session.receipts.save(receipt)?;
    }
    Ok(())
}

/// Takes one step back; says which file was left because somebody else changed it.
fn take_back(
    session: &Session<'_>,
    world: &World,
    receipt: &str,
    step: &StepRecord,
) -> Result<Option<PathBuf>> {
    match step {
        StepRecord::File { adopted: true, .. } => {}
        StepRecord::File { path, before, after, link, folders, edit, adopted: false } => {
            world.tidy(path)?;
            let found = world.look(path)?;
            if found != *before {
                session.progress.begin(&format!("putting back {}", path.display()));
                let is_back = match (edit, before, &found) {
                    // Of a link that was replaced, no more is known than of a file of ours.
                    (Some(edit), Node::File { .. } | Node::Absent, Node::File { .. } | Node::Absent) => {
                        edit.take_back(world, (session.receipts, receipt), path, before, *after)?
                    }
                    _ if is_ours(&found, *after, link.as_deref()) => {
                        if let (Node::File { .. } | Node::Link { .. }, Some(folder)) = (before, path.parent())
                        {
                            world.make_folders(folder, 0o755)?;
                        }
                        put_back(world, session.receipts, receipt, path, before)?;
                        true
                    }
                    _ => false,
                };
                if !is_back {
                    return Ok(Some(path.clone()));
                }
            }
            folders.iter().rev().try_for_each(|folder| world.remove_folder(folder))?;
        }
        StepRecord::Entry { database, certificate, before } => {
            session
                .progress
                .begin(&format!("taking {} back out of {database}", certificate.fingerprint().short()));
            if !database::restore(world, database, certificate, before.as_ref())? {
                return Ok(Some(database.path().to_owned()));
            }
        }
    }
    Ok(None)
}

fn is_ours(found: &Node, after: Option<crate::Fingerprint>, link: Option<&Path>) -> bool {
    match found {
        Node::Absent => after.is_none() && link.is_none(),
        Node::File { sha256, .. } => after == Some(*sha256),
        Node::Link { target } => link == Some(target.as_path()),
        Node::Folder | Node::Other => false,
    }
}

fn updater<'a>(
    session: &Session<'a>,
    world: &'a World,
    commands: &'a [Command],
    byproducts: &'a [Byproduct],
    is_so: &'a dyn Fn() -> Result<bool>,
) -> Updater<'a> {
    Updater { world, commands, byproducts, removed: 1, is_so, progress: session.progress }
}

/// Runs each distinct settling once, then takes back what the updaters did not.
fn settle(session: &Session<'_>, receipt: &Receipt, certificate: &Certificate, undone: &mut [Undone]) {
    let mut settled = Vec::new();
    for undone in undone.iter_mut().filter(|undone| undone.fault.is_none()) {
        let record = &receipt.changes[undone.index];
        let commands = &record.settle.undone;
        let mut work = || -> Result<()> {
            if commands.is_empty() {
                return Ok(());
            }
            let world = session.worlds.of(&record.actor)?;
            let byproducts = &record.settle.byproducts;
            byproducts.iter().try_for_each(|byproduct| byproduct.unlink(&world))?;
            // Who else put the same anchor there keeps it, and all that the updater makes of it.
            let is_given = is_given_by_others(&world, byproducts, certificate);
            let is_so = || Ok(is_given || prove(&world, &record.proof, Wanted::Gone)?.holds());
            let updater = updater(session, &world, commands, byproducts, &is_so);
            updater.clear()?;
            let is_as_before = || record.is_as_before(&world);
            let ran = if settled.contains(commands) || is_as_before()? {
                Ok(Vec::new())
            } else {
                settled.push(commands.clone());
                updater.run()
            };
            if ran.is_err() {
                updater.clear()?;
            }
            restore_neighbours(&world, session.receipts, &receipt.name, &record.byproducts)?;
            for (kept, ours) in record.byproducts.iter().zip(&undone.ours) {
                if undone.left.is_empty() && is_given {
                    kept.mend(&world, session.receipts, &receipt.name)?;
                    kept.byproduct.delete_entry(&world, certificate, session.progress)?;
                } else if undone.left.is_empty() {
                    kept.restore(&world, session, &receipt.name, certificate, *ours)?;
                } else {
                    // What stays is rightly in what was made of it.
                    kept.mend(&world, session.receipts, &receipt.name)?;
                }
            }
            undone.complaints = match ran {
                // Whatever became of the updater: what it was to do is done.
                Err(_) if is_as_before()? => Vec::new(),
                // A reload makes nothing: what it should have been told of is taken back all the same.
                Err(error) if byproducts.is_empty() => vec![error.to_string()],
                ran => ran?,
            };
            Ok(())
        };
        undone.fault = work().err();
    }
}

/// Asks the store whether it is rid of the anchor.
fn conclude(session: &Session<'_>, receipt: &Receipt, undone: &Undone) -> Outcome {
    let record = &receipt.changes[undone.index];
    let (store, subject) = (&record.store, record.subject.as_str());
    if let Some(error) = &undone.fault {
        return Outcome::failed(store, subject, error);
    }
    let asked = session.worlds.of(&record.actor).and_then(|world| {
        Outcome::gone(&world, session.facts, (&record.store, &record.subject), &record.proof)
    });
    let is_adopted = undone.left.is_empty() && record.is_adopted();
    let mut outcome = match asked {
        Ok(_) if is_adopted => Outcome::new(
            store,
            subject,
            State::Untrusted,
            format!("{subject}: left as it stands, since labtrust did not put it there"),
        ),
        Ok(outcome) => outcome,
        Err(error) => return Outcome::failed(store, subject, &error),
    };
    // That files are not as we put them is what taking them back was for.
    if outcome.state == State::Untrusted
        && undone.left.is_empty()
        && !is_adopted
        && is_of_files(&record.proof)
    {
        subject.clone_into(&mut outcome.detail);
    }
    outcome.changed = true;
    outcome.restart.extend(record.settle.restart.iter().cloned());
    // One that was spared and has started since has seen the anchor, and keeps it in memory.
    let running = session.facts.engines.iter().map(Service::engine);
    outcome.restart.extend(running.filter(|service| {
        let is_spared = record.settle.spared.iter().any(|spared| spared.title == service.title);
        is_spared && service.is_newer_than(record.settled)
    }));
    if !undone.left.is_empty() {
        outcome.detail = format!("{}; {}", outcome.detail, left_by_others(&undone.left));
    }
    if !undone.complaints.is_empty() && outcome.state == State::Untrusted {
        outcome.fall_short(&undone.complaints, "mend that; all else is taken back");
    }
    outcome
}

/// Whether another file among a bundle's sources gives `certificate`, now that ours is gone.
fn is_given_by_others(world: &World, byproducts: &[Byproduct], certificate: &Certificate) -> bool {
    byproducts.iter().any(|byproduct| match byproduct {
        Byproduct::Bundle { sources: Some(sources), .. } => {
            sources.given_here(world).sha256s.contains(&certificate.fingerprint())
        }
        _ => false,
    })
}

fn left_by_others(left: &[PathBuf]) -> String {
    let mut names: Vec<_> = left.iter().map(|path| Path::display(path).to_string()).collect();
    names.dedup();
    format!("left as somebody else changed it: {}", names.join(", "))
}

/// Whether `proof` is that files stand where we put them, served or not.
fn is_of_files(proof: &Proof) -> bool {
    match proof {
        Proof::Files { .. } | Proof::Linked { .. } | Proof::Edited { .. } | Proof::Absent { .. } => true,
        Proof::All(proofs) => proofs.iter().any(is_of_files),
        _ => false,
    }
}
