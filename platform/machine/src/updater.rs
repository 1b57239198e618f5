//! Runs a store's own updater, which knows no lock, beside whoever else runs it: two at once write one
//! file, and either may leave it cut off, doubled or without what was there before.
//!
//! An updater that was started before our file was in place has not seen it, and may overwrite what ours
//! has made at any time until it ends. So others are waited for before and after, and the store is read
//! when none is left: whoever starts from then on reads our file too.

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

/// An updater that was disturbed is run again so many times.
const MOST_REPAIRS: u32 = 5;

/// Longer each time it waits for others to begin before it runs again.
const PAUSE: Duration = Duration::from_millis(500);

/// How long somebody else's updater is waited for.
const UPDATER_WAIT: Duration = Duration::from_secs(120);

/// What an updater that succeeds all the same says of a hook that failed: Debian's own script, and
/// run-parts(8).
const COMPLAINTS: [&str; 2] = ["exited with code", "exited with return code"];

/// More than this is free where a store is rebuilt: links, and what else the tools put beside the bundle.
const SPARE_ROOM: u64 = 64 << 10;

/// One settling of a store.
pub(crate) struct Updater<'a> {
    pub world: &'a World,
    pub commands: &'a [Command],
    pub side_effects: &'a [SideEffect],
    /// How many certificates may be gone afterwards.
    pub removed: usize,
    /// Whether the store is as it is meant to be.
    pub is_met: &'a dyn Fn() -> Result<bool>,
    pub progress: &'a dyn Progress,
}

/// What the updater has made, as far as it is judged.
#[derive(PartialEq)]
struct Rebuilt {
    bundles: Vec<Option<Bundle>>,
    is_met: bool,
    complaints: Vec<String>,
}

/// Refuses to begin what an updater that writes `side_effects` could not end: on a full disk it may leave no
/// bundle at all.
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
    /// Runs the commands until the bundles can be read, have lost no more than they should, and the store is
    /// as it is meant to be; or until the same comes of it twice, which is no accident then. What it said of
    /// hooks that failed is the answer.
    pub(crate) fn run(&self) -> Result<Vec<String>> {
        // A reload rebuilds nothing that another run could disturb.
        if self.side_effects.is_empty() {
            return self.run_commands();
        }
        let before = self.read()?;
        // Where it was so from the start, another's run proves nothing of what is to be rebuilt.
        let was_met = (self.is_met)()?;
        let started = Instant::now();
        let mut last = None;
        for round in 0..=MOST_REPAIRS {
            // Whoever runs it again and again would disturb ours again too: left alone, they do it for us.
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
                self.side_effects.iter().try_for_each(|made| side_effect::unlink_anyway(made, self.world))?;
            }
            let rebuilt = self.run_once()?;
            let fault = self.fault(&before, &rebuilt.bundles);
            // The same twice is no accident: what it is made from, as far as that is not known, is less now.
            let is_same = is_whole(&before, &rebuilt.bundles) && last.as_ref() == Some(&rebuilt);
            if (rebuilt.is_met && fault.is_none()) || is_same {
                self.report_losses(&before, &rebuilt.bundles);
                return Ok(rebuilt.complaints);
            }
            if let Some(fault) = fault {
                self.progress.note(&format!("{fault}; running it again"));
            }
            last = Some(rebuilt);
        }
        let path = self.bundles().next().map_or_else(PathBuf::new, |(path, _)| path.to_owned());
        Err(Error::Corrupt {
            path,
            why: format!("is damaged, also after {MOST_REPAIRS} more runs of its updater"),
        })
    }

    fn run_once(&self) -> Result<Rebuilt> {
        self.side_effects.iter().try_for_each(|made| side_effect::clear(made, self.world))?;
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

    /// Removes what an updater that was killed has left; not while one runs that may be writing it.
    pub(crate) fn clear(&self) -> Result<()> {
        if !running(&self.names()).is_empty() {
            return Ok(());
        }
        self.side_effects.iter().try_for_each(|made| side_effect::clear(made, self.world))
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

    /// Waits until those who change the store just now have ended; one of the updaters, if there was one.
    fn await_others(&self) -> Result<Option<u32>> {
        let updaters = self.names();
        let waited = await_end(&updaters, UPDATER_WAIT, self.progress).map_err(|pid| self.busy(pid))?;
        if self.side_effects.iter().any(|one| matches!(one, SideEffect::Keystore { .. })) {
            keystore::await_writers(self.progress);
        }
        Ok(waited)
    }

    /// The updaters' names. A shell's says nothing of what it runs.
    fn names(&self) -> Vec<&str> {
        let names = self.commands.iter().filter_map(|command| command.program.file_name()?.to_str());
        names.filter(|name| !SHELLS.contains(name)).collect()
    }

    fn busy(&self, pid: u32) -> Error {
        Error::Busy { program: self.names().join(", "), pid, limit: UPDATER_WAIT }
    }
}

/// Whether every bundle that was there is there, to its end.
fn is_whole(before: &[Option<Bundle>], after: &[Option<Bundle>]) -> bool {
    before
        .iter()
        .zip(after)
        .all(|(before, after)| after.as_ref().map_or_else(|| before.is_none(), |bundle| bundle.whole))
}
