//! The reload of one change. Files that the distribution's tools rewrite are saved before the tools run, and repaired
//! afterwards.

use std::path::PathBuf;

use labtrust_plan::{Change, Step, Wanted};

use super::Run;
use crate::{
    Error, Result,
    proof::prove,
    side_effect,
    side_effect::{back_up_neighbours, forget_unchanged_neighbours},
    updater::Updater,
    world::World,
};

impl Run<'_> {
    /// Runs the commands that make `change` take effect, and repairs their side effects. Returns the messages about
    /// failed hooks.
    pub(super) fn reload_one(&mut self, change: &Change) -> Result<Vec<String>> {
        let reload = &change.reload;
        if reload.applied.is_empty() {
            return Ok(Vec::new());
        }
        let world = self.session.worlds.of(&change.actor)?;
        let record = self.record(change);
        let mut kept = self.receipt.changes[record].side_effects.clone();
        for side_effect in &reload.side_effects {
            side_effect::back_up(side_effect, &world, self.session.receipts, &self.receipt.name, &mut kept)?;
        }
        let (receipts, name) = (self.session.receipts, &self.receipt.name);
        back_up_neighbours(&world, receipts, name, &reload.side_effects, &mut kept)?;
        self.receipt.changes[record].side_effects = kept;
        self.session.receipts.save_changes(&self.receipt, &[record])?;
        self.restore_broken(record, &world)?;
        // A killed updater may have linked the anchor without running its hooks. Without the links it runs them again.
        reload
            .side_effects
            .iter()
            .try_for_each(|side_effect| side_effect::unlink_anyway(side_effect, &world))?;
        let kept = &self.receipt.changes[record].side_effects;
        let undisturbed: Vec<bool> =
            kept.iter().map(|kept| kept.is_undisturbed(&world)).collect::<Result<_>>()?;
        reload.side_effects.iter().try_for_each(|side_effect| side_effect::unlink(side_effect, &world))?;
        let removed = change.steps.iter().filter(|step| matches!(step, Step::Remove { .. })).count();
        let is_met = || Ok(prove(&world, &change.proof, Wanted::There)?.holds());
        let updater = Updater {
            world: &world,
            commands: &reload.applied,
            side_effects: &reload.side_effects,
            removed,
            is_met: &is_met,
            progress: self.session.progress,
        };
        let mut complaints = updater.run()?;
        if let Some(anchor) = &self.receipt.anchor {
            for side_effect in &reload.side_effects {
                let progress = self.session.progress;
                side_effect::add_entry(side_effect, &world, &anchor.certificate, &mut complaints, progress)?;
                side_effect::delete_entry(side_effect, &world, &anchor.certificate, progress)?;
            }
        }
        if self.restore_broken(record, &world)? {
            return Err(Error::Corrupt {
                path: PathBuf::from(&change.subject),
                why: "was rebuilt, but a hook of the updater failed; the files that the hook damaged are restored".into(),
            });
        }
        let kept = &mut self.receipt.changes[record].side_effects;
        for (kept, undisturbed) in kept.iter_mut().zip(undisturbed) {
            kept.remember(&world, undisturbed)?;
        }
        forget_unchanged_neighbours(&world, kept)?;
        self.session.receipts.save_changes(&self.receipt, &[record])?;
        Ok(complaints)
    }

    /// Restores the files that a killed updater has damaged. True if there were any.
    fn restore_broken(&self, record: usize, world: &World) -> Result<bool> {
        let mut any = false;
        for kept in &self.receipt.changes[record].side_effects {
            any |= kept.restore_if_broken(world, self.session.receipts, &self.receipt.name)?;
        }
        Ok(any)
    }
}
