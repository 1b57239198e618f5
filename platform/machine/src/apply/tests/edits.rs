//! Edits of files that other programs write too.

mod gone;

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

use labtrust_plan::{Edit, edit::TomlChange};

use super::*;
use crate::explain_here;

const BEFORE: &str = "{\n  // ours\n  \"debug\": true\n}\n";
const AFTER: &str = "{\n  // ours\n  \"debug\": true,\n  \"proxies\": {\n    \"no-proxy\": \"h\"\n  }\n}\n";

fn no_proxy(value: &str) -> Edit {
    Edit::Json { keys: vec!["proxies".into(), "no-proxy".into()], value: value.into() }
}

fn line(old: &str, new: &str) -> Edit {
    Edit::Line { old: old.into(), new: new.into() }
}

fn block(line: &str) -> Edit {
    Edit::Block { name: "no-proxy".into(), lines: vec![line.into()] }
}

impl Bench {
    fn with_file(text: &str) -> Self {
        let bench = Self::new();
        fs::create_dir(bench.path("")).expect("a folder");
        bench.write(text);
        bench
    }

    fn write(&self, text: &str) {
        fs::write(self.path("f"), text).expect("a file");
    }

    fn file(&self) -> Option<String> {
        self.read("f")
    }

    fn editing(&self, edits: &[Edit]) -> Change {
        let path = self.path("f");
        let step = |edit: &Edit| Step::Edit { path: path.clone(), edit: edit.clone(), mode: 0o640 };
        Change::of_files("docker", &path, Actor::Caller, edits.iter().map(step).collect())
    }

    fn edit(&self, edits: &[Edit]) -> Outcome {
        self.apply(self.editing(edits))
    }

    fn records(&self) -> usize {
        self.session(|session| Ok(session.receipts.load("setup")?.expect("a receipt").changes[0].steps.len()))
    }

    fn is_rid_of_us(&self) -> bool {
        !self.folder.path().join("state").exists()
    }
}

#[test]
fn an_edit_is_made_once_and_undone_to_the_byte() {
    for (edit, before) in [
        (no_proxy("h"), BEFORE),
        (no_proxy("h"), "{\r\n\t\"proxies\": {\r\n\t\t\"no-proxy\": \"x\"\r\n\t}\r\n}"),
        (no_proxy("h"), "{\"debug\":true}"),
        (no_proxy("h"), ""),
        (block("export NO_PROXY=h"), "# comment\n\tA=1"),
        (block("export NO_PROXY=h"), "A=1\r\nB=2\r\n"),
        (line("# A=1", "A=2"), "B=1\r\n# A=1"),
    ] {
        let bench = Bench::with_file(before);
        let outcome = bench.edit(std::slice::from_ref(&edit));
        assert!(outcome.changed && outcome.state == OutcomeState::Trusted, "{outcome:?}");
        let after = bench.file().expect("a file");
        assert!(edit.is_met(Some(after.as_bytes())) == Ok(true) && after != before, "{after}");
        assert!(!bench.edit(&[edit]).changed);
        let outcomes = bench.undo();
        assert_eq!((outcomes[0].state, bench.file().as_deref()), (OutcomeState::Untrusted, Some(before)));
        assert!(bench.is_rid_of_us());
    }
}

#[test]
fn owner_and_permission_bits_stay_as_others_set_them() {
    let bench = Bench::with_file(BEFORE);
    let uid = rustix::process::geteuid().as_raw();
    let gid = if uid == 0 { 1 } else { rustix::process::getegid().as_raw() };
    chown(bench.path("f"), Some(uid), Some(gid)).expect("an owner");
    let set_mode = |mode| {
        fs::set_permissions(bench.path("f"), fs::Permissions::from_mode(mode)).expect("a mode");
    };
    let found = || {
        let found = fs::metadata(bench.path("f")).expect("a file");
        (found.uid(), found.gid(), found.mode() & 0o7777)
    };
    set_mode(0o604);
    bench.edit(&[no_proxy("h")]);
    assert_eq!(found(), (uid, gid, 0o604));
    set_mode(0o600);
    bench.undo();
    assert_eq!((found(), bench.file().as_deref()), ((uid, gid, 0o600), Some(BEFORE)));
}

#[test]
fn a_new_file_is_created_and_removed_with_its_folders() {
    for edit in [no_proxy("h"), block("x")] {
        let bench = Bench::new();
        assert_eq!(bench.edit(&[edit]).state, OutcomeState::Trusted);
        assert_eq!(fs::metadata(bench.path("f")).expect("a file").mode() & 0o7777, 0o640);
        bench.undo();
        assert!(!bench.path("").exists() && bench.is_rid_of_us());
    }
}

