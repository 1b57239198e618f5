//! Facts that were recorded on another machine: whatever they say, each store plans or declines, and
//! a plan touches absolute paths alone and runs programs by absolute path.
#![no_main]

use std::path::Path;

use labtrust_plan::{Anchor, Certificate, Facts, Step, explain, fact::Os, store::STORES};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(facts) = serde_json::from_slice::<Facts>(bytes) else { return };
    // What may hold passwords is never written; all else is read again as it was.
    let written = serde_json::to_vec(&facts).expect("facts are JSON");
    let read = serde_json::from_slice::<Facts>(&written).expect("our own facts");
    assert_eq!(serde_json::to_vec(&read).expect("facts are JSON"), written);
    assert!(read.texts.is_empty() && read.variables.is_empty(), "settings were written");
    let endpoints = ["mygitlab.example.com:4567", "[2001:db8::1]:443"];
    let endpoints = endpoints.map(|endpoint| endpoint.parse().expect("an endpoint")).to_vec();
    let anchor = Anchor::new(Certificate::new([0x30, 0]), endpoints);
    for store in STORES {
        let Some(changes) = (store.plan)(&facts, &anchor).into_changes() else { continue };
        for change in &changes {
            let _ = explain(change);
            assert_eq!(change.store.as_str(), store.id);
            for step in &change.steps {
                if let Step::Put { path, .. } | Step::Edit { path, .. } | Step::Remove { path } = step {
                    assert!(is_absolute(facts.os, path), "{store:?} would write {path:?}");
                }
            }
            let reload = &change.reload;
            let restarts = reload.restart.iter().filter_map(|service| service.restart.as_ref());
            for command in reload.applied.iter().chain(&reload.undone).chain(restarts) {
                assert!(is_absolute(facts.os, &command.program), "{store:?} would run {command}");
            }
        }
    }
});

fn is_absolute(os: Os, path: &Path) -> bool {
    path.to_str().is_some_and(|path| os.is_absolute(path))
}
