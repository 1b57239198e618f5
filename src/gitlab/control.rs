//! GitLab's own `gitlab-ctl`, wherever it is: on this machine or inside a container. It tells what
//! runs and makes nginx read its certificate again.

use labtrust_machine::World;
use labtrust_plan::Command;

/// `gitlab-ctl` is a Ruby program that takes seconds to start on a small machine.
const SECONDS: u64 = 60;

/// How long GitLab may take to follow a changed gitlab.rb.
const RECONFIGURE: u64 = 900;

/// A way to run `gitlab-ctl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Control(Command);

/// Which of GitLab's services its supervisor runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// nginx runs, or is started again and again because it lacks its certificate.
    pub nginx: bool,
    /// There is a registry.
    pub registry: bool,
}

impl Control {
    /// `gitlab-ctl` of an Omnibus package on this machine.
    pub(crate) fn omnibus() -> Self {
        Self(Command::new("/opt/gitlab/bin/gitlab-ctl", [""; 0]))
    }

    /// `gitlab-ctl` in the container `name`, through the client `engine`.
    pub(crate) fn inside(engine: &Command, name: &str) -> Self {
        let mut command = engine.clone();
        command.arguments.extend(["exec", name, "gitlab-ctl"].map(str::to_owned));
        Self(command)
    }

    /// The way that `command` took, if it was one of ours.
    pub(crate) fn of(command: &Command) -> Option<Self> {
        let mut way = command.clone();
        if way.program.file_name().is_some_and(|name| name == "gitlab-ctl") {
            way.arguments.clear();
            return Some(Self(way));
        }
        let last = way.arguments.iter().position(|argument| argument == "gitlab-ctl")?;
        way.arguments.truncate(last + 1);
        Some(Self(way))
    }

    /// What runs; none if `gitlab-ctl` cannot be asked.
    pub(crate) fn status(&self, world: &World) -> Option<Status> {
        let output = world.try_run(&self.command(&["status"])).ok()?;
        Some(Status::read(&String::from_utf8_lossy(&output.stdout))).filter(|_| !output.stdout.is_empty())
    }

    /// What makes new certificate files take effect where `status` holds. `reconfigure` does not:
    /// it looks at gitlab.rb alone (docs.gitlab.com, "Configure SSL for a Linux package installation").
    pub(crate) fn reload(&self, status: Status) -> Vec<Command> {
        let mut commands = Vec::new();
        if status.nginx {
            commands.push(self.command(&["hup", "nginx"]));
            if status.registry {
                commands.push(self.command(&["hup", "registry"]));
            }
        }
        commands
    }

    /// What makes GitLab follow a changed gitlab.rb, minutes long on a small machine.
    pub(crate) fn reconfigure(&self) -> Command {
        self.command(&["reconfigure"]).within(RECONFIGURE)
    }

    /// What reads `path`, as GitLab calls it, with GitLab's own Ruby and does not run it.
    pub(crate) fn ruby(&self, path: &str) -> Command {
        let (ruby, rest) = ("/opt/gitlab/embedded/bin/ruby", ["-c".to_owned(), path.to_owned()]);
        let mut command = self.0.clone().within(SECONDS);
        match command.arguments.pop() {
            None => command.program = ruby.into(),
            // In place of `gitlab-ctl`.
            Some(_) => command.arguments.push(ruby.into()),
        }
        command.arguments.extend(rest);
        command
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.0.clone().within(SECONDS);
        command.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        command
    }
}

impl Status {
    /// What an Omnibus package on this machine is to run, by its supervisor's folders.
    pub(super) fn of_folders() -> Self {
        let has = |name: &str| std::path::Path::new("/opt/gitlab/service").join(name).exists();
        Self { nginx: has("nginx"), registry: has("registry") }
    }

    /// Reads what `gitlab-ctl status` prints, a service a line (sv(8)): `run: nginx: (pid 9) 5s; …`,
    /// `down: nginx: 1s, normally up, want up; …`, `fail: nginx: runsv not running`.
    fn read(text: &str) -> Self {
        let service = |name: &str| {
            text.lines().find_map(|line| {
                let (state, rest) = line.split_once(": ")?;
                let (found, detail) = rest.split_once(':')?;
                (found == name).then(|| (state, detail.split(';').next().unwrap_or(detail)))
            })
        };
        let runs =
            |(state, detail): (&str, &str)| state == "run" || (state == "down" && detail.contains("want up"));
        Self {
            nginx: service("nginx").is_some_and(runs),
            registry: service("registry").is_some_and(|(state, _)| state != "fail"),
        }
    }
}

/// Whether the reload `command` of an earlier run can still do something: a GitLab that was stopped
/// or removed since has nothing to reload, and undoing must not fail over that.
pub(crate) fn is_alive(world: &World, command: &Command) -> bool {
    match Control::of(command) {
        Some(control) => control.status(world).is_some_and(|status| status.nginx),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_read_as_sv_prints_them() {
        for (text, nginx, registry) in [
            (
                "run: nginx: (pid 12) 5s; run: log: (pid 3) 9s\nrun: registry: (pid 4) 1s; run: log: (pid 5) 1s\n",
                true,
                true,
            ),
            ("down: nginx: 1s, normally up, want up; run: log: (pid 1) 12s\n", true, false),
            ("down: nginx: 9s, normally up; run: log: (pid 1) 12s\nrun: registry: (pid 4) 1s\n", false, true),
            ("fail: nginx: runsv not running\nfail: registry: runsv not running\n", false, false),
            ("run: puma: (pid 1) 5s; run: log: (pid 2) 5s\n", false, false),
            ("", false, false),
        ] {
            assert_eq!(Status::read(text), Status { nginx, registry }, "{text}");
        }
    }

    #[test]
    fn a_way_is_found_again_in_the_commands_that_it_made() {
        let docker = Command::new("/usr/bin/docker", ["--host", "unix:///var/run/docker.sock"]);
        let status = Status { nginx: true, registry: true };
        for (control, first) in [
            (Control::omnibus(), "/opt/gitlab/bin/gitlab-ctl hup nginx"),
            (
                Control::inside(&docker, "web"),
                "/usr/bin/docker --host unix:///var/run/docker.sock exec web gitlab-ctl hup nginx",
            ),
        ] {
            let commands = control.reload(status);
            assert_eq!(commands[0].to_string(), first);
            assert_eq!(commands.len(), 2);
            let again = Control::of(&commands[1]).map(|control| control.reload(status));
            assert_eq!(again, Some(commands));
        }
        assert_eq!(
            Control::inside(&docker, "web").ruby("/etc/gitlab/gitlab.rb").to_string(),
            "/usr/bin/docker --host unix:///var/run/docker.sock exec web /opt/gitlab/embedded/bin/ruby -c /etc/gitlab/gitlab.rb"
        );
        assert_eq!(Control::omnibus().ruby("/x").to_string(), "/opt/gitlab/embedded/bin/ruby -c /x");
        assert_eq!(Control::of(&Command::new("/bin/sh", ["-c", "nginx -s reload"])), None);
        assert!(Control::omnibus().reload(Status { nginx: false, registry: true }).is_empty());
    }
}
