//! Kills a verb before each of its own calls that change files.

use super::{
    calls::{CHANGING, Call},
    sample,
    table::Lane,
    verbs::{ALONE, ENTRIES, MENDING, TURNS, VERBS},
};

/// How often a point may be missed. The call that was hit instead must hold too.
const MISSES: usize = 3;

/// A lane a verb.
pub(super) fn lanes() -> Vec<Lane> {
    let lane = |verb| Lane {
        verb,
        fault: "killed".into(),
        at: "own calls",
        work: Box::new(|trial| {
            let scene = trial.scene();
            scene.prepare();
            let calls = Call::all(scene, &CHANGING);
            scene.undo();
            for call in sample(calls, 10, 12, |call| call.name.clone()) {
                trial.point(&call.to_string(), |scene| {
                    for left in (0..MISSES).rev() {
                        let killed = scene.run_under(&call.strace("signal=KILL"));
                        assert_eq!(killed.code(), 137, "{killed}");
                        let is_hit = call.is_hit(scene);
                        scene.check_killed();
                        scene.check_recovery();
                        if is_hit {
                            return;
                        }
                        assert!(left > 0, "the fault hit another call every time");
                        scene.prepare();
                    }
                });
            }
        }),
    };
    VERBS.into_iter().chain(ALONE).chain(TURNS).chain(ENTRIES).chain([&MENDING]).map(lane).collect()
}