#[test]
fn a_file_of_two_changes_is_removed_with_the_last_of_them_in_any_order() {
    for first in ["one", "two"] {
        let bench = Bench::new();
        let change = |name: &str| {
            let step = Step::Edit {
                path: bench.path("f"),
                edit: Edit::Block { name: name.into(), lines: vec![name.into()] },
                mode: 0o640,
            };
            Change::of_files("x", name.as_ref(), Actor::Caller, vec![step])
        };
        for name in ["one", "two"] {
            assert_eq!(bench.apply(change(name)).state, OutcomeState::Trusted);
        }
        let undo_of = |name: &str| {
            bench.session(|session| {
                let mut receipt = session.receipts.load("setup")?.expect("a receipt");
                undo(session, &mut receipt, |record| record.subject == name)
            })
        };
        undo_of(first);
        assert!(bench.path("f").exists(), "{first}");
        undo_of(if first == "one" { "two" } else { "one" });
        assert!(!bench.path("").exists() && bench.is_rid_of_us(), "{first}");
    }
}

#[test]
fn what_stood_before_two_anchors_comes_back_in_any_order() {
    let theirs = |text: String| text.replacen('[', "['p.crt', ", 1);
    let same = |text: String| text;
    for (before, changed, expected) in [
        (Some("ca = 'o.crt' # c\n"), same as fn(String) -> String, Some("ca = 'o.crt' # c\n")),
        (Some("ca = ['o.crt',]\n"), same, Some("ca = ['o.crt',]\n")),
        (Some("ca = []\n"), same, Some("ca = []\n")),
        (Some("z = 1\n"), same, Some("z = 1\n")),
        (None, same, None),
        (Some("ca = 'o.crt'\n"), theirs, Some("ca = ['p.crt', 'o.crt']\n")),
        (Some("z = 1\n"), theirs, Some("z = 1\nca = ['p.crt']\n")),
    ] {
        // Each anchor has a receipt of its own, or both are in one. Somebody writes before, between or after them.
        for (receipts, order, theirs_at) in
            (0..2).flat_map(|one| (0..2).flat_map(move |order| (0..3).map(move |at| (one, order, at))))
        {
            let bench = Bench::new();
            fs::create_dir(bench.path("")).expect("a folder");
            if let Some(before) = before {
                bench.write(before);
            }
            let write = |at: usize| {
                if at == theirs_at
                    && let Some(text) = bench.file()
                {
                    bench.write(&changed(text));
                }
            };
            let anchors = ["labtrust-aaaaaaaaaaaaaaaa.crt", "labtrust-bbbbbbbbbbbbbbbb.crt"];
            let receipt_of = |name: &str| if receipts == 0 { "setup".to_owned() } else { name.to_owned() };
            for (index, name) in anchors.iter().enumerate() {
                let edit =
                    Edit::Toml { keys: vec!["ca".into()], change: TomlChange::Include((*name).into()) };
                let step = Step::Edit { path: bench.path("f"), edit, mode: 0o640 };
                let change = Change::of_files("x", name.as_ref(), Actor::Caller, vec![step]);
                let outcome = bench.session(|session| apply(session, &receipt_of(name), None, &[change]));
                assert_eq!(outcome[0].state, OutcomeState::Trusted, "{outcome:?}");
                write(index + 1);
            }
            for (index, name) in (0..2).map(|index| (index, anchors[(index + order) % 2])) {
                bench.session(|session| {
                    let mut receipt = session.receipts.load(&receipt_of(name))?.expect("a receipt");
                    undo(session, &mut receipt, |record| record.subject == name)
                });
                // The edit of the other anchor stays.
                assert_eq!(bench.file().unwrap_or_default().contains("labtrust-"), index == 0);
            }
            let is_theirs = changed("[".into()) != "[" && theirs_at > 0;
            let expected = if changed("[".into()) == "[" || is_theirs { expected } else { before };
            assert_eq!(bench.file().as_deref(), expected, "{before:?} {receipts} {order} {theirs_at}");
            assert!(bench.is_rid_of_us());
        }
    }
}

#[test]
fn the_text_of_somebody_else_in_a_file_of_two_changes_stays_to_the_byte() {
    // The first block stays, or somebody removes it too.
    for theirs in ["# labtrust one begin\none\n# labtrust one end\nmine", "mine"] {
        let bench = Bench::new();
        let change = |name: &str| {
            let edit = Edit::Block { name: name.into(), lines: vec![name.into()] };
            let step = Step::Edit { path: bench.path("f"), edit, mode: 0o640 };
            Change::of_files("x", name.as_ref(), Actor::Caller, vec![step])
        };
        bench.apply(change("one"));
        fs::write(bench.path("f"), theirs).expect("a file");
        bench.apply(change("two"));
        for name in ["one", "two"] {
            bench.session(|session| {
                let mut receipt = session.receipts.load("setup")?.expect("a receipt");
                undo(session, &mut receipt, |record| record.subject == name)
            });
        }
        assert_eq!(bench.file().as_deref(), Some("mine"), "{theirs}");
    }
}

