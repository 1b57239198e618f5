//! The facts of a machine as data: probed here, recorded for tests, or written for another machine. Plans are made from facts
//! alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Not,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use crate::os::Os;
use crate::{Command, Endpoint, absolute};

/// All facts that planning needs.
// `remote` makes the derived code functions of this type, so that `Deserialize` below can check all fields together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Facts {
    /// The operating system.
    pub os: Os,
    /// The distribution, from `os-release`.
    #[serde(default)]
    pub distribution: Option<Distribution>,
    /// The user of this process.
    pub user: User,
    /// The user who called sudo, if one did.
    #[serde(default)]
    pub invoker: Option<User>,
    /// The other users of the machine whose own stores are changed too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<User>,
    /// Programs found in trusted folders, by name.
    #[serde(default, deserialize_with = "absolute::by_name")]
    pub tools: BTreeMap<String, PathBuf>,
    /// The paths that stores ask about and that exist.
    #[serde(default, deserialize_with = "absolute::set")]
    pub paths: BTreeSet<PathBuf>,
    /// The files that stores ask about, by the path that leads there.
    #[serde(default, deserialize_with = "absolute::by_path", skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<PathBuf, RealFile>,
    /// The settings files that stores ask about and that can be read.
    /// They may hold passwords, so they are never written.
    #[serde(default, deserialize_with = "absolute::by_path", skip_serializing)]
    pub texts: BTreeMap<PathBuf, SettingsText>,
    /// Of `paths`, those that are symbolic links, and the paths to which they lead in the end.
    #[serde(default, deserialize_with = "absolute::by_path", skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<PathBuf, PathBuf>,
    /// Of the machine's settings files, when they were last written, in milliseconds since 1970.
    #[serde(default, deserialize_with = "absolute::by_path", skip_serializing_if = "BTreeMap::is_empty")]
    pub written: BTreeMap<PathBuf, u64>,
    /// Of `paths`, the folders into which not everybody may look, and the files `*.crt` that not everybody may read.
    #[serde(default, deserialize_with = "absolute::set", skip_serializing_if = "BTreeSet::is_empty")]
    pub closed: BTreeSet<PathBuf>,
    /// The daemons that stores ask about and that root runs outside of containers: the start of the oldest process of each, in
    /// milliseconds since 1970.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub running: BTreeMap<String, u64>,
    /// The variables of this process's environment that stores ask about and that are set. They may hold passwords, so they
    /// are never written.
    #[serde(default, skip_serializing)]
    pub variables: BTreeMap<String, String>,
    /// The running service manager, if there is one.
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

/// The contents of a settings file of another program. It may hold passwords, so it is never shown as a whole.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SettingsText(String);

impl SettingsText {
    /// The file with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text: to search for a setting.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SettingsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// The file to which a path leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealFile {
    /// Its path without links.
    #[serde(deserialize_with = "absolute::path")]
    pub path: PathBuf,
    /// Numeric user id of its owner.
    pub owner: u32,
    /// The reason why somebody else than root decides where the path leads: a link or a folder on the way; none if root alone
    /// does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guided: Option<String>,
    /// Another user than root and the owner who may write to the file, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<String>,
}

impl RealFile {
    /// Whether root alone decides what the path leads to, and what is in the file.
    pub fn is_roots(&self) -> bool {
        self.owner == 0 && self.guided.is_none() && self.writer.is_none()
    }
}

