//! A real podman in a machine that has none.

use super::REGISTRY;
use super::machine::Machine;
use super::process::Output;

/// The podman of a machine. It is a program and no service.
pub(crate) struct Podman<'m> {
    machine: &'m Machine,
}

impl<'m> Podman<'m> {
    /// Puts it there.
    pub(crate) fn install(machine: &'m Machine) -> Self {
        machine.sh(include_str!("podman/install.sh")).succeeded();
        Self { machine }
    }

    /// `podman login` as a user who may, at the registry of the lab; what it keeps is kept out of the
    /// machine's tree.
    pub(crate) fn login(&self) -> Output {
        let storage =
            ["--root", "/tmp/podman/root", "--runroot", "/tmp/podman/run", "--storage-driver", "vfs"];
        let login = ["login", "--authfile", "/tmp/podman/auth.json", "--username", "developer"];
        let line = [&["podman"], &storage[..], &login, &["--password-stdin", REGISTRY]].concat();
        self.machine.command(line).stdin("correct horse").run()
    }
}
