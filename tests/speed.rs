//! How long people wait, beside the tools that they would use instead: each pair of commands is timed
//! in turns, in one run, on one disposable machine.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a bench fails by panicking")]
#![allow(clippy::print_stdout, reason = "its table is what it is for")]
#![allow(clippy::disallowed_methods, dead_code, unused_imports, reason = "the lab is not the program")]

#[allow(unused_macros, reason = "a test is skipped by it, and this is none")]
mod lab;
// The lab holds documents to their schemas.
mod documents;

use std::{process::Command, time::Duration};

use lab::{Engine, Gitlab, HOST, Machine, Pair, REGISTRY};

/// What times something and says it as a table.
type Table = fn() -> String;

/// The tables, each by the name under which it is asked for: `scripts/bench disk gitlab`.
const TABLES: [(&str, Table); 5] =
    [("memory", memory), ("disk", disk), ("doctor", doctor), ("gitlab", gitlab), ("status", status)];

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    for (name, table) in TABLES {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            println!("{name}\n{}", table());
        }
    }
}

/// Beside mkcert, openssl and the updater, with all files in memory.
fn memory() -> String {
    let machine = Machine::with_all_anchors("bench").unwrap_or_else(|reason| panic!("{reason}"));
    machine.write("/tmp/speed.py", include_str!("speed.py"));
    let table = machine.command(["python3", "/tmp/speed.py"]).limit(Duration::from_secs(1200)).run();
    table.succeeded().stdout
}

/// How long setup takes where it waits for a real disk, in a folder of the build's: of the lab's machines all is in memory.
fn disk() -> String {
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/speed");
    std::fs::create_dir_all(folder).unwrap();
    let program = std::env::var("LABTRUST_LAB_PROGRAM");
    let program = program.unwrap_or_else(|_| env!("CARGO_BIN_EXE_labtrust").to_owned());
    let mut python = Command::new("python3");
    python.args(["-c", include_str!("speed.py"), "disk", folder, &program]);
    let output = python.env("HOME", folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// How long status takes where many CAs are trusted.
fn status() -> String {
    let machine = Machine::with_all_anchors("client").unwrap_or_else(|reason| panic!("{reason}"));
    machine.without_hooks();
    let _engine = Engine::start(&machine);
    machine.write("/tmp/speed.py", include_str!("speed.py"));
    machine
        .command(["python3", "/tmp/speed.py", "status"])
        .limit(Duration::from_secs(600))
        .run()
        .succeeded()
        .stdout
}

/// How long setup takes on a GitLab that it has to configure, and renew.
fn gitlab() -> String {
    let machine = Machine::new("gitlab").unwrap_or_else(|reason| panic!("{reason}"));
    let gitlab = Gitlab::start(&machine);
    gitlab.configure("external_url 'http://mygitlab.example.com'\n");
    machine.write("/tmp/speed.py", include_str!("speed.py"));
    machine.run(["python3", "/tmp/speed.py", "gitlab"]).succeeded().stdout
}

/// How long the doctor takes beside an engine and a GitLab that are as they should be.
fn doctor() -> String {
    let machine = Machine::with_all_anchors("client").unwrap_or_else(|reason| panic!("{reason}"));
    machine.without_hooks();
    let _engine = Engine::start(&machine);
    let gitlab = Gitlab::start(&machine);
    let pair = Pair::constrained(&machine, &[HOST]);
    gitlab.serve(&pair);
    machine.write("/root/ca.crt", &pair.root);
    machine.run(["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--yes"]).succeeded();
    machine.write("/tmp/speed.py", include_str!("speed.py"));
    machine.run(["python3", "/tmp/speed.py", "doctor"]).succeeded().stdout
}
