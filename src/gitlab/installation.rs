//! An installed GitLab, of any kind, as the folders of its configuration and the commands that control it. The rest of
//! labtrust works only with these.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_machine::{World, world::Node};
use labtrust_plan::{Actor, Command, Facts, Reload, ShellLine};

use super::{
    compose,
    container::{self, Container, Reach},
    control::{Control, Status},
    inside, recipe,
    ruby::ENVIRONMENT,
};
use crate::hint::{fail, hint, shell_line};

/// A GitLab, or a folder, that gets a certificate and key.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    /// How it was installed.
    pub kind: Kind,
    /// The folder that holds gitlab.rb and `ssl/`.
    pub config: PathBuf,
    /// Where its gitlab.rb is.
    pub gitlab_rb: GitlabRb,
    /// The folder for certificates and keys.
    pub ssl: PathBuf,
    /// The folder of the certificates that GitLab itself trusts.
    pub trusted_certs: Option<PathBuf>,
    /// Whether its nginx runs, and so serves a new certificate at once.
    pub running: bool,
    /// How nginx reloads its certificate; empty if it does not run.
    pub reload: Reload,
    /// Its `gitlab-ctl`; none if it cannot be run, or GitLab does not run.
    pub control: Option<Control>,
    /// `gitlab-ctl` as people type it, if a compose file near the folder tells.
    pub compose: Option<ShellLine>,
    /// The user who may write there.
    pub actor: Actor,
}

/// How a GitLab was installed.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// From an Omnibus package, on this machine itself.
    Omnibus,
    /// In a container.
    Container(Box<Container>),
    /// Unknown: only its configuration folder is known.
    Folder,
    /// Not installed yet: `docker compose up -d` will start it from a folder.
    Prepared,
    /// No GitLab: a folder for a certificate and key that another server uses.
    Out,
}

/// The gitlab.rb that GitLab reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GitlabRb {
    /// The one in the configuration folder.
    InFolder,
    /// This file of the machine, which is mounted over the one in the folder.
    Mounted(PathBuf),
    /// A file that only the container sees, such as a config of a Swarm.
    Inside,
}

const OMNIBUS: &str = "/opt/gitlab/bin/gitlab-ctl";

impl Installation {
    /// The Omnibus package, if it is installed.
    pub(crate) fn omnibus(world: &World) -> Result<Option<Self>> {
        // Only root may run `gitlab-ctl status`; other users still see the plan.
        Self::omnibus_with(world, |control| control.status(world).unwrap_or_else(Status::of_folders))
    }

    /// The same without running `gitlab-ctl`, which takes seconds.
    pub(super) fn omnibus_without_status(world: &World) -> Result<Option<Self>> {
        Self::omnibus_with(world, |_| Status::of_folders())
    }

    fn omnibus_with(world: &World, status: impl Fn(&Control) -> Status) -> Result<Option<Self>> {
        if !exists(world, Path::new(OMNIBUS))? {
            return Ok(None);
        }
        let control = Control::omnibus();
        let status = status(&control);
        Ok(Some(Self {
            actor: Actor::Machine,
            running: status.nginx,
            reload: control.reload(status),
            control: Some(control).filter(|_| status.nginx),
            ..Self::folder(Kind::Omnibus, Path::new(container::CONFIG), None)
        }))
    }

    /// The GitLab in `container`.
    pub(crate) fn container(world: &World, facts: &Facts, container: Container) -> Result<Self> {
        Self::container_with(world, facts, container, |control| control.status(world).unwrap_or_default())
    }

    /// The same without running `gitlab-ctl`, which takes seconds.
    pub(super) fn container_without_status(
        world: &World,
        facts: &Facts,
        container: Container,
    ) -> Result<Self> {
        Self::container_with(world, facts, container, |_| Status { nginx: true, registry: true })
    }

