//! A later plan of the same store asks where an earlier one wrote: what was written stays recorded until it is undone.

use labtrust_plan::{Command, Edit};

use super::*;

/// A change of another store, which adds a line to a file that is there.
fn line(bench: &Bench) -> Change {
    let path = bench.path("settings");
    let edit = Edit::Block { name: "ca".into(), lines: vec!["ours".into()] };
    let mut change = bench.change("", "");
    change.store = StoreId::new("programs");
    change.steps = vec![Step::Edit { path: path.clone(), edit: edit.clone(), mode: 0o644 }];
    change.proof = Proof::Edited { path, edit };
    change
}

/// The same store and subject, with a question and no step.
fn question(change: &Change, proof: Proof) -> Change {
    Change { steps: Vec::new(), proof, ..change.clone() }
}

#[test]
fn what_was_written_is_undone_although_a_later_plan_only_asks() {
    let no = || Proof::Files { files: vec![("/nonexistent".into(), Fingerprint::of(b""))] };
    for is_met in [true, false] {
        let bench = Bench::new();
        fs::create_dir(bench.path("")).expect("a folder");
        fs::write(bench.path("settings"), "theirs\n").expect("a file");
        let changes = [bench.change("c1", "k1"), line(&bench)];
        for change in &changes {
            assert_eq!(bench.apply(change.clone()).state, OutcomeState::Trusted);
        }
        for change in &changes {
            let proof = if is_met { change.proof.clone() } else { no() };
            let state = bench.apply(question(change, proof)).state;
            assert_eq!(state, if is_met { OutcomeState::Trusted } else { OutcomeState::Failed });
        }
        assert_eq!(bench.undo().len(), 2);
        assert_eq!((bench.files(), bench.read("settings").as_deref()), ((None, None), Some("theirs\n")));
    }
}

#[test]
fn what_another_changes_reload_puts_back_is_undone_too() {
    let bench = Bench::new();
    bench.apply(bench.change("c1", "k1"));
    let path = bench.path("h.crt");
    let script = format!("mkdir -p {} && printf c1 >{}", bench.path("").display(), path.display());
    let mut other = line(&bench);
    other.reload.undone = vec![Command::new("/bin/sh", ["-c", &script])];
    bench.apply(other);
    let outcomes = bench.undo();
    assert_eq!(bench.files(), (None, None), "{outcomes:?}");
    assert!(!bench.folder.path().join("state").exists());
}
