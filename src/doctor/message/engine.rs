//! Messages about a Docker daemon that is missing, not running, or not accessible.

use super::{
    known::{DOCTOR, KnownMessage},
    side::Side,
};

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[&["unable to configure the Docker daemon with file"]],
        codes: &["daemon-down"],
        side: Side::Engine,
        what: "The Docker daemon does not start, because it cannot read its settings. The message names the file \
               and the error.",
        next: &["python3 -m json.tool /etc/docker/daemon.json >/dev/null", "sudo systemctl restart docker"],
    },
    KnownMessage {
        says: &[
            &["permission denied while trying to connect", "dial unix"],
            &["docker daemon socket", "docker api", "permission denied"],
        ],
        codes: &["daemon-no-permission"],
        side: Side::Engine,
        what: "The Docker daemon is running, but you cannot use its socket: only root and the group docker can.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[
            &["error during connect"],
            &["malformed HTTP response", "server gave HTTP response to HTTPS client"],
        ],
        codes: &["daemon-remote"],
        side: Side::Engine,
        what: "The docker command and the Docker daemon do not agree on TLS: DOCKER_HOST with port 2375 is plain TCP, \
               with 2376 it needs DOCKER_TLS_VERIFY and DOCKER_CERT_PATH. No registry was asked.",
        next: &["echo $DOCKER_HOST $DOCKER_TLS_VERIFY $DOCKER_CERT_PATH"],
    },
    KnownMessage {
        says: &[&[
            "Cannot connect to the Docker daemon at tcp",
            "Cannot connect to the Docker daemon at ssh",
            "DOCKER_HOST environment variable",
        ]],
        codes: &["daemon-remote", "daemon-down"],
        side: Side::Engine,
        what: "DOCKER_HOST or a Docker context sends the docker command to a Docker daemon on another machine, \
               which does not answer.",
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
        codes: &["daemon-down", "daemon-other-socket", "daemon-remote"],
        side: Side::Engine,
        what: "The docker command does not reach the Docker daemon: the daemon is not running, or the command uses \
               the wrong address.",
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
        side: Side::Client,
        what: "The docker command is not installed, or it is in a folder outside PATH.",
        next: DOCTOR,
    },
];
