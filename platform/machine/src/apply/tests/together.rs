//! Changes that are all made or none.

use labtrust_plan::Command;

use super::*;

fn settings(bench: &Bench, reloaded_by: &str) -> Change {
    let path = bench.path("gitlab.rb");
    let steps =
        vec![Step::Put { path: path.clone(), contents: Contents::Public(b"new".into()), mode: 0o600 }];
    let mut change = Change::of_files("gitlab", &path, Actor::Caller, steps);
    change.reload.applied = vec![Command::new(reloaded_by, [""; 0])];
    change
}

#[test]
fn if_one_fails_all_are_undone_and_the_files_before_stay() {
    let bench = Bench::new();
    let worked = bench.together(&[bench.change("old", "old key")]);
    assert_eq!(worked, [(OutcomeState::Trusted, true)]);
    fs::write(bench.path("gitlab.rb"), "theirs").expect("a file");

    let failed = bench.together(&[bench.change("new", "new key"), settings(&bench, "/bin/false")]);
    assert_eq!(failed, [(OutcomeState::Untrusted, false), (OutcomeState::Failed, false)]);
    assert_eq!(bench.files(), (Some("old".into()), Some("old key".into())));
    assert_eq!(bench.read("gitlab.rb").as_deref(), Some("theirs"));

    // In the other order: the failed reload is reported.
    let failed = bench.together(&[settings(&bench, "/bin/false"), bench.change("new", "new key")]);
    assert_eq!(failed, [(OutcomeState::Failed, false), (OutcomeState::Untrusted, false)]);
    assert_eq!(bench.read("gitlab.rb").as_deref(), Some("theirs"));

    let worked = bench.together(&[bench.change("new", "new key"), settings(&bench, "/bin/true")]);
    assert_eq!(worked, [(OutcomeState::Trusted, true), (OutcomeState::Trusted, true)]);
    assert_eq!(bench.files().0.as_deref(), Some("new"));
}

impl Bench {
    fn together(&self, changes: &[Change]) -> Vec<(OutcomeState, bool)> {
        let outcomes = self.session(|session| apply_together(session, "setup", None, changes));
        outcomes.into_iter().map(|outcome| (outcome.state, outcome.changed)).collect()
    }
}
