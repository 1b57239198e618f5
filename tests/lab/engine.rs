//! A real Docker engine in a machine, old or current, run by Debian's own init script or by a stand-in
//! for systemd, so that a restart of the service is a restart of the daemon.

use super::REGISTRY;
use super::machine::Machine;
use super::process::Output;

/// What the init script reads: no bridge and no rules for the network, since nothing is run in a
/// container here; and a limit that root may not raise, as on some machines, is no reason to stop.
const DEFAULTS: &str = "\
DOCKER_OPTS='--iptables=false --bridge=none --storage-driver=vfs'
ulimit() { command ulimit \"$@\" 2>/dev/null || :; }
";

/// Which engine is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// What the distribution has: 20.10 on Debian 12, which knows no `proxies` in its `daemon.json`.
    Installed,
    /// What Debian unstable has: 28 or later (`scripts/install-engine`).
    Current,
}

impl Release {
    /// All of them, to try one thing on each.
    pub(crate) const ALL: [Self; 2] = [Self::Installed, Self::Current];
}

/// Who starts the engine, and so where its environment comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    /// Debian's init script, which reads `/etc/default/docker` as a shell script.
    Init,
    /// systemd, with the unit of Docker's own packages: drop-ins count, `/etc/default/docker` does not.
    Systemd,
    /// systemd, with Debian's unit: of `/etc/default/docker` only lines without `export` count.
    DebianSystemd,
}

/// The engine of a machine, listening on its usual socket; it ends with the machine.
pub(crate) struct Engine<'m> {
    machine: &'m Machine,
    manager: Manager,
}

impl Machine {
    /// Has the stand-in for systemd run it, to the eye of everyone.
    pub(crate) fn with_systemd(&self) {
        self.write_with_mode("/usr/bin/systemctl", "755", include_str!("engine/systemctl"));
        self.run(["mkdir", "-p", "/run/systemd/system"]).succeeded();
    }
}

impl<'m> Engine<'m> {
    /// Starts the installed one by its init script and waits until it answers.
    pub(crate) fn start(machine: &'m Machine) -> Self {
        Self::start_as(machine, Release::Installed, Manager::Init)
    }

    /// Starts this one in this way and waits until it answers. With `LABTRUST_ENGINE=current` the current one
    /// takes the installed one's place.
    pub(crate) fn start_as(machine: &'m Machine, release: Release, manager: Manager) -> Self {
        let takes_place = std::env::var("LABTRUST_ENGINE").is_ok_and(|engine| engine == "current");
        if release == Release::Current || takes_place {
            machine.sh(include_str!("engine/current.sh")).succeeded();
        }
        // The init script would otherwise lay control groups where they already are.
        machine.write("/etc/fstab", "cgroup /sys/fs/cgroup tmpfs defaults 0 0\n");
        if manager == Manager::Init {
            machine.write("/etc/default/docker", DEFAULTS);
        } else {
            machine.with_systemd();
        }
        if manager == Manager::Systemd {
            machine.write("/lib/systemd/system/docker.service", include_str!("engine/docker.service"));
        }
        let engine = Self { machine, manager };
        engine.service("start");
        engine.wait();
        engine
    }

    /// Starts a daemon from a shell, with these variables: no service manager knows of it, and it listens on `socket`.
    pub(crate) fn start_by_hand(machine: &'m Machine, socket: &str, variables: &[(&str, &str)]) {
        let line = include_str!("engine/by_hand.sh");
        machine.command(["sh", "-c", line, "dockerd", socket]).envs(variables).run().succeeded();
        Self::wait_at(machine, socket);
    }

    /// Starts a current one that keeps its images in containerd, as it does by itself from version 29 on.
    pub(crate) fn with_containerd(machine: &'m Machine) -> Self {
        let engine = Self::start_as(machine, Release::Current, Manager::Systemd);
        engine.settings(r#"{"features": {"containerd-snapshotter": true}}"#);
        engine
    }

    /// Adds lines to `/etc/default/docker`, such as `export HTTPS_PROXY=…`, and restarts the service.
    pub(crate) fn defaults(&self, lines: &str) {
        let append = ["sh", "-c", "cat >>/etc/default/docker"];
        self.machine.command(append).stdin(format!("{lines}\n")).run().succeeded();
        self.restart();
    }

    /// Writes a drop-in of this name (`proxy.conf`) with these lines in its `[Service]`, and restarts the service.
    pub(crate) fn drop_in(&self, name: &str, lines: &str) {
        let path = format!("/etc/systemd/system/docker.service.d/{name}");
        self.machine.write(&path, format!("[Service]\n{lines}\n"));
        self.restart();
    }

    /// Writes the engine's own settings, as JSON, and restarts the service.
    pub(crate) fn settings(&self, json: &str) {
        self.machine.write("/etc/docker/daemon.json", json);
        self.restart();
    }

    /// Restarts the service, as an administrator who reloads first, and waits until the daemon answers again.
    pub(crate) fn restart(&self) {
        if self.manager != Manager::Init {
            self.machine.run(["systemctl", "daemon-reload"]).succeeded();
        }
        self.service("restart");
        self.wait();
    }

    /// Stops the service.
    pub(crate) fn stop(&self) {
        self.service("stop");
    }

    /// `docker login` as a user who may, at the registry of the lab.
    pub(crate) fn login(&self) -> Output {
        self.login_with("developer", "correct horse")
    }

    /// `docker login` at the registry of the lab; what it keeps is kept out of the machine's tree.
    pub(crate) fn login_with(&self, user: &str, password: &str) -> Output {
        let line =
            ["docker", "--config", "/tmp/docker", "login", "--username", user, "--password-stdin", REGISTRY];
        self.machine.command(line).stdin(password).run()
    }

    /// `docker pull` of an image that is not there, with what the login left: how far it comes tells.
    pub(crate) fn pull(&self) -> Output {
        let image = format!("{REGISTRY}/labtrust/probe");
        self.machine.run(["docker", "--config", "/tmp/docker", "pull", &image]).exited(1)
    }

    /// What the engine's socket answers at this path, such as `/info`.
    pub(crate) fn get(&self, path: &str) -> String {
        let url = format!("http://engine{path}");
        let line = ["curl", "--silent", "--max-time", "20", "--unix-socket", "/run/docker.sock", &url];
        self.machine.run(line).succeeded().stdout
    }

    fn service(&self, verb: &str) {
        match self.manager {
            Manager::Init => self.machine.run(["service", "docker", verb]).succeeded(),
            Manager::Systemd | Manager::DebianSystemd => {
                self.machine.run(["systemctl", verb, "docker"]).succeeded()
            }
        };
    }

    /// Waits until the daemon answers.
    pub(crate) fn wait(&self) {
        Self::wait_at(self.machine, "/run/docker.sock");
    }

    /// Waits until a daemon answers at `socket`.
    pub(crate) fn wait_at(machine: &Machine, socket: &str) {
        let ping = format!("curl --silent --fail --max-time 5 --unix-socket {socket} http://engine/_ping");
        let script = format!(
            "for i in $(seq 600); do {ping} && exit; sleep 0.05; done; tail -n 20 /var/log/docker.log; exit 1"
        );
        machine.sh(&script).succeeded();
    }
}
