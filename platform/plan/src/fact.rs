//! What is known of a machine, as data: probed here, recorded for tests, or stated for a machine
//! elsewhere. Plans are made from these facts alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use crate::os::Os;
use crate::{Command, Endpoint, absolute};

/// Everything that planning needs to know of a machine.
// `remote` gives the type its field by field forms as functions, so that reading can judge the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Facts {
    /// The operating system.
    pub os: Os,
    /// The distribution, from `os-release`.
    #[serde(default)]
    pub distribution: Option<Distribution>,
    /// The user that this process acts as.
    pub user: User,
    /// The user who called us through sudo, if so.
    #[serde(default)]
    pub invoker: Option<User>,
    /// Programs found in trusted folders, by name.
    #[serde(default, deserialize_with = "absolute::by_name")]
    pub tools: BTreeMap<String, PathBuf>,
    /// Those paths that stores ask about and that exist.
    #[serde(default, deserialize_with = "absolute::set")]
    pub paths: BTreeSet<PathBuf>,
    /// What starts and restarts services, if it runs.
    #[serde(default)]
    pub services: Option<ServiceManager>,
    /// Container engines that are installed or running.
    #[serde(default)]
    pub engines: Vec<Engine>,
}

/// The parts of `os-release` (freedesktop.org os-release(5)) that tell families apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// `ID`.
    pub id: String,
    /// `ID_LIKE`, nearest first.
    #[serde(default)]
    pub like: Vec<String>,
    /// `PRETTY_NAME`.
    #[serde(default)]
    pub title: String,
}

/// A user account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Login name.
    pub name: String,
    /// Numeric user id.
    pub uid: u32,
    /// Numeric id of the primary group.
    pub gid: u32,
    /// Home folder.
    #[serde(deserialize_with = "absolute::path")]
    pub home: PathBuf,
}

/// What starts and restarts services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceManager {
    /// systemd runs as the init system.
    Systemd,
    /// `OpenRC`.
    Openrc,
    /// Scripts in `/etc/init.d`.
    Sysv,
}

/// A Docker engine on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// How it is installed.
    pub kind: EngineKind,
    /// The `certs.d` folder that it reads.
    #[serde(deserialize_with = "absolute::path")]
    pub certs_d: PathBuf,
    /// The registries that have a folder there.
    #[serde(default)]
    pub registries: Vec<Endpoint>,
    /// The socket that it answers on, if it is there.
    #[serde(default, deserialize_with = "absolute::optional")]
    pub socket: Option<PathBuf>,
    /// Whose it is; none for the machine's.
    #[serde(default)]
    pub owner: Option<User>,
    /// Its daemon's process, where that can be told.
    #[serde(default)]
    pub pid: Option<u32>,
    /// When its daemon started, in milliseconds since 1970, where that can be told.
    #[serde(default)]
    pub started: Option<u64>,
    /// What restarts it, where a program can.
    #[serde(default)]
    pub restart: Option<Command>,
    /// Whether it keeps images in containerd, and is of the versions that then fetch a pull's token by the system's
    /// store as it was when the daemon started, and not by `certs.d`. Not known before the engine was asked.
    #[serde(rename = "containerd", default)]
    pub pulls_by_system: bool,
}

/// How a Docker engine is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineKind {
    /// The machine's daemon, run by root.
    Rootful,
    /// A user's own daemon.
    Rootless,
    /// Ubuntu's snap.
    Snap,
    /// Docker Desktop: an engine in a virtual machine that copies trust at its start.
    Desktop,
    /// Colima: the same, made of free parts.
    Colima,
}

impl EngineKind {
    /// Whether it runs in a virtual machine that copies the user's `certs.d` when it starts, so that
    /// it sees a change only after a restart.
    pub fn copies_at_start(self) -> bool {
        matches!(self, Self::Desktop | Self::Colima)
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Facts {
    /// Only facts whose every path is absolute on their own system are taken.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let facts = Self::deserialize(deserializer)?;
        let is_absolute = |path: &Path| path.to_str().is_some_and(|path| facts.os.is_absolute(path));
        let other = facts
            .named_paths()
            .find(|path| !is_absolute(path))
            .map(|path| path.to_string_lossy().into_owned());
        other.map_or(Ok(()), |path| {
            Err(de::Error::custom(format!("{path:?} is not an absolute path on {:?}", facts.os)))
        })?;
        Ok(facts)
    }
}

impl Facts {
    /// Every path in the facts.
    fn named_paths(&self) -> impl Iterator<Item = &Path> {
        let users = [Some(&self.user), self.invoker.as_ref()].into_iter().flatten();
        let homes = users.chain(self.engines.iter().filter_map(|engine| engine.owner.as_ref()));
        let restarts = self.engines.iter().filter_map(|engine| engine.restart.as_ref());
        homes
            .map(|user| &user.home)
            .chain(self.tools.values())
            .chain(&self.paths)
            .chain(
                self.engines
                    .iter()
                    .flat_map(|engine| [Some(&engine.certs_d), engine.socket.as_ref()])
                    .flatten(),
            )
            .chain(restarts.flat_map(|command| [Some(&command.program), command.home.as_ref()]).flatten())
            .map(PathBuf::as_path)
    }

    /// Whether this process may change what belongs to the machine.
    pub fn is_root(&self) -> bool {
        self.user.uid == 0
    }

    /// Whether `path` exists.
    pub fn has(&self, path: impl AsRef<Path>) -> bool {
        self.paths.contains(path.as_ref())
    }

    /// Whether the distribution is one of `ids` or says that it is like one of them.
    pub fn is_like(&self, ids: &[&str]) -> bool {
        self.distribution.as_ref().is_some_and(|distribution| {
            std::iter::once(&distribution.id).chain(&distribution.like).any(|id| ids.contains(&id.as_str()))
        })
    }

    /// The users whose own stores are served: who runs us, or who called sudo.
    pub fn people(&self) -> impl Iterator<Item = &User> {
        self.invoker.iter().chain((!self.is_root()).then_some(&self.user))
    }
}
