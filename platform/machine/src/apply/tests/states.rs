//! Runs with state folders of their own that use the same folder: whichever is undone last leaves what was there first.

use labtrust_plan::Edit;

use super::*;

/// Three runs, each with a state folder of its own.
const STATES: [&str; 3] = ["one", "two", "three"];
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

impl Bench {
    fn in_state<T>(&self, state: &str, action: impl FnOnce(&Session<'_>) -> Result<T>) -> T {
        let receipts = Receipts::open(&self.folder.path().join(state), &Silent).expect("a state folder");
        let session =
            Session { facts: &self.facts, worlds: &self.worlds, receipts: &receipts, progress: &Silent };
        action(&session).expect("no fault")
    }

    fn apply_in(&self, state: &str, step: Step) {
        let change = Change::of_files("x", "x".as_ref(), Actor::Caller, vec![step]);
        let outcome = self.in_state(state, |session| apply(session, "trust", None, &[change]));
        assert_eq!(outcome[0].state, OutcomeState::Trusted, "{outcome:?}");
    }

    fn undo_in(&self, state: &str) {
        self.in_state(state, |session| {
            let mut receipt = session.receipts.load("trust")?.expect("a receipt");
            undo(session, &mut receipt, |_| true)
        });
        assert!(!self.folder.path().join(state).exists(), "{state}");
    }

    /// All files and folders of the bench.
    fn tree(&self) -> Vec<String> {
        let (mut found, mut folders) = (Vec::new(), vec![self.path("")]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                found.push(entry.path().strip_prefix(self.path("")).expect("below").display().to_string());
                folders.push(entry.path());
            }
        }
        found.sort();
        found
    }
}

/// The name of the file of an anchor that `state` trusts.
fn file_name(state: &str) -> String {
    format!("labtrust-{}.crt", Fingerprint::of(state.as_bytes()).short())
}

fn anchor(bench: &Bench, state: &str) -> Step {
    Step::Put {
        path: bench.path("certs.d/h:1").join(file_name(state)),
        contents: Contents::Public(state.into()),
        mode: 0o644,
    }
}

fn block(bench: &Bench, state: &str) -> Step {
    let edit = Edit::Block { name: state.into(), lines: vec![state.into()] };
    Step::Edit { path: bench.path("certs.d/h:1/f"), edit, mode: 0o644 }
}

#[test]
fn the_last_of_several_states_removes_what_labtrust_made() {
    for step in [anchor, block] {
        for before in [
            &[][..],
            &["certs.d"],
            &["certs.d", "certs.d/h:1"],
            &["certs.d", "certs.d/h:1", "certs.d/h:1/theirs"],
        ] {
            for order in ORDERS {
                let bench = Bench::new();
                fs::create_dir(bench.path("")).expect("a folder");
                for path in before {
                    fs::create_dir(bench.path(path)).expect("a folder");
                }
                for state in STATES {
                    bench.apply_in(state, step(&bench, state));
                }
                for index in order {
                    bench.undo_in(STATES[index]);
                }
                assert_eq!(bench.tree(), before, "{order:?}");
            }
        }
    }
}

#[test]
fn a_folder_that_others_use_meanwhile_stays_without_a_mark() {
    for order in ORDERS {
        let bench = Bench::new();
        fs::create_dir(bench.path("")).expect("a folder");
        for state in STATES {
            bench.apply_in(state, anchor(&bench, state));
        }
        fs::write(bench.path("certs.d/h:1/theirs.crt"), "theirs").expect("a file");
        for index in order {
            bench.undo_in(STATES[index]);
        }
        assert_eq!(bench.tree(), ["certs.d", "certs.d/h:1", "certs.d/h:1/theirs.crt"]);
    }
}

#[test]
fn a_run_that_was_killed_after_it_took_the_mark_removes_the_folder() {
    let bench = Bench::new();
    fs::create_dir(bench.path("")).expect("a folder");
    bench.apply_in("one", anchor(&bench, "one"));
    bench.apply_in("two", anchor(&bench, "two"));
    bench.undo_in("one");
    // What a kill before the last call leaves: the record, and an empty folder.
    bench.in_state("two", |session| {
        let mut receipt = session.receipts.load("trust")?.expect("a receipt");
        receipt.changes[0].phase = Phase::Undoing;
        receipt.changes[0].adopt_folders(|folder| folder.join(".labtrust-made").exists());
        session.receipts.save(&receipt)
    });
    for file in [".labtrust-made", &file_name("two")] {
        fs::remove_file(bench.path("certs.d/h:1").join(file)).expect("removed");
    }
    bench.undo_in("two");
    assert_eq!(bench.tree(), [""; 0]);
}

#[test]
fn a_folder_with_a_file_of_ours_that_somebody_changed_is_left_without_a_mark() {
    let bench = Bench::new();
    fs::create_dir(bench.path("")).expect("a folder");
    bench.apply_in("one", anchor(&bench, "one"));
    let ours = format!("certs.d/h:1/{}", file_name("one"));
    fs::write(bench.path(&ours), "one, and a line of somebody").expect("a file");
    bench.undo_in("one");
    assert_eq!(bench.tree(), ["certs.d", "certs.d/h:1", &ours]);
}

#[test]
fn a_file_that_only_begins_as_ours_do_is_no_reason_for_a_mark() {
    let bench = Bench::new();
    fs::create_dir(bench.path("")).expect("a folder");
    bench.apply_in("one", anchor(&bench, "one"));
    fs::write(bench.path("certs.d/h:1/labtrust-notes.txt"), "theirs").expect("a file");
    bench.undo_in("one");
    assert_eq!(bench.tree(), ["certs.d", "certs.d/h:1", "certs.d/h:1/labtrust-notes.txt"]);
}
