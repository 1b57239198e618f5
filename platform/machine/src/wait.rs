//! Waiting for programs that somebody else runs.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{lock::SILENT_WAIT, progress::Progress, world::running};

/// Between two looks at whether they have ended.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Waits for the processes that run one of `programs` now, and not for those that follow them; one of
/// them, if there was one. Fails with one that runs longer than `limit`.
pub(crate) fn await_end(
    programs: &[&str],
    limit: Duration,
    progress: &dyn Progress,
) -> Result<Option<u32>, u32> {
    let started = Instant::now();
    let awaited = running(programs);
    let mut said = false;
    let mut left = awaited.clone();
    while let Some(pid) = left.first().copied() {
        if started.elapsed() > limit {
            return Err(pid);
        }
        if started.elapsed() > SILENT_WAIT && !said {
            let programs = programs.join(" or ");
            progress.note(&format!("waiting for {programs} (process {pid}), which somebody else runs"));
            said = true;
        }
        thread::sleep(BETWEEN_LOOKS);
        left = running(programs);
        left.retain(|pid| awaited.contains(pid));
    }
    Ok(awaited.first().copied())
}
