//! Evidence about the user's tools: the daemon that the docker command uses, and the proxies of the docker command,
//! git and the shell.

use labtrust_plan::Endpoint;
use serde::{Deserialize, Serialize};

use super::{Asked, LoginFileSeen, ProxySeen, Redacted, Setting};

/// The settings of a user's tools.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ClientSeen {
    /// The daemon that the docker command is set to use; none if it uses this machine's.
    #[serde(default, rename = "door")]
    pub docker_context: Option<DockerContextSeen>,
    /// The tools that use a proxy.
    #[serde(default)]
    pub tools: Vec<ToolSeen>,
    /// The file in which `docker login` stores its login; none if it was not looked at.
    #[serde(default)]
    pub login: Option<LoginFileSeen>,
    /// What podman, buildah and skopeo get from the registry; none if none of them was asked.
    #[serde(default)]
    pub containers: Option<ContainerToolSeen>,
}

/// A tool of podman's family, which contacted the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerToolSeen {
    /// The program.
    pub program: String,
    /// The registry.
    pub endpoint: Endpoint,
    /// Its message; empty if it found the image.
    pub answer: Asked<Redacted>,
    /// The variables of the shell that change what it trusts, or which proxy it uses.
    pub variables: Vec<Setting>,
    /// The name of the user with whose rights it ran; none for the user who ran labtrust.
    #[serde(default)]
    pub user: Option<String>,
}

/// A tool that uses a proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolSeen {
    /// The tool.
    pub tool: Tool,
    /// The setting that names the proxy: a variable, or a file and line.
    pub told_by: Redacted,
    /// The proxy's URL.
    pub proxy: Redacted,
    /// The tool's `NO_PROXY`, which it reads by its own rules.
    pub no_proxy: Redacted,
    /// The proxy's answer to `CONNECT` for GitLab's web server.
    pub seen: Option<ProxySeen>,
}

/// A tool that people use after the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// The docker command itself: `docker build` gets tokens with it.
    Docker,
    /// Programs in containers and builds, to which the docker command passes a proxy on.
    Containers,
    /// git.
    Git,
}

/// The daemon that the docker command is set to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerContextSeen {
    /// The setting that names the daemon: `DOCKER_HOST`, `DOCKER_CONTEXT` with its context, or a context.
    pub told_by: Redacted,
    /// The daemon's address, such as `ssh://server` or `unix:///run/user/1000/docker.sock`.
    pub at: Asked<Redacted>,
}
