//! The reload after undoing. Each of the distribution's tools runs once for all changes that need it; then what the tool
//! did not undo is undone for each change.

use std::rc::Rc;

use labtrust_plan::{Certificate, Command, Fingerprint, SideEffect, Wanted};

use super::progress::UndoProgress;
use crate::{
    Error, Result, proof::prove, receipt::Receipt, session::Session, side_effect,
    side_effect::undo_neighbours, sources, updater::Updater, world::World,
};

/// Runs each distinct reload once, then undoes what the updaters did not undo themselves.
pub(super) fn reload(session: &Session<'_>, receipts: &[Receipt], undone: &mut [UndoProgress]) {
    let commands_of = |undone: &UndoProgress| undone.record(receipts).reload.undone.clone();
    let mut distinct: Vec<Vec<Command>> = Vec::new();
    for commands in undone.iter().filter(|undone| undone.fault.is_none()).map(commands_of) {
        if !commands.is_empty() && !distinct.contains(&commands) {
            distinct.push(commands);
        }
    }
    for commands in distinct {
        let together: Vec<_> = undone
            .iter_mut()
            .filter(|undone| undone.fault.is_none() && commands_of(undone) == commands)
            .collect();
        if let Err(error) = reload_together(session, receipts, &commands, together) {
            let error = Rc::new(error);
            for undone in undone.iter_mut().filter(|undone| commands_of(undone) == commands) {
                undone.fault.get_or_insert_with(|| Rc::clone(&error));
            }
        }
    }
}

/// One of the changes that share a reload.
struct Member<'a> {
    undone: &'a mut UndoProgress,
    certificate: Certificate,
    /// Whether another file gives the same anchor: the anchor stays, with everything that the updater makes from it.
    is_given: bool,
}

/// Runs `commands` once for all changes in `together`.
fn reload_together(
    session: &Session<'_>,
    receipts: &[Receipt],
    commands: &[Command],
    together: Vec<&mut UndoProgress>,
) -> Result<()> {
    let Some(first) = together.first() else { return Ok(()) };
    let world = session.worlds.of(&first.record(receipts).actor)?;
    let mut members = unlink_all(&world, receipts, together);
    let is_gone = |member: &Member<'_>| {
        let proof = &member.undone.record(receipts).proof;
        Ok(member.is_given || prove(&world, proof, Wanted::Gone)?.holds())
    };
    let updater = Updater {
        world: &world,
        commands,
        side_effects: &distinct_side_effects(&members, receipts),
        removed: distinct_certificates(&members),
        is_met: &|| all(&members, is_gone),
        progress: session.progress,
    };
    updater.clear()?;
    let is_as_before = |member: &Member<'_>| member.undone.record(receipts).is_as_before(&world);
    let ran = if all(&members, is_as_before)? { Ok(Vec::new()) } else { updater.run() };
    if ran.is_err() {
        updater.clear()?;
    }
    let ran = ran.map_err(Rc::new);
    members.iter_mut().try_for_each(|member| member.finish(session, receipts, &world, &ran))
}

/// Removes the links to the anchors of `together`. A change for which that fails gets the fault, and is left out.
fn unlink_all<'u>(
    world: &World,
    receipts: &[Receipt],
    together: Vec<&'u mut UndoProgress>,
) -> Vec<Member<'u>> {
    let mut members = Vec::new();
    for undone in together {
        let side_effects = &undone.record(receipts).reload.side_effects;
        let unlinked =
            side_effects.iter().try_for_each(|side_effect| side_effect::unlink(side_effect, world));
        if let Err(error) = unlinked {
            undone.fault = Some(Rc::new(error));
            continue;
        }
        let anchor = receipts[undone.receipt].anchor.as_ref();
        let certificate = anchor.map_or_else(Certificate::empty, |anchor| anchor.certificate.clone());
        let is_given = is_given_by_others(world, side_effects, certificate.fingerprint());
        members.push(Member { undone, certificate, is_given });
    }
    members
}

impl Member<'_> {
    /// Undoes what the updater did not undo itself, and records how the updater `ran`.
    fn finish(
        &mut self,
        session: &Session<'_>,
        receipts: &[Receipt],
        world: &World,
        ran: &Result<Vec<String>, Rc<Error>>,
    ) -> Result<()> {
        if let Err(error) = self.undo(session, receipts, world) {
            self.undone.fault = Some(Rc::new(error));
            return Ok(());
        }
        let record = self.undone.record(receipts);
        match ran {
            Ok(complaints) => self.undone.complaints.clone_from(complaints),
            // A failed reload without side effects leaves nothing behind: the files are undone.
            Err(error) if record.reload.side_effects.is_empty() => {
                self.undone.complaints = vec![error.to_string()];
            }
            // The updater failed, but its files are as they were before.
            Err(_) if record.is_as_before(world)? => {}
            Err(error) => self.undone.fault = Some(Rc::clone(error)),
        }
        Ok(())
    }

    /// Undoes what the updater did not undo itself.
    fn undo(&self, session: &Session<'_>, receipts: &[Receipt], world: &World) -> Result<()> {
        let (name, record) = (&receipts[self.undone.receipt].name, self.undone.record(receipts));
        undo_neighbours(world, session.receipts, name, &record.side_effects)?;
        for (kept, ours) in record.side_effects.iter().zip(&self.undone.ours) {
            if self.undone.left.is_empty() && self.is_given {
                kept.restore_if_broken(world, session.receipts, name)?;
                side_effect::delete_entry(&kept.side_effect, world, &self.certificate, session.progress)?;
            } else if self.undone.left.is_empty() {
                kept.undo(world, session, name, &self.certificate, *ours)?;
            } else {
                // A file that stays is rightly in what the updater made from it.
                kept.restore_if_broken(world, session.receipts, name)?;
            }
        }
        Ok(())
    }
}

fn all<'a>(members: &[Member<'a>], holds: impl Fn(&Member<'a>) -> Result<bool>) -> Result<bool> {
    members.iter().try_fold(true, |all, member| Ok(all && holds(member)?))
}

/// The side effects of all `members`, each once.
fn distinct_side_effects(members: &[Member<'_>], receipts: &[Receipt]) -> Vec<SideEffect> {
    let mut distinct: Vec<SideEffect> = Vec::new();
    for side_effect in members.iter().flat_map(|member| &member.undone.record(receipts).reload.side_effects) {
        if !distinct.contains(side_effect) {
            distinct.push(side_effect.clone());
        }
    }
    distinct
}

/// The number of certificates that leave the bundle for `members`. A certificate that another file gives stays.
fn distinct_certificates(members: &[Member<'_>]) -> usize {
    let gone = members.iter().filter(|member| !member.is_given);
    let mut sha256s: Vec<_> = gone.map(|member| member.certificate.fingerprint()).collect();
    sha256s.sort();
    sha256s.dedup();
    sha256s.len().max(1)
}

/// Whether another file among a bundle's sources gives the certificate `sha256`, now that ours is gone.
fn is_given_by_others(world: &World, side_effects: &[SideEffect], sha256: Fingerprint) -> bool {
    side_effects.iter().any(|side_effect| match side_effect {
        SideEffect::Bundle { sources: Some(sources), .. } => {
            sources::given_here(world, sources).sha256s.contains(&sha256)
        }
        _ => false,
    })
}