    fn container_with(
        world: &World,
        facts: &Facts,
        container: Container,
        status: impl Fn(&Control) -> Status,
    ) -> Result<Self> {
        let outside = |inside: &str| container.outside(Path::new(inside));
        let Some(config) = outside(container::CONFIG) else {
            return Err(fail(
                format!("the container {} has no volume at /etc/gitlab", container.name),
                "mount a volume there, because files inside the container are lost with it; or create only the certificate and \
                 key: {labtrust setup HOST --out DIR}",
            ));
        };
        if world.look(&config)? == Node::Absent {
            return Err(fail(
                format!(
                    "{}, which the container {} mounts at /etc/gitlab, does not exist on this machine",
                    config.display(),
                    container.name
                ),
                "run labtrust on the machine, or in the virtual machine, where Docker runs; or write the certificate and key \
                 with --out DIR, and copy them with `docker cp`",
            ));
        }
        let actor = match &container.owner {
            Some(user) if user.uid == facts.user.uid => Actor::Caller,
            Some(user) => Actor::User(user.clone()),
            None => owner(&config, facts)?,
        };
        let control = Control::inside(&container.engine, &container.name);
        let status = if container.running { status(&control) } else { Status::default() };
        let ssl = outside("/etc/gitlab/ssl");
        let trusted_certs = outside("/etc/gitlab/trusted-certs");
        let gitlab_rb = GitlabRb::of(world, &container, &config);
        let mut found = Self::folder(Kind::Container(Box::new(container)), &config, ssl);
        found.gitlab_rb = gitlab_rb;
        found.trusted_certs = trusted_certs;
        found.running = status.nginx;
        found.reload = control.reload(status);
        found.control = Some(control).filter(|_| status.nginx);
        found.actor = actor;
        Ok(found)
    }

    /// The configuration folder `config` of a GitLab that labtrust did not find.
    pub(crate) fn unseen(world: &World, facts: &Facts, config: &Path) -> Result<Self> {
        let folder = Self::folder(Kind::Folder, config, None);
        Ok(Self { actor: owner(config, facts)?, compose: compose_exec(world, config), ..folder })
    }

    /// The configuration folder `config` of a GitLab that will be started from it.
    pub(crate) fn prepared(config: &Path) -> Self {
        Self::folder(Kind::Prepared, config, None)
    }

    /// The folder `folder`. The command `reload` makes the server that uses it reload the certificate.
    pub(crate) fn out(folder: &Path, reload: Option<&str>) -> Self {
        let commands: Vec<_> = reload.map(|line| Command::new("/bin/sh", ["-c", line])).into_iter().collect();
        // Only the administrator knows more.
        let restarted =
            reload.map(|_| "the services that the command of --reload restarts, if any".to_owned());
        Self {
            running: reload.is_some(),
            reload: Reload {
                undone: commands.clone(),
                applied: commands,
                restarted: restarted.into_iter().collect(),
                ..Reload::default()
            },
            trusted_certs: None,
            ..Self::folder(Kind::Out, folder, Some(folder.to_owned()))
        }
    }

    fn folder(kind: Kind, config: &Path, ssl: Option<PathBuf>) -> Self {
        Self {
            kind,
            config: config.to_owned(),
            gitlab_rb: GitlabRb::InFolder,
            ssl: ssl.unwrap_or_else(|| config.join("ssl")),
            trusted_certs: Some(config.join("trusted-certs")),
            running: false,
            reload: Reload::default(),
            control: None,
            compose: None,
            actor: Actor::Caller,
        }
    }

    /// Whether there is a GitLab: not in a folder that one will be started from, and not behind a folder of `--out`.
    pub(crate) fn is_gitlab(&self) -> bool {
        !matches!(self.kind, Kind::Out | Kind::Prepared)
    }

    /// The settings in a container's environment, which GitLab evaluates before gitlab.rb.
    pub(crate) fn environment(&self) -> &str {
        match &self.kind {
            Kind::Container(container) => container.recipe.variable(ENVIRONMENT).unwrap_or_default(),
            _ => "",
        }
    }

