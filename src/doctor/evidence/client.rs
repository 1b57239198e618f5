//! What the tools of whoever asks are told: where the docker command finds its engine, and which
//! proxies it, git and the shell use.

use serde::{Deserialize, Serialize};

use super::Asked;

/// The settings of a user's tools.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ClientSeen {
    /// Where the docker command is told to find its engine; none if it asks this machine's.
    #[serde(default)]
    pub door: Option<DoorSeen>,
}

/// Where the docker command is told to find its engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorSeen {
    /// What tells it: `DOCKER_HOST`, or a context's name.
    pub told_by: String,
    /// The engine, such as `ssh://server` or `unix:///run/user/1000/docker.sock`.
    pub at: Asked<String>,
}