/// A program that starts and restarts services.
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
    /// Its user; none for the machine's engine.
    #[serde(default)]
    pub owner: Option<User>,
    /// The process id of its daemon, if it is known.
    #[serde(default)]
    pub pid: Option<u32>,
    /// The start time of its daemon, in milliseconds since 1970, if it is known.
    #[serde(default)]
    pub started: Option<u64>,
    /// The command that restarts it, if there is one.
    #[serde(default)]
    pub restart: Option<Command>,
    /// Whether it uses the system store, as it was when the daemon started, and not `certs.d` to fetch the token of a pull:
    /// versions before 29.5 that keep images in containerd do. False until the engine is asked.
    #[serde(rename = "containerd", default)]
    pub pulls_by_system: bool,
    /// What makes the docker command use it: [`DEFAULT_SOCKET`], or a setting such as `DOCKER_HOST`. None if the docker
    /// command uses another engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_by: Option<String>,
    /// Whether no service manager started it: a person in a shell did, or a container. The files of its service do not set
    /// its environment, and no command restarts it.
    #[serde(rename = "unmanaged", default, skip_serializing_if = "Not::not")]
    pub is_unmanaged: bool,
    /// The root folder of its files, if they are not this machine's: `/proc/PID/root`. `certs_d` is then below it.
    #[serde(default, deserialize_with = "absolute::optional", skip_serializing_if = "Option::is_none")]
    pub root: Option<PathBuf>,
    /// Its containers of GitLab Runner. Empty until the engine is asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runners: Vec<RunnerContainer>,
    /// Whether it reads another system store than this machine's.
    #[serde(rename = "own_store", default, skip_serializing_if = "Not::not")]
    pub has_own_store: bool,
}

/// A container of GitLab Runner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunnerContainer {
    /// Its name.
    pub name: String,
    /// The folder of this machine that is mounted as its settings folder, if one is.
    #[serde(default, deserialize_with = "absolute::optional", skip_serializing_if = "Option::is_none")]
    pub config: Option<PathBuf>,
    /// The folder of this machine that is mounted as its folder of certificates, if that is another one.
    #[serde(default, deserialize_with = "absolute::optional", skip_serializing_if = "Option::is_none")]
    pub certs: Option<PathBuf>,
    /// When it was started, in milliseconds since 1970, if it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<u64>,
}

/// The socket that the docker command uses if no setting names another, and its path without the usual link.
pub const DOCKER_SOCKETS: [&str; 2] = ["/var/run/docker.sock", "/run/docker.sock"];

/// The reason why the docker command uses an engine without a setting: it listens on the default socket.
pub const DEFAULT_SOCKET: &str = "its default";

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
    /// Colima: like Docker Desktop, but free software.
    Colima,
    /// A daemon at a socket that only a setting of the docker command names.
    Other,
    /// A daemon outside of the container in which this process runs.
    Outside,
    /// `OrbStack`: an engine in a virtual machine that reads the user's folder as it is.
    #[serde(rename = "orbstack")]
    OrbStack,
    /// Rancher Desktop: an engine in a virtual machine with a folder of its own.
    #[serde(rename = "rancher-desktop")]
    Rancher,
    /// An engine in a virtual machine of Lima, with a folder of its own.
    Lima,
    /// podman's service, which speaks Docker's protocol and reads podman's folders.
    Podman,
}

impl EngineKind {
    /// Whether it runs in a virtual machine that copies the user's `certs.d` when it starts: then it sees a change only after
    /// a restart.
    pub fn copies_at_start(self) -> bool {
        matches!(self, Self::Desktop | Self::Colima)
    }

    /// Whether it is podman's service, and no Docker daemon.
    pub fn is_podman(self) -> bool {
        self == Self::Podman
    }

    /// The name of the virtual machine or profile of such an engine, which is a folder in the path of its `socket`.
    pub fn instance(self, socket: &Path) -> Option<String> {
        let above = match self {
            Self::Colima => 1,
            Self::Lima => 2,
            _ => return None,
        };
        Some(socket.ancestors().nth(above)?.file_name()?.to_string_lossy().into_owned())
    }

    /// Whether its files are in a virtual machine, or outside of this container: nothing here changes what it reads.
    fn is_out_of_reach(self) -> bool {
        matches!(self, Self::Outside | Self::Rancher | Self::Lima)
    }
}

impl Engine {
    /// Whether it reads this machine's system store itself.
    pub fn reads_system_store(&self) -> bool {
        let is_virtual = self.kind.copies_at_start() || self.kind == EngineKind::OrbStack;
        !is_virtual && !self.kind.is_out_of_reach() && !self.has_own_store
    }

