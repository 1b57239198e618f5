//! Tells the program of which commit and for which platform it is built, for `--version`.

#![allow(clippy::print_stdout, reason = "a build script speaks to cargo on standard output")]
#![allow(clippy::disallowed_methods, reason = "a build script touches no machine")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// How much of a commit's name is shown. Git itself would choose by the size of the clone, and two builds would differ.
const SHOWN: usize = 7;

fn main() {
    let target = env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=LABTRUST_TARGET={target}");
    println!("cargo::rerun-if-env-changed=LABTRUST_COMMIT");
    println!("cargo::rerun-if-changed=src/build.rs");
    // While a developer works, a commit is no reason to build again.
    let is_development = env::var("PROFILE").is_ok_and(|profile| profile == "debug");
    let commit = if is_development { "development".to_owned() } else { commit() };
    println!("cargo::rustc-env=LABTRUST_COMMIT={commit}");
}

/// The commit: as the environment gives it, as cargo packed it with the sources, or as git knows it.
fn commit() -> String {
    let folder = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let given = env::var("LABTRUST_COMMIT").ok().filter(|commit| !commit.is_empty());
    given
        .map(|commit| shown(&commit))
        .or_else(|| packed(&folder))
        .or_else(|| checked_out(&folder))
        .unwrap_or_else(|| "unknown commit".into())
}

fn shown(commit: &str) -> String {
    commit.chars().filter(char::is_ascii_alphanumeric).take(SHOWN).collect()
}

fn named(commit: &str, is_changed: bool) -> String {
    shown(commit) + if is_changed { "-modified" } else { "" }
}

/// The commit in `.cargo_vcs_info.json`, which is in every packed crate: `{"git": {"sha1": "…"}, …}`.
fn packed(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join(".cargo_vcs_info.json")).ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    let is_changed = rest.contains("\"dirty\": true");
    rest.split('"').nth(1).map(|commit| named(commit, is_changed))
}

/// The commit of a clone, if these sources are its top: sources that were unpacked inside another clone are not of its commit.
fn checked_out(folder: &Path) -> Option<String> {
    let git = |words: &[&str]| {
        let output =
            Command::new("git").args(["-c", "safe.directory=*", "-C"]).arg(folder).args(words).output();
        output
            .ok()
            .filter(|output| output.status.success())
            .and_then(|output| String::from_utf8(output.stdout).ok())
    };
    if !git(&["rev-parse", "--show-prefix"])?.trim().is_empty() {
        return None;
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    let moves = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    for path in [moves.trim(), "src", "platform", "docs", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let is_changed = !git(&["status", "--porcelain", "--untracked-files=no"])?.trim().is_empty();
    Some(named(&commit, is_changed))
}
