//! What the tools of whoever asks are told: where the docker command finds its engine, and which
//! proxies it, git and the shell use.

use serde::{Deserialize, Serialize};

use super::{Asked, ProxySeen, Redacted};

/// The settings of a user's tools.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ClientSeen {
    /// Where the docker command is told to find its engine; none if it asks this machine's.
    #[serde(default, rename = "door")]
    pub docker_context: Option<DockerContextSeen>,
    /// The proxies that tools are told to use.
    #[serde(default)]
    pub tools: Vec<ToolSeen>,
}

/// A tool that is told to use a proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolSeen {
    /// Which.
    pub tool: Tool,
    /// What tells it: a variable's name, or a file and line.
    pub told_by: Redacted,
    /// The proxy's URL.
    pub proxy: Redacted,
    /// What it reaches without, by its own rules.
    pub no_proxy: Redacted,
    /// What the proxy answers when it is asked for a way to GitLab's web server.
    pub seen: Option<ProxySeen>,
}

/// A tool that comes after the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// The docker command itself: `docker build` fetches tokens by it.
    Docker,
    /// What runs in containers and builds, to which the docker command hands a proxy on.
    Containers,
    /// git.
    Git,
}

/// Where the docker command is told to find its engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerContextSeen {
    /// What tells it: `DOCKER_HOST`, or a context's name.
    pub told_by: Redacted,
    /// The engine, such as `ssh://server` or `unix:///run/user/1000/docker.sock`.
    pub at: Asked<Redacted>,
}
