//! The program that keeps a container: it starts the container again, and its own file decides on the published ports. A
//! change of the container alone would not last.

use std::path::{Path, PathBuf};

use labtrust_plan::{ShellLine, shell_line, shell_path, shell_word};

use time::OffsetDateTime;

use super::{Project, PublishedPort, Recipe};
use crate::by_hand::ByHand;

/// The keeper of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// A Swarm.
    Swarm(Service),
    /// Compose.
    Compose(Project),
    /// systemd, by a quadlet or by a unit that runs podman.
    Unit(Unit),
    /// Nobody: a person ran a command.
    Nobody,
}

/// A service of a Swarm (docker/cli, `compose/convert`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// Its name.
    name: String,
    /// The stack that it was deployed with.
    stack: Option<String>,
}

/// A unit of systemd (podman-systemd.unit(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Its name, such as `gitlab.service`.
    name: String,
    /// The home of the user whose systemd keeps it; none for the machine's.
    home: Option<PathBuf>,
}

/// The folders of quadlets, in the order of precedence.
const QUADLETS: [&str; 3] =
    ["/run/containers/systemd", "/etc/containers/systemd", "/usr/share/containers/systemd"];
/// The folder of a user's quadlets, below the home.
const USERS_QUADLETS: &str = ".config/containers/systemd";
/// The folder of a user's podman, below the home.
const USERS_PODMAN: &str = "/.local/share/containers/";

impl Recipe {
    /// The keeper of the container.
    pub(crate) fn keeper(&self) -> Keeper {
        let label = |name: &str| self.text(&["Config", "Labels", name]).map(str::to_owned);
        if let Some(name) = self.swarm_service() {
            return Keeper::Swarm(Service {
                name: name.to_owned(),
                stack: label("com.docker.stack.namespace"),
            });
        }
        // podman-compose names a unit too, which few people have.
        if let Some(project) = self.project() {
            return Keeper::Compose(project);
        }
        let home = self.text(&["StaticDir"]).and_then(|folder| folder.split_once(USERS_PODMAN));
        let home = home.map(|(home, _)| PathBuf::from(home));
        label("PODMAN_SYSTEMD_UNIT").map_or(Keeper::Nobody, |name| Keeper::Unit(Unit { name, home }))
    }

    /// The command that starts the container, which does not run.
    pub(crate) fn start(&self, engine: &ShellLine) -> ShellLine {
        match self.keeper() {
            Keeper::Unit(unit) => unit.systemctl(&["start", &unit.name]),
            Keeper::Swarm(service) => service.again(engine),
            Keeper::Compose(_) | Keeper::Nobody => engine.clone().with(["start", self.name()]),
        }
    }

    /// The command that starts the container again.
    pub(crate) fn restart(&self, engine: &ShellLine) -> ShellLine {
        match self.keeper() {
            Keeper::Unit(unit) => unit.systemctl(&["restart", &unit.name]),
            Keeper::Swarm(service) => service.again(engine),
            Keeper::Compose(_) | Keeper::Nobody => engine.clone().with(["restart", self.name()]),
        }
    }
}

impl Service {
    /// The command that replaces its tasks.
    fn again(&self, engine: &ShellLine) -> ShellLine {
        shell_line!("{} service update --force {}", engine, self.name)
    }

    /// The commands that replace its config for the file `path` by one with these `lines` more. A config of a Swarm
    /// cannot be changed. `task` is its container.
    pub(crate) fn replace_config(
        &self,
        engine: &ShellLine,
        task: &str,
        path: &str,
        lines: &[String],
    ) -> Vec<ShellLine> {
        let new = format!("{}-gitlab-rb-{}", self.name, OffsetDateTime::now_utc().unix_timestamp());
        let lines: Vec<ShellLine> = lines.iter().map(|line| ShellLine::of([line])).collect();
        let name = format!(
            "{{{{range .Spec.TaskTemplate.ContainerSpec.Configs}}}}{{{{if and .File (eq .File.Name \"{path}\")}}}}\
             {{{{.ConfigName}}}}{{{{end}}}}{{{{end}}}}"
        );
        let old = shell_line!("{} service inspect --format {} {}", engine, name, self.name);
        let add = format!("source={new},target={path}");
        vec![
            shell_line!(
                "{ {} exec {} cat {} && printf '\\n%s'{}; } | {} config create {} -",
                engine,
                task,
                path,
                labtrust_plan::Options(&lines),
                engine,
                new
            ),
            shell_line!(
                "{} service update --config-rm \"$({})\" --config-add {} {}",
                engine,
                old,
                add,
                self.name
            ),
        ]
    }

