//! Runs a store's own updater safely. Updaters take no lock: if two run at once, they write the same file, which may end up
//! truncated, doubled, or without earlier certificates.
//!
//! An updater that started before our anchor was in place has not read it, and may overwrite our result until it ends. So
//! labtrust waits for other updaters before and after its own run, and reads the store when none is running: an updater
//! that starts later reads our anchor too.

mod fault;

use std::{
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use labtrust_plan::{Command, SideEffect, Sources};

use crate::{
    Error, Result,
    bundle::Bundle,
    database::keystore,
    progress::Progress,
    side_effect,
    wait::{BETWEEN_LOOKS, await_end},
    world::{SHELLS, World, running},
};

/// How often an updater that was disturbed is run again.
const MOST_REPAIRS: u32 = 5;

/// Each repeated run first waits longer by this time, so that other updaters can start.
const PAUSE: Duration = Duration::from_millis(500);

/// How long to wait for another updater.
const UPDATER_WAIT: Duration = Duration::from_secs(120);

/// Messages about a failed hook from an updater that succeeds all the same: Debian's own script, and run-parts(8).
const COMPLAINTS: [&str; 2] = ["exited with code", "exited with return code"];

/// Free bytes that rebuilding a store needs beside its files: for links, and for files that the tools add.
const SPARE_ROOM: u64 = 64 << 10;

/// One run of the commands of a [`Reload`](labtrust_plan::Reload).
pub(crate) struct Updater<'a> {
    pub world: &'a World,
    pub commands: &'a [Command],
    pub side_effects: &'a [SideEffect],
    /// How many certificates may be gone afterwards.
    pub removed: usize,
    /// Whether the store is as planned.
    pub is_met: &'a dyn Fn() -> Result<bool>,
    pub progress: &'a dyn Progress,
}

/// The result of an updater, as far as labtrust checks it.
#[derive(PartialEq)]
struct Rebuilt {
    bundles: Vec<Option<Bundle>>,
    is_met: bool,
    complaints: Vec<String>,
}

/// Fails if the disk has no room for an updater that writes `side_effects`: on a full disk it may leave no bundle at all.
pub(crate) fn check_room(world: &World, side_effects: &[SideEffect]) -> Result<()> {
    let files: Vec<&Path> = side_effects.iter().filter_map(SideEffect::file).collect();
    let mut needed = SPARE_ROOM;
    for file in &files {
        needed += world.read(file)?.map_or(0, |bytes| bytes.len() as u64);
    }
    for folder in files.iter().filter_map(|file| file.parent()) {
        if let Some(room) = world.room(folder)?.filter(|room| *room < needed) {
            let what = format!("{} kB are free, and {} kB are needed", room >> 10, needed >> 10);
            let error = io::Error::new(io::ErrorKind::StorageFull, what);
            return Err(Error::file("rebuild what is in", folder)(error));
        }
    }
    Ok(())
}

