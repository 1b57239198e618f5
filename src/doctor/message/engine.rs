//! No engine, or one that may not be asked.

use super::known::{DOCTOR, KnownMessage};

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[&["unable to configure the Docker daemon with file"]],
        codes: &["daemon-down"],
        what: "The engine does not start, because it cannot read its settings: the message names the file and what is \
               wrong in it.",
        next: &["python3 -m json.tool /etc/docker/daemon.json", "sudo systemctl restart docker"],
    },
    KnownMessage {
        says: &[
            &["permission denied while trying to connect", "dial unix"],
            &["docker daemon socket", "docker api", "permission denied"],
        ],
        codes: &["daemon-no-permission"],
        what: "The engine runs, and you may not use its socket: it is for root and the group docker.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "Cannot connect to the Docker daemon at tcp",
            "Cannot connect to the Docker daemon at ssh",
            "DOCKER_HOST environment variable",
        ]],
        codes: &["daemon-remote", "daemon-down"],
        what: "The docker command looks for its engine on another machine, because DOCKER_HOST or its context says so, and \
               finds none there.",
        next: &["{labtrust doctor {}}", "docker context ls"],
    },
    KnownMessage {
        says: &[&[
            "Cannot connect to the Docker daemon",
            "failed to connect to the docker API",
            "Is the docker daemon running",
            "Job for docker.service failed",
            "error during connect",
            "docker_engine: The system cannot find the file specified",
            "Cannot connect to Podman",
        ]],
        codes: &["daemon-down", "daemon-remote"],
        what: "The docker command is there and its engine is not: it does not run, or the command looks for it in the wrong \
               place.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "docker: command not found",
            "docker: not found",
            "command not found: docker",
            "docker is not recognized",
            "unknown command: docker",
        ]],
        codes: &["docker-missing"],
        what: "There is no docker command on this machine, or not in the folders that are searched.",
        next: DOCTOR,
    },
];
