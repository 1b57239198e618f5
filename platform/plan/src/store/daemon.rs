//! Daemons other than Docker's that pull images. They read the system store once, when they start.

use super::row::Look;
use crate::{Command, Facts, Service, fact::ServiceManager};

/// The title of containerd.
pub(super) const CONTAINERD: &str = "containerd";

/// A daemon.
struct Daemon {
    title: &'static str,
    /// The name of its process.
    process: &'static str,
    /// The name of its service.
    service: &'static str,
    /// Whether it pulls images for somebody who needs the CA.
    is_used: fn(&Facts) -> bool,
}

/// Sources: containerd and CRI-O's own units; the names of k3s's and RKE2's processes and units by their documentation.
const DAEMONS: [Daemon; 6] = [
    Daemon { title: CONTAINERD, process: "containerd", service: "containerd", is_used: serves_kubernetes },
    Daemon { title: "CRI-O", process: "crio", service: "crio", is_used: |_| true },
    Daemon { title: "k3s", process: "k3s-server", service: "k3s", is_used: |_| true },
    Daemon { title: "the agent of k3s", process: "k3s-agent", service: "k3s-agent", is_used: |_| true },
    Daemon {
        title: "RKE2",
        process: "rke2",
        service: "rke2-server",
        is_used: |facts| facts.has(RKE2_SERVER),
    },
    Daemon {
        title: "the agent of RKE2",
        process: "rke2",
        service: "rke2-agent",
        is_used: |facts| !facts.has(RKE2_SERVER),
    },
];

/// A folder that only a server of RKE2 has.
pub(super) const RKE2_SERVER: &str = "/var/lib/rancher/rke2/server";

/// Signs that Kubernetes runs its containers with containerd here, or that a person asks containerd as Kubernetes does.
const KUBERNETES_TOOLS: [&str; 2] = ["kubelet", "crictl"];
const KUBERNETES_PATHS: [&str; 2] = ["/var/lib/kubelet", "/etc/crictl.yaml"];

/// Whether containerd pulls images for Kubernetes.
pub(super) fn serves_kubernetes(facts: &Facts) -> bool {
    let is_installed = KUBERNETES_TOOLS.iter().any(|tool| facts.tools.contains_key(*tool));
    let is_set_up = KUBERNETES_PATHS.iter().any(|path| facts.has(path));
    facts.tools.contains_key(CONTAINERD) && (is_installed || is_set_up)
}

/// The names of the processes and of the services of all daemons.
pub(crate) fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    DAEMONS.iter().map(|daemon| (daemon.process, daemon.service))
}

/// The tools and the paths, of which each shows that containerd pulls images for Kubernetes.
pub(crate) fn signs_of_kubernetes() -> impl Iterator<Item = &'static str> {
    KUBERNETES_TOOLS.into_iter().chain(KUBERNETES_PATHS)
}

/// The questions about daemons.
pub(super) fn looks() -> Vec<Look> {
    let tools = KUBERNETES_TOOLS.into_iter().chain([CONTAINERD]).map(Look::Tool);
    let paths = KUBERNETES_PATHS.into_iter().chain([RKE2_SERVER]).map(Look::Path);
    tools.chain(paths).chain(DAEMONS.iter().map(|daemon| Look::Running(daemon.process))).collect()
}

/// The daemons that run here.
pub(super) fn services(facts: &Facts) -> Vec<Service> {
    let running = DAEMONS.iter().filter(|daemon| (daemon.is_used)(facts));
    let service = |daemon: &Daemon| {
        let started = *facts.running.get(daemon.process)?;
        let restart = restart(facts, daemon.service);
        Some(Service::new(daemon.title, Some(started), restart))
    };
    running.filter_map(service).collect()
}

/// The command that restarts `service`.
fn restart(facts: &Facts, service: &str) -> Option<Command> {
    let tool = |name: &str| facts.tools.get(name);
    match facts.services? {
        ServiceManager::Systemd => Some(Command::new(tool("systemctl")?, ["restart", service])),
        ServiceManager::Openrc => Some(Command::new(tool("rc-service")?, [service, "restart"])),
        ServiceManager::Sysv => None,
    }
}