#[test]
fn a_run_that_was_interrupted_after_its_receipt_or_its_write_is_continued() {
    let edits = [no_proxy("h"), Edit::Json { keys: vec!["live-restore".into()], value: true.into() }];
    // The file when the next run starts: no edit, one of two edits, or both.
    let one = edits[0].apply(Some(BEFORE.as_bytes())).expect("an edit");
    let both = edits[1].apply(Some(&one)).expect("an edit");
    for standing in [BEFORE.as_bytes(), &one, &both] {
        let bench = Bench::with_file(BEFORE);
        bench.edit(&edits);
        bench.interrupt("");
        fs::write(bench.path("f"), standing).expect("a file");
        // The run may have been killed while it wrote.
        fs::write(bench.path(".f.labtrust-draft"), "{").expect("a draft");
        assert_eq!(bench.edit(&edits).state, OutcomeState::Trusted);
        assert_eq!((bench.file().map(String::into_bytes), bench.records()), (Some(both.clone()), 2));
        bench.undo();
        assert_eq!(bench.file().as_deref(), Some(BEFORE));
        assert!(bench.is_rid_of_us());

        bench.edit(&edits);
        bench.interrupt("");
        fs::write(bench.path("f"), standing).expect("a file");
        bench.undo();
        assert_eq!(bench.file().as_deref(), Some(BEFORE), "undone without a run in between");
        assert!(bench.is_rid_of_us());
    }
}

#[test]
fn changes_around_the_edit_stay_and_the_edit_is_undone() {
    let bench = Bench::with_file(BEFORE);
    bench.edit(&[no_proxy("h")]);
    assert_eq!(bench.file().as_deref(), Some(AFTER));
    bench.write(&AFTER.replace("true", "false").replace("  }\n}", "  },\n  \"x\": 1\n}"));
    assert!(!bench.edit(&[no_proxy("h")]).changed);
    let outcomes = bench.undo();
    assert_eq!(bench.file(), Some(BEFORE.replace("true", "false,\n  \"x\": 1")));
    assert!(
        outcomes[0].state == OutcomeState::Untrusted && !outcomes[0].detail.contains("left"),
        "{outcomes:?}"
    );
    assert!(bench.is_rid_of_us());
}

#[test]
fn an_edit_that_somebody_else_changed_is_left_and_named() {
    for (theirs, is_left) in [
        (AFTER.replace("\"h\"", "\"h,i\""), true),
        (AFTER.replace("{\n    \"no-proxy\": \"h\"\n  }", "{}"), false),
        (BEFORE.replace("true", "false"), false),
    ] {
        let bench = Bench::with_file(BEFORE);
        bench.edit(&[no_proxy("h")]);
        bench.write(&theirs);
        let outcomes = bench.undo();
        assert_eq!(bench.file(), Some(theirs));
        let named = format!(
            "left in place, because another program or person changed it: {}",
            bench.path("f").display()
        );
        assert_eq!(outcomes[0].detail.contains(&named), is_left, "{outcomes:?}");
    }
    let bench = Bench::with_file("{\"proxies\": {\"no-proxy\": \"x\"}}");
    bench.edit(&[no_proxy("h")]);
    fs::remove_file(bench.path("f")).expect("removed");
    assert!(bench.undo()[0].detail.contains("left in place, because another program or person changed it"));
    assert_eq!(bench.file(), None);
}

#[test]
fn undo_restores_the_first_text_however_often_an_edit_was_changed() {
    let before = "{\"proxies\": {\"no-proxy\": \"x\"}}\n";
    let bench = Bench::with_file(before);
    for value in ["h", "h,i", "h,i,j"] {
        assert!(bench.edit(&[no_proxy(value)]).changed);
        assert_eq!((bench.records(), bench.saved()), (1, 1));
    }
    bench.undo();
    assert_eq!(bench.file().as_deref(), Some(before));

    // Somebody else writes in between, or two edits of one file take turns.
    let debug = |value: bool| Edit::Json { keys: vec!["debug".into()], value: value.into() };
    bench.edit(&[no_proxy("h"), debug(true)]);
    bench.write(&bench.file().expect("a file").replace('}', "}\n"));
    bench.edit(&[no_proxy("i"), debug(false)]);
    assert!(bench.edit(&[no_proxy("i"), debug(true)]).changed);
    bench.write(&bench.file().expect("a file").replace("{\"proxies", "{\"theirs\": 1, \"proxies"));
    bench.undo();
    assert_eq!(bench.file(), Some("{\"theirs\": 1, \"proxies\": {\"no-proxy\": \"x\"}\n}\n\n".into()));
    assert!(bench.is_rid_of_us());
}

