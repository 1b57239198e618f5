//! A real containerd in a machine, old or current, that is asked for images as Kubernetes asks it.

use super::REGISTRY;
use super::engine::Release;
use super::machine::Machine;

/// The containerd of a machine, on its usual socket; it ends with the machine.
pub(crate) struct Containerd<'m> {
    machine: &'m Machine,
}

impl<'m> Containerd<'m> {
    /// Starts it on a machine with signs of Kubernetes. Its settings name the folder `registries`, or none if that is empty.
    pub(crate) fn start(machine: &'m Machine, release: Release, registries: &str) -> Self {
        machine.sh("mkdir -p /var/lib/kubelet /run/systemd/system").succeeded();
        machine.write_with_mode("/usr/bin/systemctl", "755", include_str!("containerd/systemctl"));
        if release == Release::Current {
            machine.sh(include_str!("containerd/current.sh")).succeeded();
        }
        let containerd = Self { machine };
        containerd.set(release, registries);
        containerd.restart();
        containerd
    }

    /// Writes its settings, which it reads when it starts.
    pub(crate) fn set(&self, release: Release, registries: &str) {
        self.machine.write("/etc/containerd/config.toml", settings(release, registries));
    }

    /// Restarts it and waits until it answers.
    pub(crate) fn restart(&self) {
        self.machine.run(["systemctl", "restart", "containerd"]).succeeded();
    }

    /// Puts a crictl there that pulls images as the real one does, and says what it says when that fails.
    pub(crate) fn install_crictl(&self) {
        self.machine.write("/usr/lib/pull.py", include_str!("containerd/pull.py"));
        self.machine.write_with_mode("/usr/bin/crictl", "755", include_str!("containerd/crictl"));
    }

    /// The answer of CRI's `PullImage` for an image that does not exist: it shows whether the registry is trusted.
    pub(crate) fn pull(&self) -> String {
        self.pull_image("labtrust/probe:1")
    }

    /// The answer of CRI's `PullImage` for an image of the registry; empty if it was pulled.
    pub(crate) fn pull_image(&self, name: &str) -> String {
        let image = format!("{REGISTRY}/{name}");
        self.machine.run(["python3", "-c", include_str!("containerd/pull.py"), &image]).succeeded().stdout
    }
}

/// The settings of a containerd of this release that keeps images in plain folders.
fn settings(release: Release, registries: &str) -> String {
    let (version, images, storage) = match release {
        Release::Installed => {
            (2, "\"io.containerd.grpc.v1.cri\"", "\"io.containerd.grpc.v1.cri\".containerd")
        }
        Release::Current => (3, "\"io.containerd.cri.v1.images\"", "\"io.containerd.cri.v1.images\""),
    };
    let folder = format!("[plugins.{images}.registry]\nconfig_path = \"{registries}\"\n");
    let folder = if registries.is_empty() { String::new() } else { folder };
    format!("version = {version}\n[plugins.{storage}]\nsnapshotter = \"native\"\n{folder}")
}
