//! A disk that is full, broken or read-only, and a folder that may not be written: each of labtrust's own
//! calls that can meet them does.

use super::{
    calls::{Call, FAILING},
    is_whole, sample,
    table::Lane,
    verbs::{ALONE, MENDING, VERBS, Verb},
};

/// What can be met, and how it is said.
const ERRNOS: [(&str, &str); 4] = [
    ("ENOSPC", "No space left on device"),
    ("EIO", "Input/output error"),
    ("EROFS", "Read-only file system"),
    ("EACCES", "Permission denied"),
];

/// A lane for each verb and what it meets.
pub(super) fn lanes() -> Vec<Lane> {
    let mut lanes = Vec::new();
    for (number, (errno, reason)) in ERRNOS.into_iter().enumerate() {
        lanes.extend(VERBS.into_iter().chain(ALONE).chain(mending(number)).map(|verb| Lane {
            verb,
            fault: errno.into(),
            at: "own calls",
            work: Box::new(move |trial| {
                let scene = trial.scene();
                scene.prepare();
                let calls = Call::all(scene, &FAILING);
                scene.undo();
                // Each lane's sample begins elsewhere, so that together they are more.
                for call in sample(calls, 9 * number + 6, 40, |call| call.name.clone()) {
                    trial.point(&call.to_string(), |scene| {
                        let failed = scene.run_under(&call.strace(&format!("error={errno}")));
                        call.check_hit(scene);
                        failed.exited(3).says(reason);
                        scene.check();
                        scene.check_recovery();
                    });
                }
            }),
        }));
    }
    lanes
}

/// The doctor asks all again at each point, which takes seconds: in the sample it meets one of them.
fn mending(number: usize) -> Option<&'static Verb> {
    (is_whole() || number == 0).then_some(&MENDING)
}
