//! Settling what was taken back: each of the distribution's own tools runs once for all changes that it settles, and
//! what it did not take back is taken back for each of them.

use std::rc::Rc;

use labtrust_plan::{Certificate, Command, Fingerprint, SideEffect, Wanted};

use super::progress::UndoProgress;
use crate::{
    Result,
    proof::prove,
    receipt::Receipt,
    session::{Session, nothing},
    side_effect,
    side_effect::undo_neighbours,
    sources,
    updater::Updater,
    world::World,
};

/// Runs each distinct settling once, then takes back what the updaters did not.
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

/// One of those that are settled together.
struct Member<'a> {
    undone: &'a mut UndoProgress,
    certificate: Certificate,
    /// Whether somebody else put the same anchor there: it stays, and all that the updater makes of it.
    is_given: bool,
}

/// Runs `commands` for all of `together`.
fn reload_together(
    session: &Session<'_>,
    receipts: &[Receipt],
    commands: &[Command],
    together: Vec<&mut UndoProgress>,
) -> Result<()> {
    let Some(first) = together.first() else { return Ok(()) };
    let world = session.worlds.of(&first.record(receipts).actor)?;
    let mut side_effects: Vec<SideEffect> = Vec::new();
    let mut members = Vec::new();
    for undone in together {
        let reload = &undone.record(receipts).reload;
        let unlinked = reload.side_effects.iter().try_for_each(|made| side_effect::unlink(made, &world));
        if let Err(error) = unlinked {
            undone.fault = Some(Rc::new(error));
            continue;
        }
        let anchor = receipts[undone.receipt].anchor.as_ref();
        let certificate = anchor.map_or_else(nothing, |anchor| anchor.certificate.clone());
        let is_given = is_given_by_others(&world, &reload.side_effects, certificate.fingerprint());
        for side_effect in &reload.side_effects {
            if !side_effects.contains(side_effect) {
                side_effects.push(side_effect.clone());
            }
        }
        members.push(Member { undone, certificate, is_given });
    }
    let is_gone = |member: &Member<'_>| {
        let proof = &member.undone.record(receipts).proof;
        Ok(member.is_given || prove(&world, proof, Wanted::Gone)?.holds())
    };
    let updater = Updater {
        world: &world,
        commands,
        side_effects: &side_effects,
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
    for member in &mut members {
        if let Err(error) = member.undo(session, receipts, &world) {
            member.undone.fault = Some(Rc::new(error));
            continue;
        }
        match &ran {
            Ok(complaints) => member.undone.complaints.clone_from(complaints),
            // A reload makes nothing: what it should have been told of is taken back all the same.
            Err(error) if member.undone.record(receipts).reload.side_effects.is_empty() => {
                member.undone.complaints = vec![error.to_string()];
            }
            // Whatever became of the updater: what it was to do is done.
            Err(_) if is_as_before(member)? => {}
            Err(error) => member.undone.fault = Some(Rc::clone(error)),
        }
    }
    Ok(())
}

impl Member<'_> {
    /// After the updater has run: takes back what it did not.
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
                // What stays is rightly in what was made of it.
                kept.restore_if_broken(world, session.receipts, name)?;
            }
        }
        Ok(())
    }
}

fn all<'a>(members: &[Member<'a>], holds: impl Fn(&Member<'a>) -> Result<bool>) -> Result<bool> {
    members.iter().try_fold(true, |all, member| Ok(all && holds(member)?))
}

/// How many certificates the updater takes out of a bundle for `members`: not those that another file still gives.
fn distinct_certificates(members: &[Member<'_>]) -> usize {
    let gone = members.iter().filter(|member| !member.is_given);
    let mut sha256s: Vec<_> = gone.map(|member| member.certificate.fingerprint()).collect();
    sha256s.sort();
    sha256s.dedup();
    sha256s.len().max(1)
}

/// Whether another file among a bundle's sources gives `certificate`, now that ours is gone.
fn is_given_by_others(world: &World, side_effects: &[SideEffect], sha256: Fingerprint) -> bool {
    side_effects.iter().any(|side_effect| match side_effect {
        SideEffect::Bundle { sources: Some(sources), .. } => {
            sources::given_here(world, sources).sha256s.contains(&sha256)
        }
        _ => false,
    })
}
