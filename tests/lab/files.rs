//! A machine's files, read and written from outside by a program inside: a link there may be
//! absolute, and must not be followed out here.

use super::machine::Machine;
use super::tree::Manifest;
use std::path::PathBuf;

impl Machine {
    /// A file's contents.
    pub(crate) fn read(&self, path: &str) -> String {
        self.run(["cat", "--", path]).succeeded().stdout
    }

    /// A file's contents, if that is no text.
    pub(crate) fn read_bytes(&self, path: &str) -> Vec<u8> {
        self.run(["cat", "--", path]).succeeded().bytes()
    }

    /// Puts a file in place as root, 0644, and makes the folders above it.
    pub(crate) fn write(&self, path: &str, contents: impl AsRef<[u8]>) {
        self.write_with_mode(path, "644", contents);
    }

    /// Puts a file in place as root with this mode, and makes the folders above it.
    pub(crate) fn write_with_mode(&self, path: &str, mode: &str, contents: impl AsRef<[u8]>) {
        let line = ["install", "-D", "-m", mode, "/dev/stdin", path];
        self.command(line).stdin(contents).run().succeeded();
    }

    /// Whether something, a dangling link too, is at `path`.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.run(["sh", "-c", r#"[ -e "$1" ] || [ -L "$1" ]"#, "has", path]).code() == 0
    }

    /// Takes the hooks of the system store's updater away: Java's takes seconds, and is seldom what is tried.
    pub(crate) fn without_hooks(&self) {
        self.sh("rm -f /etc/ca-certificates/update.d/*").succeeded();
    }

    /// Takes Docker away, as far as anybody can tell by looking.
    pub(crate) fn without_docker(&self) {
        self.sh("rm -f /usr/sbin/dockerd /usr/bin/dockerd /usr/bin/docker /etc/init.d/docker").succeeded();
    }

    /// What differs now between the machine's tree and that of the machine it is a copy of.
    pub(crate) fn manifest(&self) -> Manifest {
        // The first process's working folder holds the overlay's layers; nobody else sees them.
        let layer = |name: &str| PathBuf::from(format!("/proc/{}/{name}", self.pid()));
        Manifest::of(&layer("cwd/upper"), &layer("root"))
    }

    /// The same after a run of the distribution's own updater of the system store, which first
    /// brings in order what was left otherwise: what stands before a change, to compare with.
    pub(crate) fn settled(&self) -> Manifest {
        self.run(["update-ca-certificates"]).succeeded();
        self.manifest()
    }

    /// What changed since `before`, one line a path; empty if the tree is as it was, byte for byte.
    pub(crate) fn changes_since(&self, before: &Manifest) -> Vec<String> {
        before.changes_to(&self.manifest())
    }
}
