//! scripts/cut in a clone of this repository: a release is a commit that gives the changes a version and a date.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn run(folder: &Path, line: &[&str]) -> Output {
    let names = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"];
    let mut command = Command::new(line[0]);
    command.args(&line[1..]).current_dir(folder).envs(names.map(|name| (name, "tests@example.com")));
    command.output().unwrap()
}

#[track_caller]
fn read(folder: &Path, line: &[&str]) -> String {
    let output = run(folder, line);
    assert!(output.status.success(), "{line:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_release_is_cut_from_a_clean_tree_alone() {
    if !Path::new(ROOT).join(".git").exists() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("clone");
    read(
        folder.path(),
        &[
            "git",
            "-c",
            "safe.directory=*",
            "clone",
            "--quiet",
            "--depth=1",
            &format!("file://{ROOT}"),
            "clone",
        ],
    );
    let listed = |version: &str| format!("## Unreleased\n\n### Added\n- one of {version}\n\n");
    let changelog = clone.join("CHANGELOG.md");
    let add = |version: &str| {
        let text = fs::read_to_string(&changelog).unwrap();
        let (before, after) = text.split_once("## Unreleased\n").unwrap();
        fs::write(&changelog, format!("{before}{}{}", listed(version), after.trim_start())).unwrap();
        read(&clone, &["git", "commit", "--quiet", "--all", "--message=change"]);
    };
    add("first");
    let refused = |line: &[&str], message: &str| {
        let output = run(&clone, &[&["scripts/cut"], line].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && said.contains(message), "{line:?}: {said}");
        assert_eq!(said.lines().count(), 2, "{said}");
    };
    let head = || read(&clone, &["git", "rev-parse", "HEAD"]);
    let before = head();
    for (line, message) in [
        (&[][..], "is not a version"),
        (&["1.2"], "is not a version"),
        (&["1.2.3-rc1"], "is not a version"),
        (&["01.2.3"], "is not a version"),
        (&["9.0.0", "2027-02-30"], "is not a date"),
        (&["9.0.0", "tomorrow"], "is not a date"),
        (&["0.0.9"], "version 0.0.9 is before "),
    ] {
        refused(line, message);
    }
    fs::write(clone.join("src/new"), "x").unwrap();
    refused(&["9.0.0"], "the work tree has changes");
    fs::remove_file(clone.join("src/new")).unwrap();
    assert_eq!((head(), read(&clone, &["git", "status", "--porcelain"])), (before, String::new()));

    read(&clone, &["scripts/cut", "9.0.0", "2027-01-31"]);
    assert_eq!(read(&clone, &["git", "status", "--porcelain"]), "");
    assert_eq!(read(&clone, &["git", "log", "-1", "--format=%s"]), "release: 9.0.0\n");
    let text = fs::read_to_string(&changelog).unwrap();
    assert!(text.contains("## Unreleased\n\n## 9.0.0 - 2027-01-31\n\n### Added\n- one of first\n"), "{text}");
    let locked =
        read(&clone, &["cargo", "metadata", "--offline", "--locked", "--no-deps", "--format-version=1"]);
    assert_eq!(locked.matches("\"version\":\"9.0.0\"").count(), 3, "each crate of the workspace");
    refused(&["9.0.0"], "CHANGELOG.md has version 9.0.0 already");
    refused(&["9.0.1"], "CHANGELOG.md lists no change below");
    add("second");
    refused(&["8.9.9"], "version 8.9.9 is before 9.0.0");
    read(&clone, &["git", "tag", "v9.0.1"]);
    refused(&["9.0.1"], "the tag v9.0.1 exists already");
    read(&clone, &["scripts/cut", "9.1.0"]);
    let text = fs::read_to_string(&changelog).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("## ")).count(), 3, "{text}");
}
