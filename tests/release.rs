//! What scripts/release made in `dist/`, on systems that have next to nothing: each file is installed or unpacked, does its work
//! against a real registry, and leaves nothing. `LABTRUST_RELEASE=all` asks for all targets, otherwise Linux on x86-64 will do.

mod bare;
mod files;
mod image;
mod packages;

use crate::lab::{self, Machine, Output, is_whole, skip};
use std::path::{Path, PathBuf};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The folder that scripts/release fills.
fn dist() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dist")
}

/// The file of `dist/` with this name; none, with the reason, where it was not made.
fn made(name: &str) -> Option<PathBuf> {
    let path = dist().join(name);
    if !path.exists() {
        skip(&format!("{} was not made: run scripts/release", path.display()));
        return None;
    }
    Some(path)
}

/// The archive of `target`: each of `LABTRUST_RELEASE=all`, else only those that are there.
fn archive(target: &str) -> Option<PathBuf> {
    let name = format!("labtrust-{VERSION}-{target}.tar.gz");
    if !is_whole("LABTRUST_RELEASE") && !dist().join(&name).exists() {
        println!("not asked for (LABTRUST_RELEASE=all), and not there: {name}");
        return None;
    }
    made(&name)
}

/// The static program for Linux on x86-64, the one that is always made.
const LINUX: &str = "x86_64-unknown-linux-musl";

/// The bytes of `path`.
fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// Unpacks the archive at `path` into the new folder `/tmp/NAME` of `machine`.
fn unpack(machine: &Machine, path: &Path, name: &str) -> String {
    let folder = format!("/tmp/{name}");
    machine.run(["mkdir", "-p", &folder]).succeeded();
    let line = ["tar", "-xzf", "-", "-C", &folder, "--strip-components=1"];
    machine.command(line).stdin(bytes(path)).run().succeeded();
    folder
}

/// Lays in `/tmp/NAME` of `machine` a root that holds busybox, `/etc/hosts`, `program` and nothing else; with devices.
fn bare_root(machine: &Machine, name: &str, program: &str) -> String {
    let root = format!("/tmp/{name}");
    let script = "mkdir -p $0/bin $0/etc $0/tmp $0/dev $0/proc && cp /bin/busybox $0/bin/ && cp /etc/hosts $0/etc/ && \
                  cp $1 $0/bin/labtrust && ln -s busybox $0/bin/sh && mount --bind /dev $0/dev && mount -t proc proc $0/proc";
    machine.run(["sh", "-ec", script, &root, program]).succeeded();
    root
}

/// Runs a line in the root, with nothing in its environment but a home.
fn within(machine: &Machine, root: &str, line: &[&str]) -> Output {
    let start = ["chroot", root, "/bin/busybox", "env", "-i", "PATH=/bin", "HOME=/root"];
    machine.run(start.iter().chain(line).copied())
}

/// Runs one of this machine's programs that judge files.
fn judge(line: &[&str]) -> String {
    let output = std::process::Command::new(line[0]).args(&line[1..]).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}: run scripts/install-release", line[0]));
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A GitLab with a registry on `machine`, its CA's certificate at `/tmp/root.crt`, and an engine that does not trust it yet.
fn registry(machine: &Machine) -> (lab::Gitlab<'_>, lab::Engine<'_>, lab::Pair) {
    let gitlab = lab::Gitlab::start(machine);
    let engine = lab::Engine::start(machine);
    let pair = lab::Pair::made(machine, &[lab::HOST], lab::Validity::Current);
    gitlab.serve(&pair);
    machine.write("/tmp/root.crt", &pair.root);
    engine.login().exited(1).says("unknown authority");
    (gitlab, engine, pair)
}
