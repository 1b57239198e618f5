//! Foreign judges: OpenSSL, Java, NSS and other clients verify labtrust's certificates. `scripts/install-judges` installs
//! them; a missing one is an error if `CI` is set, and a note otherwise.

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
mod sealed;
mod self_signed;
mod server;
mod stores;

/// The folder for tools that are not system packages, as in `scripts/install-judges`.
pub(crate) fn tools() -> PathBuf {
    env::var_os("LABTRUST_TEST_TOOLS").map_or_else(
        || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache/labtrust-tests"),
        PathBuf::from,
    )
}

/// Whether the judge is installed: `probe` starts it. If not, the test ends early.
#[allow(clippy::print_stderr, reason = "a skipped judge must be seen")]
pub(crate) fn is_here(judge: &str, probe: &[&str]) -> bool {
    let program = program(judge);
    let found = Command::new(&program).args(probe).output().is_ok();
    assert!(found || env::var_os("CI").is_none(), "{judge} is missing: run scripts/install-judges");
    if !found {
        eprintln!("skipped: {judge} is missing; scripts/install-judges installs it");
    }
    found
}

/// A judge from the project's folder, or else from the system.
pub(crate) fn program(judge: &str) -> PathBuf {
    let own = tools().join("venv/bin").join(judge);
    if own.exists() { own } else { PathBuf::from(judge) }
}

/// Runs a program in a folder.
fn run(folder: &Path, judge: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program(judge));
    command.args(arguments).current_dir(folder);
    command.output().unwrap_or_else(|error| panic!("{judge}: {error}"))
}

/// The program of the Go source `name` in the folder `tests/FOLDER`.
#[cfg(target_os = "linux")]
pub(crate) fn go_program(name: &str, folder: &str) -> Vec<u8> {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder).join(name);
    let made = tempfile::tempdir().expect("a folder");
    let source = source.to_str().expect("a path").to_owned();
    // It may run where the C library is another one.
    let output = Command::new(program("go"))
        .args(["build", "-o", "made", &source])
        .env("CGO_ENABLED", "0")
        .current_dir(made.path())
        .output()
        .expect("Go is installed: run scripts/install-judges");
    assert!(output.status.success(), "{}", said(&output));
    fs::read(made.path().join("made")).expect("the program")
}

/// A program's stdout and stderr.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a shell script that must succeed.
fn script(folder: &Path, text: &str) {
    fs::write(folder.join("script.sh"), text).expect("the script is written");
    let output = run(folder, "sh", &["-eu", "script.sh"]);
    assert!(output.status.success(), "{text}\n{}", said(&output));
}
