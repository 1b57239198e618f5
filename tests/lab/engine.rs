//! A real Docker engine in a machine, run by Debian's own init script, so that a restart of the
//! service is a restart of the daemon.

use super::REGISTRY;
use super::machine::Machine;
use super::process::Output;

/// What the init script reads: no bridge and no rules for the network, since nothing is run in a
/// container here; and a limit that root may not raise, as on some machines, is no reason to stop.
const DEFAULTS: &str = "\
DOCKER_OPTS='--iptables=false --bridge=none --storage-driver=vfs'
ulimit() { command ulimit \"$@\" 2>/dev/null || :; }
";

/// The engine of a machine, listening on its usual socket; it ends with the machine.
pub struct Engine<'m> {
    machine: &'m Machine,
}

impl<'m> Engine<'m> {
    /// Starts it and waits until it answers.
    pub fn start(machine: &'m Machine) -> Self {
        machine.write("/etc/default/docker", DEFAULTS);
        // The init script would otherwise lay control groups where they already are.
        machine.write("/etc/fstab", "cgroup /sys/fs/cgroup tmpfs defaults 0 0\n");
        machine.run(["service", "docker", "start"]).succeeded();
        let engine = Self { machine };
        engine.wait();
        engine
    }

    /// Restarts the service, and waits until the daemon answers again.
    pub fn restart(&self) {
        self.machine.run(["service", "docker", "restart"]).succeeded();
        self.wait();
    }

    /// `docker login` as a user who may, at the registry of the lab.
    pub fn login(&self) -> Output {
        self.login_with("developer", "correct horse")
    }

    /// `docker login` at the registry of the lab; what it keeps is kept out of the machine's tree.
    pub fn login_with(&self, user: &str, password: &str) -> Output {
        let line =
            ["docker", "--config", "/tmp/docker", "login", "--username", user, "--password-stdin", REGISTRY];
        self.machine.command(line).stdin(password).run()
    }

    fn wait(&self) {
        let ping = "curl --silent --fail --max-time 5 --unix-socket /run/docker.sock http://engine/_ping";
        let script = format!(
            "for i in $(seq 600); do {ping} && exit; sleep 0.05; done; tail -n 20 /var/log/docker.log; exit 1"
        );
        self.machine.sh(&script).succeeded();
    }
}
