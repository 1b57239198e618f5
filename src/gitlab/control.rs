//! GitLab's own `gitlab-ctl`, on this machine or in a container: it shows the services that run, and makes nginx reload
//! its certificate.

use labtrust_machine::World;
use labtrust_plan::{Command, Reload};

/// `gitlab-ctl` is a Ruby program that takes seconds to start on a small machine.
const SECONDS: u64 = 60;

/// The time that GitLab may take to apply a changed gitlab.rb, in seconds.
const RECONFIGURE: u64 = 900;

/// A way to run `gitlab-ctl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Control(Command);

/// The services that GitLab's supervisor runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// nginx runs, or its supervisor restarts it again and again because its certificate is missing.
    pub nginx: bool,
    /// The registry is a service of this GitLab.
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

    /// The way to run `gitlab-ctl` that `command` used, if labtrust made that command.
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

    /// The services that run; none if `gitlab-ctl` fails.
    pub(crate) fn status(&self, world: &World) -> Option<Status> {
        let output = world.try_run(&self.command(&["status"])).ok()?;
        Some(Status::read(&String::from_utf8_lossy(&output.stdout))).filter(|_| !output.stdout.is_empty())
    }

    /// The commands that make new certificate files take effect. `reconfigure` does not: it reads only gitlab.rb
    /// (docs.gitlab.com, "Configure SSL for a Linux package installation").
    pub(crate) fn reload(&self, status: Status) -> Reload {
        let mut reload = Reload::default();
        if status.nginx {
            reload.applied.push(self.command(&["hup", "nginx"]));
            if status.registry {
                // The registry has no reload: the signal ends it, and its supervisor starts it again.
                reload.applied.push(self.command(&["hup", "registry"]));
                reload.restarted.push("GitLab's registry".into());
            }
        }
        reload.undone.clone_from(&reload.applied);
        reload
    }

    /// What [`reconfigure`](Self::reconfigure) restarts (docs.gitlab.com, "Reconfigure and restart").
    pub(crate) const RECONFIGURED: &str = "those services of GitLab whose settings change";

    /// The command that makes GitLab apply a changed gitlab.rb. It takes minutes on a small machine.
    pub(crate) fn reconfigure(&self) -> Command {
        self.command(&["reconfigure"]).within(RECONFIGURE)
    }

    /// GitLab's own Ruby, by GitLab's path.
    pub(crate) const RUBY: &str = "/opt/gitlab/embedded/bin/ruby";

    /// The command that runs GitLab's own Ruby with `arguments`.
    pub(crate) fn ruby<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.0.clone().within(SECONDS);
        match command.arguments.pop() {
            None => command.program = Self::RUBY.into(),
            // In place of `gitlab-ctl`.
            Some(_) => command.arguments.push(Self::RUBY.into()),
        }
        command.arguments.extend(arguments.into_iter().map(str::to_owned));
        command
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.0.clone().within(SECONDS);
        command.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        command
    }
}

impl Status {
    /// The services of an Omnibus package on this machine, by its supervisor's folders.
    pub(super) fn of_folders() -> Self {
        let has = |name: &str| std::path::Path::new("/opt/gitlab/service").join(name).exists();
        Self { nginx: has("nginx"), registry: has("registry") }
    }

    /// Reads the output of `gitlab-ctl status`, one service a line (sv(8)): `run: nginx: (pid 9) 5s; …`,
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

/// Whether the reload `command` of an earlier run still has an effect. A GitLab that was stopped or removed since then
/// cannot reload, and undoing must not fail because of that.
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
            let reload = control.reload(status);
            assert_eq!(reload.applied[0].to_string(), first);
            assert_eq!((reload.applied.len(), reload.restarted.len()), (2, 1));
            let again = Control::of(&reload.applied[1]).map(|control| control.reload(status));
            assert_eq!(again, Some(reload));
            let nginx = control.reload(Status { registry: false, ..status });
            assert!(nginx.restarted.is_empty(), "nginx reloads without a restart");
        }
        assert_eq!(
            Control::inside(&docker, "web").ruby(["-c", "/etc/gitlab/gitlab.rb"]).to_string(),
            "/usr/bin/docker --host unix:///var/run/docker.sock exec web /opt/gitlab/embedded/bin/ruby -c /etc/gitlab/gitlab.rb"
        );
        assert_eq!(Control::omnibus().ruby(["-c", "/x"]).to_string(), "/opt/gitlab/embedded/bin/ruby -c /x");
        assert_eq!(Control::of(&Command::new("/bin/sh", ["-c", "nginx -s reload"])), None);
        assert!(Control::omnibus().reload(Status { nginx: false, registry: true }).applied.is_empty());
    }
}