#[test]
fn an_edit_that_could_not_be_finished_is_undone() {
    let bench = Bench::with_file(BEFORE);
    let mut change = bench.editing(&[no_proxy("h")]);
    change.reload.applied = vec![Command::new("/bin/false", [""; 0])];
    assert_eq!(bench.apply(change).state, OutcomeState::Failed);
    assert_eq!(bench.file().as_deref(), Some(BEFORE));
    assert!(bench.is_rid_of_us());
}

#[test]
fn a_file_that_cannot_be_edited_is_named_with_a_hint_and_left_as_it_is() {
    for before in ["{\"a\": 1", "[]", "{\"proxies\": 1}", "{\"proxies\": {}, \"proxies\": {}}"] {
        let bench = Bench::with_file(before);
        let outcome = bench.edit(&[no_proxy("h")]);
        assert_eq!(outcome.state, OutcomeState::Failed);
        assert!(outcome.detail.contains(&bench.path("f").display().to_string()), "{outcome:?}");
        assert!(
            outcome.hint.is_some_and(|hint| hint.as_str().contains("set proxies.no-proxy in it by hand"))
        );
        assert_eq!(bench.file().as_deref(), Some(before));
        assert!(bench.is_rid_of_us());
    }
}

#[test]
fn a_link_stays_and_the_file_to_which_it_leads_is_edited() {
    let bench = Bench::with_file(BEFORE);
    let link = bench.path("link");
    symlink("f", &link).expect("a link");
    let step = Step::Edit { path: link.clone(), edit: no_proxy("h"), mode: 0o644 };
    let outcome = bench.apply(Change::of_files("docker", &link, Actor::Caller, vec![step]));
    assert_eq!((outcome.state, bench.file().as_deref()), (OutcomeState::Trusted, Some(AFTER)));
    bench.undo();
    assert!(link.is_symlink() && bench.file().as_deref() == Some(BEFORE));
}

#[test]
fn a_dry_run_shows_the_old_and_the_new_value() {
    let bench = Bench::with_file("{\"proxies\": {\"no-proxy\": \"x\"}, \"secret\": 1}");
    let lines = explain_here(&World::here(), &bench.editing(&[no_proxy("h")])).expect("lines");
    assert_eq!(
        lines,
        [
            &format!("set proxies.no-proxy in {}", bench.path("f").display()),
            r#"- proxies.no-proxy: "x""#,
            r#"+ proxies.no-proxy: "h""#,
        ]
    );
}

#[test]
fn a_recorded_edit_is_read_and_explained_correctly() {
    let recorded = include_bytes!("../../../../../fuzz/seeds/receipts/edit.json");
    let receipt = crate::receipt::parse(recorded).expect("a receipt");
    assert_eq!(
        crate::explain_undo(&receipt.changes[0]),
        [
            "restore labtrust's block no-proxy in /etc/default/docker",
            "restore proxies.no-proxy in /etc/docker/daemon.json",
        ]
    );
}

#[test]
fn several_edits_of_one_file_are_undone_together() {
    let before = "# A=1\n# B=1";
    let edits = [line("# A=1", "A=2"), line("# B=1", "B=2"), block("C=2")];
    let bench = Bench::with_file(before);
    assert!(bench.edit(&edits).changed);
    let after = "A=2\nB=2\n# labtrust no-proxy begin\nC=2\n# labtrust no-proxy end\n";
    assert_eq!(bench.file().as_deref(), Some(after));
    assert!(!bench.edit(&edits).changed);
    bench.undo();
    assert_eq!(bench.file().as_deref(), Some(before));
    // The text of somebody else around them stays.
    bench.edit(&edits);
    bench.write(&format!("{after}D=2\n"));
    bench.undo();
    assert_eq!(bench.file().as_deref(), Some("# A=1\n# B=1\nD=2\n"));
}

#[test]
fn a_rewrite_replaces_the_contents_that_it_was_planned_for_and_no_others() {
    for (found, expected) in [("planned", OutcomeState::Trusted), ("another", OutcomeState::Failed)] {
        let bench = Bench::new();
        fs::create_dir(bench.path("")).expect("a folder");
        fs::write(bench.path("settings"), found).expect("a file");
        let mut change = bench.change("", "");
        change.steps = vec![Step::Rewrite {
            path: bench.path("settings"),
            before: Fingerprint::of(b"planned"),
            contents: Contents::Public(b"new".to_vec()),
        }];
        change.proof = Proof::of_files(&change.steps);
        let outcome = bench.apply(change);
        assert_eq!(outcome.state, expected, "{outcome:?}");
        let is_new = expected == OutcomeState::Trusted;
        assert_eq!(bench.read("settings").as_deref(), Some(if is_new { "new" } else { found }));
        assert!(is_new || outcome.detail.contains("changed it meanwhile"), "{outcome:?}");
    }
}