    /// GitLab's own configuration file: its path on this machine, or in the container if it is only there.
    pub(crate) fn gitlab_rb(&self) -> PathBuf {
        match &self.gitlab_rb {
            GitlabRb::InFolder => self.config.join("gitlab.rb"),
            GitlabRb::Mounted(path) => path.clone(),
            GitlabRb::Inside => container::GITLAB_RB.into(),
        }
    }

    /// Whether labtrust may edit that file: not if it is mounted alone, because a container sees the new file only after
    /// a restart.
    pub(crate) fn may_edit(&self) -> bool {
        match &self.kind {
            Kind::Container(_) => self.gitlab_rb == GitlabRb::InFolder,
            Kind::Omnibus | Kind::Folder => true,
            Kind::Prepared | Kind::Out => false,
        }
    }

    /// The commands after which GitLab has applied a gitlab.rb that a person edited. `lines` are missing in it.
    pub(crate) fn apply_by_hand(&self, lines: &[String]) -> Vec<ShellLine> {
        match &self.kind {
            Kind::Container(container) if self.gitlab_rb == GitlabRb::Inside => {
                container.replace_gitlab_rb(lines)
            }
            Kind::Container(container) if !self.may_edit() => vec![container.restart()],
            _ => vec![self.reconfigure()],
        }
    }

    /// The command that makes a running GitLab apply a changed gitlab.rb.
    pub(crate) fn reconfigure_command(&self) -> Option<Command> {
        self.control.as_ref().map(Control::reconfigure)
    }

    /// The same for a person to run, if GitLab does not run: only its administrator decides to start it.
    pub(crate) fn reconfigure_by_hand(&self) -> Option<Command> {
        match &self.kind {
            _ if self.running => None,
            Kind::Omnibus => Some(Control::omnibus().reconfigure()),
            Kind::Container(container) if container.running => {
                Some(Control::inside(&container.engine, &container.name).reconfigure())
            }
            // A container reconfigures whenever it starts (omnibus-gitlab, docker/assets/init-container).
            _ => None,
        }
    }

    /// The command that starts GitLab, if it is known and GitLab does not run.
    pub(crate) fn start(&self) -> Option<ShellLine> {
        match &self.kind {
            _ if self.running => None,
            Kind::Omnibus => Some("gitlab-ctl start".into()),
            Kind::Container(container) if container.running => Some(self.gitlab_ctl().with(["start"])),
            Kind::Container(container) => Some(container.start()),
            _ => None,
        }
    }

    /// The command that checks gitlab.rb with GitLab's own Ruby, if GitLab runs.
    pub(crate) fn ruby(&self) -> Option<Command> {
        self.control.as_ref().map(|control| control.ruby(["-c", container::GITLAB_RB]))
    }

    /// The path on this machine of GitLab's path `inside`; none if this machine cannot reach it.
    pub(crate) fn outside(&self, inside: &Path) -> Option<PathBuf> {
        match &self.kind {
            Kind::Omnibus => inside.is_absolute().then(|| inside.to_owned()),
            Kind::Container(container) => container.outside(inside),
            Kind::Folder | Kind::Prepared => {
                inside.strip_prefix(container::CONFIG).ok().map(|rest| self.config.join(rest))
            }
            Kind::Out => None,
        }
    }

    /// The way from this machine to GitLab's `port`.
    pub(crate) fn published(&self, port: u16) -> Reach {
        match &self.kind {
            Kind::Omnibus => Reach::Here(port),
            Kind::Container(container) => container.published(port),
            Kind::Folder | Kind::Prepared | Kind::Out => Reach::Nowhere,
        }
    }

    /// GitLab's port that is published as this machine's `port`, if it is exactly one of a container.
    pub(crate) fn inside(&self, port: u16) -> Option<u16> {
        match &self.kind {
            Kind::Container(container) => container.inside(port),
            _ => None,
        }
    }

    /// The command that makes GitLab apply gitlab.rb, as people type it.
    pub(crate) fn reconfigure(&self) -> ShellLine {
        self.gitlab_ctl().with(["reconfigure"])
    }

