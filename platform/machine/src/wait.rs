//! Waiting for programs that another user or program runs.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{lock::SILENT_WAIT, progress::Progress, world::running};

/// The pause between two checks whether they have ended.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Waits until the processes that run one of `programs` now have ended; processes that start later are not waited for.
/// Returns one of the processes, if there was one. Fails with a process that runs longer than `limit`.
pub(crate) fn await_end(
    programs: &[&str],
    limit: Duration,
    progress: &dyn Progress,
) -> Result<Option<u32>, u32> {
    let started = Instant::now();
    let awaited = running(programs);
    let mut is_reported = false;
    let mut left = awaited.clone();
    while let Some(pid) = left.first().copied() {
        if started.elapsed() > limit {
            return Err(pid);
        }
        if started.elapsed() > SILENT_WAIT && !is_reported {
            let programs = programs.join(" or ");
            progress.note(&format!("waiting for another run of {programs} (process {pid}) to end"));
            is_reported = true;
        }
        thread::sleep(BETWEEN_LOOKS);
        left = running(programs);
        left.retain(|pid| awaited.contains(pid));
    }
    Ok(awaited.first().copied())
}
