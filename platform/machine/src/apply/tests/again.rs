//! Another change's reload puts back what was undone.

use std::os::unix::fs::PermissionsExt;

use super::*;

impl Bench {
    /// Records that `update` runs after the undoing, and that the store trusts as long as the file `sign` says `c1`.
    fn reload_with(&self, sign: &str, update: &str) {
        let sign = self.folder.path().join(sign);
        let folder = self.folder.path().display();
        let command = Command::new("/bin/sh", ["-c", &format!("cd {folder} && {update}")]);
        self.session(|session| {
            let mut receipt = session.receipts.load("setup")?.expect("a receipt");
            receipt.changes[0].reload.undone = vec![command.clone()];
            receipt.changes[0].proof = Proof::Files { files: vec![(sign.clone(), Fingerprint::of(b"c1"))] };
            session.receipts.save(&receipt)
        });
    }
}

#[test]
fn a_change_that_nobody_put_back_is_undone_once() {
    let bench = Bench::new();
    bench.apply(bench.change("c1", "k1"));
    // A run was killed after it replaced its own file, which had other permission bits meanwhile.
    fs::set_permissions(bench.path("h.crt"), fs::Permissions::from_mode(0o600)).expect("a mode");
    bench.session(|session| {
        let mut receipt = session.receipts.load("setup")?.expect("a receipt");
        let mut again = receipt.changes[0].steps[0].clone();
        if let crate::receipt::StepRecord::File { before, after, folders, .. } = &mut again {
            *before = session.receipts.back_up("setup", &World::here(), &bench.path("h.crt"))?;
            *after = Some(Fingerprint::of(b"c2"));
            folders.clear();
        }
        receipt.changes[0].steps.push(again);
        receipt.changes[0].phase = Phase::Applying;
        session.receipts.save(&receipt)
    });
    fs::write(bench.path("h.crt"), "c2").expect("a file");
    fs::write(bench.folder.path().join("sign"), "c1").expect("a file");
    bench.reload_with("sign", "true");
    let outcomes = bench.undo();
    assert_eq!((bench.files(), outcomes[0].state), ((None, None), OutcomeState::Trusted));
    assert!(!outcomes[0].detail.contains("left in place"), "{outcomes:?}");
    assert!(!bench.folder.path().join("state").exists());
}

#[test]
fn a_change_that_stands_again_is_undone_again_and_recorded_as_long_as_the_store_trusts() {
    for (update, state) in [
        ("printf c1 >ssl/h.crt", OutcomeState::Untrusted),
        ("printf c1 >ssl/h.crt; printf c1 >sign", OutcomeState::Failed),
    ] {
        let bench = Bench::new();
        fs::create_dir(bench.path("")).expect("a folder");
        fs::write(bench.path("h.pem"), "theirs").expect("a file");
        bench.apply(bench.change("c1", "k1"));
        bench.reload_with(if state == OutcomeState::Failed { "sign" } else { "ssl/h.crt" }, update);
        let outcomes = bench.undo();
        assert_eq!((bench.files(), outcomes[0].state), ((None, None), state), "{outcomes:?}");
        assert_eq!(bench.folder.path().join("state").exists(), state == OutcomeState::Failed);
        if state == OutcomeState::Failed {
            bench.reload_with("sign", "rm sign");
            assert_eq!(bench.undo()[0].state, OutcomeState::Untrusted);
            assert!(!bench.folder.path().join("state").exists());
        }
    }
}
