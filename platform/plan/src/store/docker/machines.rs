//! The Docker engines that belong to a machine: where each is installed, and its folder of registries.

use crate::fact::{DOCKER_SOCKETS, EngineKind};

/// The paths of a kind of engine that belongs to the machine.
#[derive(Debug)]
pub struct MachineEngine {
    /// The kind.
    pub kind: EngineKind,
    /// Its folder of registries.
    pub certs_d: &'static str,
    /// Its socket.
    pub socket: &'static str,
    /// The file with its process id.
    pub pid: &'static str,
    /// Paths that show that it is installed, apart from its socket.
    pub signs: &'static [&'static str],
    /// Its service.
    pub service: &'static str,
}

/// The kinds of engines that belong to a machine.
pub const MACHINE_ENGINES: &[MachineEngine] = &[
    MachineEngine {
        kind: EngineKind::Rootful,
        certs_d: "/etc/docker/certs.d",
        socket: DOCKER_SOCKETS[0],
        pid: "/var/run/docker.pid",
        signs: &[
            "/usr/bin/dockerd",
            "/usr/sbin/dockerd",
            "/usr/local/bin/dockerd",
            "/var/packages/ContainerManager/target",
            "/var/packages/Docker/target",
        ],
        service: "docker",
    },
    MachineEngine {
        kind: EngineKind::Snap,
        certs_d: "/var/snap/docker/current/etc/docker/certs.d",
        socket: DOCKER_SOCKETS[0],
        pid: "/run/snap.docker/docker.pid",
        signs: &["/var/snap/docker/current"],
        service: "snap.docker.dockerd",
    },
];