    /// Whether labtrust can write to the folder that it reads.
    pub fn has_folder_here(&self) -> bool {
        self.root.is_none() && !self.kind.is_out_of_reach()
    }

    /// Whether its folder can be read here.
    pub fn shows_folder(&self) -> bool {
        !self.kind.is_out_of_reach()
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Facts {
    /// Fails unless every path is absolute on the operating system of the facts.
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
        let users = [Some(&self.user), self.invoker.as_ref()].into_iter().flatten().chain(&self.others);
        let homes = users.chain(self.engines.iter().filter_map(|engine| engine.owner.as_ref()));
        let restarts = self.engines.iter().filter_map(|engine| engine.restart.as_ref());
        homes
            .map(|user| &user.home)
            .chain(self.tools.values())
            .chain(&self.paths)
            .chain(&self.closed)
            .chain(self.written.keys())
            .chain(self.texts.keys())
            .chain(self.links.iter().flat_map(|(link, target)| [link, target]))
            .chain(self.files.iter().flat_map(|(path, file)| [path, &file.path]))
            .chain(
                self.engines
                    .iter()
                    .flat_map(|engine| [Some(&engine.certs_d), engine.socket.as_ref(), engine.root.as_ref()])
                    .flatten(),
            )
            .chain(
                self.engines
                    .iter()
                    .flat_map(|engine| &engine.runners)
                    .flat_map(|runner| [runner.config.as_ref(), runner.certs.as_ref()])
                    .flatten(),
            )
            .chain(restarts.flat_map(|command| [Some(&command.program), command.home.as_ref()]).flatten())
            .map(PathBuf::as_path)
    }

    /// The facts without the contents of settings, which may hold passwords and tokens, and without what is of use for
    /// planning alone: for a file that people pass on.
    #[must_use]
    pub fn without_settings(&self) -> Self {
        let empty = Self { texts: BTreeMap::new(), variables: BTreeMap::new(), ..self.clone() };
        Self { links: BTreeMap::new(), running: BTreeMap::new(), others: Vec::new(), ..empty }
    }

    /// The facts of a machine with this operating system and user, of which nothing else is known.
    pub fn new(os: Os, user: User) -> Self {
        Self {
            os,
            distribution: None,
            user,
            invoker: None,
            others: Vec::new(),
            tools: BTreeMap::new(),
            paths: BTreeSet::new(),
            files: BTreeMap::new(),
            texts: BTreeMap::new(),
            links: BTreeMap::new(),
            written: BTreeMap::new(),
            closed: BTreeSet::new(),
            running: BTreeMap::new(),
            variables: BTreeMap::new(),
            services: None,
            engines: Vec::new(),
        }
    }

    /// Whether this process runs as root, and may change the machine.
    pub fn is_root(&self) -> bool {
        self.user.uid == 0
    }

    /// Whether `path` exists.
    pub fn has(&self, path: impl AsRef<Path>) -> bool {
        self.paths.contains(path.as_ref())
    }

    /// Whether the distribution is one of `ids`, or names one of them in `ID_LIKE`.
    pub fn is_like(&self, ids: &[&str]) -> bool {
        self.distribution.as_ref().is_some_and(|distribution| {
            std::iter::once(&distribution.id).chain(&distribution.like).any(|id| ids.contains(&id.as_str()))
        })
    }

    /// The user who called sudo, else the user of this process.
    pub fn person(&self) -> &User {
        self.invoker.as_ref().unwrap_or(&self.user)
    }

    /// The users whose own stores are changed: the user who called sudo, or the user of this process unless it is root; and the
    /// other users, if they were asked for.
    pub fn people(&self) -> impl Iterator<Item = &User> {
        self.invoker.iter().chain((!self.is_root()).then_some(&self.user)).chain(&self.others)
    }

    /// The text of the settings file at `path`, if it was asked for and can be read.
    pub fn text(&self, path: impl AsRef<Path>) -> Option<&str> {
        self.texts.get(path.as_ref()).map(SettingsText::as_str)
    }
}
