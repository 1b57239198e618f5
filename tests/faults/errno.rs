//! A disk that is full, broken or read-only, and a folder without write permission: each of labtrust's own calls fails with
//! these errors.

use super::{
    calls::{Call, FAILING},
    is_whole, sample,
    table::Lane,
    verbs::{ALONE, ENTRIES, MENDING, VERBS, Verb},
};

/// The errors, and their messages.
const ERRNOS: [(&str, &str); 4] = [
    ("ENOSPC", "No space left on device"),
    ("EIO", "Input/output error"),
    ("EROFS", "Read-only file system"),
    ("EACCES", "Permission denied"),
];

/// A lane for each verb and error.
pub(super) fn lanes() -> Vec<Lane> {
    let mut lanes = Vec::new();
    for (number, (errno, reason)) in ERRNOS.into_iter().enumerate() {
        lanes.extend(VERBS.into_iter().chain(ALONE).chain(entries(number)).chain(mending(number)).map(
            |verb| Lane {
                verb,
                fault: errno.into(),
                at: "own calls",
                work: Box::new(move |trial| {
                    let scene = trial.scene();
                    scene.prepare();
                    let calls = Call::all(scene, &FAILING);
                    scene.undo();
                    // Each lane's sample begins at another point, so that together they cover more.
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
            },
        ));
    }
    lanes
}

/// Java starts several times at each point, which takes seconds: the sample has one error for each verb.
fn entries(number: usize) -> impl Iterator<Item = &'static Verb> {
    let is_chosen = move |index: usize| is_whole() || index == number;
    ENTRIES.into_iter().enumerate().filter(move |(index, _)| is_chosen(*index)).map(|(_, verb)| verb)
}

/// The doctor asks everything again at each point, which takes seconds: the sample has only one error for it.
fn mending(number: usize) -> Option<&'static Verb> {
    (is_whole() || number == 0).then_some(&MENDING)
}
