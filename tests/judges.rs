//! Foreign judges: what our certificates are worth is decided by OpenSSL, Java, NSS and the others,
//! so they are asked. `scripts/install-judges` installs them; one that is missing is an error where
//! `CI` is set, and a note elsewhere.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

mod client;
mod import;
mod matrix;
mod measured;
mod profile;
mod request;
mod rotation;
mod rules;
mod self_signed;
mod server;
mod stores;

/// The folder for tools that are no packages of the system, as `scripts/install-judges` has it.
fn tools() -> PathBuf {
    env::var_os("LABTRUST_TEST_TOOLS").map_or_else(
        || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache/labtrust-tests"),
        PathBuf::from,
    )
}

/// Whether the judge is here: `probe` starts it. If not, the test that asks ends early.
#[allow(clippy::print_stderr, reason = "a skipped judge must be seen")]
fn is_here(judge: &str, probe: &[&str]) -> bool {
    let program = program(judge);
    let found = Command::new(&program).args(probe).output().is_ok();
    assert!(found || env::var_os("CI").is_none(), "{judge} is missing: run scripts/install-judges");
    if !found {
        eprintln!("skipped: {judge} is missing; scripts/install-judges installs it");
    }
    found
}

/// A judge from our own folder, or else from the system's.
fn program(judge: &str) -> PathBuf {
    let own = tools().join("venv/bin").join(judge);
    if own.exists() { own } else { PathBuf::from(judge) }
}

/// Runs a program in a folder.
fn run(folder: &Path, judge: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program(judge));
    command.args(arguments).current_dir(folder);
    command.output().unwrap_or_else(|error| panic!("{judge}: {error}"))
}

/// What a program said, both ways.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a shell script that must succeed.
fn script(folder: &Path, text: &str) {
    fs::write(folder.join("script.sh"), text).expect("the script is written");
    let output = run(folder, "sh", &["-eu", "script.sh"]);
    assert!(output.status.success(), "{text}\n{}", said(&output));
}