    /// `gitlab-ctl` as people type it, without arguments.
    pub(crate) fn gitlab_ctl(&self) -> ShellLine {
        match &self.kind {
            Kind::Container(container) => container.client().with(["exec", &container.name, "gitlab-ctl"]),
            _ => self.compose.clone().unwrap_or_else(|| "gitlab-ctl".into()),
        }
    }

    /// The command after which GitLab runs with its gitlab.rb, whether or not it runs now.
    pub(crate) fn reconfigure_or_start(&self) -> ShellLine {
        match &self.kind {
            // A container reconfigures whenever it starts.
            Kind::Container(container) if !container.running => {
                self.start().unwrap_or_else(|| self.reconfigure())
            }
            _ => self.reconfigure(),
        }
    }

    /// Its name in messages.
    pub(crate) fn title(&self) -> String {
        let config = self.config.display();
        match &self.kind {
            Kind::Omnibus => "GitLab on this machine (Omnibus)".into(),
            Kind::Container(container) => format!("GitLab in the container {} ({config})", container.name),
            Kind::Folder => format!("the GitLab configuration in {config}"),
            Kind::Prepared => format!("the GitLab to be started with the configuration in {config}"),
            Kind::Out => format!("the folder {config}"),
        }
    }
}

impl GitlabRb {
    /// The gitlab.rb of `container`, whose configuration folder is `config`.
    fn of(world: &World, container: &Container, config: &Path) -> Self {
        let path = Path::new(container::GITLAB_RB);
        if let Some(file) = container.mounted_at(path) {
            return Self::Mounted(file.to_owned());
        }
        if !container.hides_files() {
            return Self::InFolder;
        }
        let inside = match inside::read(world, container, container::GITLAB_RB) {
            // The one in the folder may be another one.
            Err(_) if container.deadline.is_some() => return Self::Inside,
            inside => inside.ok().flatten(),
        };
        let outside = world.read(&config.join("gitlab.rb")).ok().flatten();
        let is_other = inside.is_some_and(|inside| outside.is_none_or(|outside| *outside != inside));
        if is_other { Self::Inside } else { Self::InFolder }
    }
}

/// `gitlab-ctl` in the container that a compose file in the folder `config`, or above it, describes.
fn compose_exec(world: &World, config: &Path) -> Option<ShellLine> {
    let folders = config.ancestors().take(2);
    let mut files =
        folders.flat_map(|folder| recipe::COMPOSE_FILES.iter().map(move |name| folder.join(name)));
    files.find_map(|file| {
        let text = String::from_utf8_lossy(&world.read(&file).ok()??).into_owned();
        let service = compose::service_of(&text)?;
        Some(shell_line!("cd {} && docker compose exec {} gitlab-ctl", file.parent()?, service))
    })
}

/// Whether anything is at `path`.
pub(super) fn exists(world: &World, path: &Path) -> Result<bool> {
    Ok(world.look(path)? != Node::Absent)
}

/// The user who writes to `folder`: its owner. Containers with user ids of their own cannot read files of the machine's
/// root.
fn owner(folder: &Path, facts: &Facts) -> Result<Actor> {
    // Subordinate ids begin above the ids that adduser(8) and systemd assign (subuid(5)).
    const FIRST_SUBORDINATE: u32 = 65_536;
    let Ok(metadata) = fs::metadata(folder) else { return Ok(Actor::Machine) };
    match metadata.uid() {
        uid if uid == facts.user.uid && uid != 0 => Ok(Actor::Caller),
        uid if uid >= FIRST_SUBORDINATE => Err(fail(
            format!(
                "{} belongs to the container user {uid}, who cannot read root's key files",
                folder.display()
            ),
            hint!(
                "write the certificate and key with --out DIR, copy them to ssl/ there, and change their owner: chown {} FILE",
                uid
            ),
        )),
        _ => Ok(Actor::Machine),
    }
}