impl Updater<'_> {
    /// Runs the commands until the bundles are complete, have lost no more certificates than they should, and the store is
    /// as planned; or until two runs give the same result, which is then no accident. Returns the messages about failed
    /// hooks.
    pub(crate) fn run(&self) -> Result<Vec<String>> {
        // A change without side effects has no file that another updater could damage.
        if self.side_effects.is_empty() {
            return self.run_commands();
        }
        let before = self.read()?;
        // If the store was as planned before, another updater's run does not show that the store was rebuilt.
        let was_met = (self.is_met)()?;
        let started = Instant::now();
        let mut last = None;
        for round in 0..=MOST_REPAIRS {
            // A program that runs the updater again and again would disturb our run again. Its own run does the work too.
            let quiet = Instant::now() + PAUSE * round;
            loop {
                let waited = self.await_others()?;
                if round > 0 || (waited.is_some() && !was_met) {
                    let rebuilt = self.rebuilt()?;
                    if rebuilt.is_met && self.fault(&before, &rebuilt.bundles).is_none() {
                        self.report_losses(&before, &rebuilt.bundles);
                        return Ok(rebuilt.complaints);
                    }
                }
                match waited {
                    Some(pid) if started.elapsed() > UPDATER_WAIT => return Err(self.busy(pid)),
                    None if Instant::now() >= quiet => break,
                    None => thread::sleep(BETWEEN_LOOKS),
                    Some(_) => {}
                }
            }
            if round > 0 {
                self.side_effects
                    .iter()
                    .try_for_each(|side_effect| side_effect::unlink_anyway(side_effect, self.world))?;
            }
            let rebuilt = self.run_once()?;
            let fault = self.fault(&before, &rebuilt.bundles);
            // Twice the same result is no accident: the updater has fewer sources now, some of which are not known here.
            let is_same = is_whole(&before, &rebuilt.bundles) && last.as_ref() == Some(&rebuilt);
            if (rebuilt.is_met && fault.is_none()) || is_same {
                self.report_losses(&before, &rebuilt.bundles);
                return Ok(rebuilt.complaints);
            }
            if let Some(fault) = fault {
                self.progress.note(&format!("{fault}; running the updater again"));
            }
            last = Some(rebuilt);
        }
        let path = self.bundles().next().map_or_else(PathBuf::new, |(path, _)| path.to_owned());
        Err(Error::Corrupt {
            path,
            why: format!("is damaged, even after {MOST_REPAIRS} more runs of its updater"),
        })
    }

    fn run_once(&self) -> Result<Rebuilt> {
        self.side_effects.iter().try_for_each(|side_effect| side_effect::clear(side_effect, self.world))?;
        let complaints = self.run_commands()?;
        self.await_others()?;
        Ok(Rebuilt { complaints, ..self.rebuilt()? })
    }

    fn run_commands(&self) -> Result<Vec<String>> {
        let mut complaints = Vec::new();
        for command in self.commands {
            self.progress.begin(&command.to_string());
            complaints.extend(self.world.run(command)?.lines_with(&COMPLAINTS));
        }
        Ok(complaints)
    }

    /// Removes the remains of a killed updater, unless an updater is running that may be writing them.
    pub(crate) fn clear(&self) -> Result<()> {
        if !running(&self.names()).is_empty() {
            return Ok(());
        }
        self.side_effects.iter().try_for_each(|side_effect| side_effect::clear(side_effect, self.world))
    }

    fn rebuilt(&self) -> Result<Rebuilt> {
        Ok(Rebuilt { bundles: self.read()?, is_met: (self.is_met)()?, complaints: Vec::new() })
    }

    fn bundles(&self) -> impl Iterator<Item = (&Path, Option<&Sources>)> {
        self.side_effects.iter().filter_map(|side_effect| match side_effect {
            SideEffect::Bundle { path, sources, .. } => Some((path.as_path(), sources.as_ref())),
            _ => None,
        })
    }

    fn read(&self) -> Result<Vec<Option<Bundle>>> {
        self.bundles().map(|(path, _)| self.world.bundle(path)).collect()
    }

    /// Waits until other programs that change the store have ended. Returns one of those updaters, if there was one.
    fn await_others(&self) -> Result<Option<u32>> {
        let updaters = self.names();
        let waited = await_end(&updaters, UPDATER_WAIT, self.progress).map_err(|pid| self.busy(pid))?;
        if self.side_effects.iter().any(|side_effect| matches!(side_effect, SideEffect::Keystore { .. })) {
            keystore::await_writers(self.progress);
        }
        Ok(waited)
    }

    /// The names of the updaters. A shell is left out: its name does not tell what it runs.
    fn names(&self) -> Vec<&str> {
        let names = self.commands.iter().filter_map(|command| command.program.file_name()?.to_str());
        names.filter(|name| !SHELLS.contains(name)).collect()
    }

    fn busy(&self, pid: u32) -> Error {
        Error::Busy { program: self.names().join(", "), pid, limit: UPDATER_WAIT }
    }
}

/// Whether every bundle that existed before is there and complete.
fn is_whole(before: &[Option<Bundle>], after: &[Option<Bundle>]) -> bool {
    before
        .iter()
        .zip(after)
        .all(|(before, after)| after.as_ref().map_or_else(|| before.is_none(), |bundle| bundle.whole))
}
