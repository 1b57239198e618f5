#![allow(clippy::disallowed_methods, reason = "tests act as other programs do")]

mod again;
mod by_script;
mod edits;
mod links;
mod plans;
mod states;
mod together;

use std::{fs, path::PathBuf};

use labtrust_plan::{Actor, Command, Contents, Facts, Fingerprint, Proof, SideEffect, StoreId};

use super::*;
use crate::{OutcomeState, Worlds, progress::Silent, receipt::Receipts, undo, world::World};

/// A folder for a change that writes a certificate and its key, and a state folder beside it.
struct Bench {
    folder: tempfile::TempDir,
    facts: Facts,
    worlds: Worlds,
}

impl Bench {
    fn new() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let user = serde_json::json!({"name": "x", "uid": uid, "gid": uid, "home": "/"});
        let facts = serde_json::from_value(serde_json::json!({"os": "linux", "user": user})).expect("facts");
        let worlds = Worlds::new(&facts, "/nonexistent", "");
        Self { folder: tempfile::tempdir().expect("a folder"), facts, worlds }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("ssl").join(name)
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path(name)).ok()
    }

    fn files(&self) -> (Option<String>, Option<String>) {
        (self.read("h.crt"), self.read("h.key"))
    }

    fn saved(&self) -> usize {
        fs::read_dir(self.folder.path().join("state/receipts/setup/before")).map_or(0, Iterator::count)
    }

    fn change(&self, certificate: &str, key: &str) -> Change {
        let put = |name: &str, contents: &str| Step::Put {
            path: self.path(name),
            contents: Contents::Public(contents.into()),
            mode: 0o644,
        };
        let files = vec![(self.path("h.crt"), Fingerprint::of(certificate.as_bytes()))];
        Change {
            store: StoreId::new("gitlab"),
            subject: "ssl".into(),
            actor: Actor::Caller,
            steps: vec![put("h.crt", certificate), put("h.key", key)],
            reload: Reload::default(),
            proof: Proof::Files { files },
            serves: None,
        }
    }

    fn session<T>(&self, action: impl FnOnce(&Session<'_>) -> Result<T>) -> T {
        let receipts = Receipts::open(&self.folder.path().join("state"), &Silent).expect("a state folder");
        let session =
            Session { facts: &self.facts, worlds: &self.worlds, receipts: &receipts, progress: &Silent };
        action(&session).expect("no fault")
    }

    fn apply(&self, change: Change) -> Outcome {
        self.session(|session| apply(session, "setup", None, &[change])).remove(0)
    }

    /// Leaves the receipt of a run that was killed while it applied its change.
    fn interrupt(&self, file: &str) {
        self.session(|session| {
            let mut receipt = session.receipts.load("setup")?.expect("a receipt");
            receipt.changes[0].phase = Phase::Applying;
            receipt.changes[0].proven = 0;
            session.receipts.save(&receipt)
        });
        let _ = fs::remove_file(self.path(file));
    }

    fn undo(&self) -> Vec<Outcome> {
        self.session(|session| {
            let mut receipt = session.receipts.load("setup")?.expect("a receipt");
            undo(session, &mut receipt, |_| true)
        })
    }
}

fn pair(certificate: &str, key: &str) -> (Option<String>, Option<String>) {
    (Some(certificate.into()), Some(key.into()))
}

#[test]
fn undo_restores_the_first_file_however_often_ours_was_replaced() {
    for first in [None, Some("theirs")] {
        let bench = Bench::new();
        if let Some(first) = first {
            fs::create_dir(bench.path("")).expect("a folder");
            fs::write(bench.path("h.crt"), first).expect("a file");
        }
        for (certificate, key) in [("c1", "k1"), ("c2", "k1"), ("c3", "k3")] {
            let outcome = bench.apply(bench.change(certificate, key));
            assert!(outcome.changed && outcome.state == OutcomeState::Trusted, "{outcome:?}");
            assert_eq!(bench.files(), pair(certificate, key));
        }
        assert!(!bench.apply(bench.change("c3", "k3")).changed);
        assert_eq!(bench.saved(), usize::from(first.is_some()), "a replaced key of ours is not saved");
        bench.undo();
        assert_eq!(bench.files(), (first.map(str::to_owned), None));
        assert_eq!(bench.path("").exists(), first.is_some());
        assert!(!bench.folder.path().join("state").exists());
    }
}

#[test]
fn after_an_interrupted_run_another_pair_is_written_and_undone_like_the_first() {
    let bench = Bench::new();
    bench.apply(bench.change("c1", "k1"));
    bench.interrupt("h.key");
    let outcome = bench.apply(bench.change("c2", "k2"));
    assert_eq!((outcome.state, bench.files()), (OutcomeState::Trusted, pair("c2", "k2")));
    bench.undo();
    assert_eq!(bench.files(), (None, None));
}

#[test]
fn a_proven_change_stays_when_a_later_run_fails() {
    let bench = Bench::new();
    bench.apply(bench.change("c1", "k1"));
    let broken = |mut change: Change| {
        change.reload.applied = vec![Command::new("/bin/false", [""; 0])];
        change.proof = Proof::All(vec![
            change.proof,
            Proof::Files { files: vec![("/nonexistent".into(), Fingerprint::of(b""))] },
        ]);
        change
    };
    let outcome = bench.apply(broken(bench.change("c1", "k1")));
    assert_eq!((outcome.state, bench.files()), (OutcomeState::Failed, pair("c1", "k1")));
    let outcome = bench.apply(broken(bench.change("c2", "k2")));
    assert_eq!((outcome.state, bench.files()), (OutcomeState::Failed, pair("c1", "k1")));
    assert!(!bench.apply(bench.change("c1", "k1")).changed);
    bench.undo();
    assert_eq!(bench.files(), (None, None));
}

#[test]
fn a_file_that_somebody_else_wrote_since_is_left_and_named() {
    let bench = Bench::new();
    bench.apply(bench.change("c1", "k1"));
    fs::write(bench.path("h.crt"), "theirs").expect("a file");
    let outcomes = bench.undo();
    assert_eq!(bench.files(), (Some("theirs".into()), None));
    assert!(outcomes[0].detail.contains("h.crt"), "{outcomes:?}");
}

#[test]
fn a_bundle_that_the_updater_lost_is_restored_and_the_change_failed() {
    for updater in ["rm -f BUNDLE; exit 4", "rm -f BUNDLE", ": >BUNDLE; exit 4"] {
        let bench = Bench::new();
        let bundle = bench.folder.path().join("bundle");
        let text = labtrust_plan::Certificate::new([0x30, 0]).pem();
        fs::write(&bundle, &text).expect("a bundle");
        let mut change = bench.change("c1", "k1");
        let script = updater.replace("BUNDLE", &bundle.display().to_string());
        let update = vec![Command::new("/bin/sh", ["-c", &script])];
        change.reload = Reload {
            applied: update.clone(),
            undone: update,
            side_effects: vec![SideEffect::Bundle {
                path: bundle.clone(),
                stale: None,
                sources: None,
                with_others: false,
            }],
            ..Reload::default()
        };
        let outcome = bench.apply(change);
        assert_eq!(outcome.state, OutcomeState::Failed, "{updater}: {outcome:?}");
        assert_eq!(fs::read_to_string(&bundle).ok(), Some(text), "{updater}");
        assert_eq!(bench.files(), (None, None));
    }
}
