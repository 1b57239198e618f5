//! The static program where there is no C library, no list of anchors, no user, no shell but busybox's; with an old kernel's calls;
//! and on another processor.

use super::{LINUX, archive, bare_root, registry, unpack, within};
use crate::lab::HOST;

/// What it does there, each with its exit code and a text of its output.
const WORK: &[(&[&str], i32, &str)] = &[
    (&["labtrust", "--version"], 0, super::VERSION),
    (
        &["labtrust", "setup", "nas.example.com", "--out", "/tls", "--no-trust", "--yes"],
        0,
        "/tls/nas.example.com.crt",
    ),
    (&["labtrust", "inspect", "/tls/nas.example.com.crt"], 0, "nas.example.com"),
    (&["labtrust", "export"], 0, "BEGIN CERTIFICATE"),
    (&["labtrust", "explain", "x509: certificate signed by unknown authority"], 0, "CA"),
];

#[test]
fn it_works_in_a_root_of_busybox_and_itself() {
    let Some(archive) = archive(LINUX) else { return };
    let machine = machine!("bare");
    let folder = unpack(&machine, &archive, "archive");
    let (_gitlab, _engine, pair) = registry(&machine);
    let root = bare_root(&machine, "root", &format!("{folder}/labtrust"));
    for (line, code, said) in WORK {
        within(&machine, &root, line).exited(*code).says(said);
    }
    // The served chain is read and judged, and the CA is put where an engine would look.
    within(&machine, &root, &["labtrust", "inspect", HOST]).says(HOST);
    machine.write(&format!("{root}/root.crt"), &pair.root);
    let trust = ["labtrust", "trust", "/root.crt", "--for", crate::lab::REGISTRY, "--dry-run", "--yes"];
    within(&machine, &root, &trust).says("root.crt");
}

#[test]
fn kernels_that_lack_newer_calls_are_no_obstacle() {
    let Some(archive) = archive(LINUX) else { return };
    let machine = machine!("old");
    let folder = unpack(&machine, &archive, "archive");
    let missing = "inject=statx,clone3,getrandom,openat2,renameat2,close_range,copy_file_range,faccessat2,pidfd_open,\
                   memfd_create,rseq:error=ENOSYS";
    for (line, code, said) in WORK {
        let program = format!("{folder}/labtrust");
        let line = std::iter::once(&*program).chain(line[1..].iter().copied());
        let run =
            machine.command(line).under(["strace", "-f", "-qq", "-o", "/tmp/trace", "-e", missing]).run();
        run.exited(*code).says(said);
    }
}

#[test]
fn it_works_on_another_processor() {
    let Some(archive) = archive("aarch64-unknown-linux-musl") else { return };
    let machine = machine!("arm");
    let folder = unpack(&machine, &archive, "archive");
    let root = bare_root(&machine, "root", &format!("{folder}/labtrust"));
    machine.run(["cp", "/usr/bin/qemu-aarch64-static", &format!("{root}/bin/")]).succeeded();
    for (line, code, said) in WORK {
        let emulated = [&["qemu-aarch64-static", "/bin/labtrust"], &line[1..]].concat();
        within(&machine, &root, &emulated).exited(*code).says(said);
    }
}
