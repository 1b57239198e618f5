//! One link that is switched from folder to folder.

use super::*;

impl Bench {
    /// The change that writes `text` to a folder of its own, switches the link to it, and removes the file of `old`.
    fn switched(&self, text: &str, old: Option<&str>) -> Change {
        let file = |folder: &str| self.path(&format!("own/{folder}/x"));
        let contents = Contents::Public(text.into());
        let mut steps = vec![
            Step::Put { path: file(text), contents, mode: 0o600 },
            Step::Link { path: self.path("own/current"), target: text.into() },
            Step::Link { path: self.path("x"), target: "own/current/x".into() },
        ];
        steps.extend(old.map(|old| Step::Remove { path: file(old) }));
        Change::of_files("gitlab", &self.path(""), Actor::Caller, steps)
    }

    fn has(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path(name)).is_ok()
    }
}

#[test]
fn the_file_behind_a_link_changes_with_it_and_all_of_it_is_undone() {
    for theirs in [None, Some("theirs")] {
        let bench = Bench::new();
        fs::create_dir(bench.path("")).expect("a folder");
        if let Some(theirs) = theirs {
            fs::write(bench.path("x"), theirs).expect("a file");
        }
        let mut old = None;
        for text in ["one", "two", "three"] {
            let change = bench.switched(text, old);
            let outcome = bench.apply(change.clone());
            assert_eq!((outcome.state, outcome.changed), (OutcomeState::Trusted, true), "{outcome:?}");
            assert_eq!(bench.read("x").as_deref(), Some(text));
            assert!(old.is_none_or(|old| !bench.has(&format!("own/{old}"))), "its folder is removed with it");
            assert!(!bench.apply(change).changed);
            old = Some(text);
        }
        assert_eq!(bench.saved(), usize::from(theirs.is_some()), "our own file in between is not saved");
        let undone = bench.undo();
        assert_eq!(undone[0].state, OutcomeState::Untrusted, "{undone:?}");
        assert_eq!(bench.read("x").as_deref(), theirs);
        assert!(!bench.has("own") && bench.has(""));
    }
}

#[test]
fn a_switch_that_fails_is_undone_to_the_folder_before() {
    let bench = Bench::new();
    bench.apply(bench.switched("one", None));
    let mut change = bench.switched("two", Some("one"));
    change.reload.applied = vec![Command::new("/bin/false", [""; 0])];
    assert_eq!(bench.apply(change).state, OutcomeState::Failed);
    assert_eq!(bench.read("x").as_deref(), Some("one"));
    assert!(bench.has("own/one/x") && !bench.has("own/two"));
    assert!(!bench.apply(bench.switched("one", None)).changed);
}

#[test]
fn a_link_that_somebody_else_switched_since_is_left() {
    let bench = Bench::new();
    bench.apply(bench.switched("one", None));
    fs::remove_file(bench.path("x")).expect("removed");
    std::os::unix::fs::symlink("elsewhere", bench.path("x")).expect("a link");
    let undone = bench.undo();
    assert!(
        undone[0].detail.contains("left in place, because another program or person changed it"),
        "{undone:?}"
    );
    assert_eq!(fs::read_link(bench.path("x")).expect("a link"), PathBuf::from("elsewhere"));
    assert!(!bench.has("own"));
}