    /// The steps that publish the `missing` ports. `is_on_host`: its ports are published by the machine of the task, and
    /// not by every machine of the Swarm.
    pub(crate) fn by_hand(
        &self,
        engine: &ShellLine,
        missing: &[PublishedPort],
        is_on_host: bool,
    ) -> Vec<ByHand> {
        let mode = if is_on_host { ",mode=host" } else { "" };
        let add = |PublishedPort { outside, inside }: &PublishedPort| {
            shell_line!("--publish-add {}", format!("published={outside},target={inside}{mode}"))
        };
        let options: Vec<_> = missing.iter().map(add).collect();
        let options = labtrust_plan::Options(&options);
        let update = shell_line!("{} service update{} {}", engine, options, self.name);
        let steps =
            ByHand::remark(format!("let the Swarm publish it for the service {}", shell_word(&self.name)));
        let stack = self.stack.as_ref().map(|stack| {
            let lines = missing.iter().flat_map(|port| stack_lines(*port, is_on_host));
            ByHand::remark(format!(
                "and in the stack file of {}, below `ports:` of its service, or the next `docker stack deploy` removes it",
                shell_word(stack)
            ))
            .lines(lines)
        });
        std::iter::once(steps.run([update])).chain(stack).collect()
    }
}

/// The lines of a stack file for `port`.
fn stack_lines(port: PublishedPort, is_on_host: bool) -> Vec<String> {
    let PublishedPort { outside, inside } = port;
    if is_on_host {
        let rest = [format!("published: {outside}"), "mode: host".to_owned()];
        let rest = rest.into_iter().map(|line| format!("        {line}"));
        std::iter::once(format!("      - target: {inside}")).chain(rest).collect()
    } else {
        vec![format!("      - \"{outside}:{inside}\"")]
    }
}

impl Unit {
    /// `systemctl` with these words, as people type it.
    fn systemctl(&self, words: &[&str]) -> ShellLine {
        let program = if self.home.is_some() { "systemctl --user" } else { "systemctl" };
        ShellLine::from(program).with(words)
    }

    /// Its name without `.service`.
    fn stem(&self) -> &str {
        self.name.strip_suffix(".service").unwrap_or(&self.name)
    }

    /// The quadlet that it is made from, if that is found.
    fn quadlet(&self, is_here: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
        let users = self.home.iter().map(|home| home.join(USERS_QUADLETS));
        let machines = QUADLETS.iter().map(PathBuf::from).filter(|_| self.home.is_none());
        let name = format!("{}.container", self.stem());
        users.chain(machines).map(|folder| folder.join(&name)).find(|file| is_here(file))
    }

    /// The steps that publish the `missing` ports.
    pub(crate) fn by_hand(&self, missing: &[PublishedPort], is_here: &dyn Fn(&Path) -> bool) -> Vec<ByHand> {
        let ports = missing.iter().map(|PublishedPort { outside, inside }| format!("{outside}:{inside}"));
        let (what, lines): (_, Vec<_>) = match self.quadlet(is_here) {
            Some(file) => (
                format!(
                    "in {}, below [Container] (in a pod: in its .pod file, below [Pod]), add",
                    shell_path(&file)
                ),
                ports.map(|port| format!("PublishPort={port}")).collect(),
            ),
            None => (
                format!("to the `podman run` of the unit {}, add", shell_word(&self.name)),
                ports.map(|port| format!("--publish {port}")).collect(),
            ),
        };
        let commands = [self.systemctl(&["daemon-reload"]), self.systemctl(&["restart", &self.name])];
        vec![
            ByHand::remark(what).lines(lines),
            ByHand::remark("then let systemd start it again").run(commands),
        ]
    }
}
