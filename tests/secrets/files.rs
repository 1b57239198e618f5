//! The files into which keys are written, seen by the kernel: files that only their owner can read.

use std::collections::BTreeMap;

use super::foreign_pair;
use crate::lab::{HOST, Machine};

const TRACE: &str = "trace=open,openat,creat,write,pwrite64,writev,chmod,fchmod,fchmodat,mkdir,mkdirat";

/// The files into which a key was written in `trace`, each with how it was opened.
fn written(trace: &str) -> BTreeMap<String, String> {
    let mut opened = BTreeMap::new();
    let mut written = BTreeMap::new();
    for line in trace.lines() {
        let call = line.split_once(' ').map_or(line, |(_, call)| call.trim_start());
        // `openat(5</srv/out>, ".x", O_WRONLY|…, 0600) = 7</srv/out/.x>`, `write(7</srv/out/.x>, "…"…`
        if let Some((arguments, file)) = call.rsplit_once(" = ").filter(|_| call.starts_with("open")) {
            if let Some((_, path)) = file.split_once('<') {
                opened.insert(path.trim_end_matches('>').to_owned(), arguments.to_owned());
            }
        } else if call.contains("PRIVATE KEY-----") && call.contains("write") {
            let path = call.split_once('<').and_then(|(_, rest)| rest.split_once(">, ")).unwrap().0;
            let how = opened.get(path).cloned().unwrap_or_else(|| format!("nobody knows how: {call}"));
            written.insert(path.to_owned(), how);
        } else if call.contains("chmod") && !call.contains("0600)") && !call.contains("700)") {
            // Its permissions stay closed under this name.
            let path = call
                .split_once('<')
                .and_then(|(_, rest)| rest.split_once('>'))
                .map_or(call, |(path, _)| path);
            assert!(!written.contains_key(path), "{call}");
        }
    }
    written
}

/// Runs `line` under the loosest umask, and returns the number of files with a key that it wrote.
fn check(machine: &Machine, line: &str) -> usize {
    let script = format!("umask 000; exec strace -f -qq -y -s 600 -o /tmp/trace -e {TRACE} {line}");
    // No GitLab runs that would serve the files in its folder.
    machine.sh(&script).exited(if line.contains("--gitlab") { 4 } else { 0 });
    let written = written(&machine.read("/tmp/trace"));
    for (path, how) in &written {
        let is_private = how.contains("O_CREAT|O_EXCL") && how.ends_with(", 0600)");
        assert!(is_private, "{line}: {path} was opened as {how}");
        assert!(path.ends_with(".labtrust-draft"), "{line}: {path} was written in place");
    }
    written.len()
}

#[test]
fn keys_are_for_their_owner_alone_from_their_first_byte() {
    let machine = machine!("server");
    foreign_pair(&machine);
    let state = "--no-trust --state /srv/state";
    let mut files = 0;
    for (line, expected) in [
        // The CA's key and the pair's.
        (format!("labtrust setup {HOST} --prepare /srv/gitlab {state}"), 2),
        (format!("labtrust sign pages.{HOST} -o /srv/signed --state /srv/state"), 1),
        // The key that stood there is kept first, and goes into a folder of its own as the new one does.
        (
            format!(
                "labtrust import --cert /root/leaf.pem --key /root/key.pem --host {HOST} --replace --gitlab /srv/gitlab/config {state}"
            ),
            3,
        ),
        (
            format!(
                "labtrust import --pkcs12 /root/pair.p12 --passphrase-file /root/passphrase --host {HOST} --out /srv/out {state}"
            ),
            1,
        ),
        (format!("labtrust request {HOST} --state /srv/state -o /srv/request.csr"), 1),
        (
            format!(
                "labtrust request other.{HOST} --key /root/key.pem --state /srv/state -o /srv/request.csr"
            ),
            1,
        ),
        ("labtrust request --undo --state /srv/state".to_owned(), 0),
        ("labtrust setup --undo --yes --state /srv/state".to_owned(), 0),
    ] {
        let found = check(&machine, &line);
        assert_eq!(found, expected, "{line}");
        files += found;
        let open = machine.sh("cd /srv; find . -perm /022 ! -type l; find state -type d ! -perm 700 2>/dev/null; find . -name '*key' -type f ! -perm 600; find state/receipts -type f ! -perm 600 2>/dev/null || :");
        assert_eq!(open.stdout, "", "{line}");
    }
    println!("{files} files with keys, all private from their first byte");
}
