//! A GitLab as everyone outside sees it: Omnibus's folders and `gitlab-ctl`, its nginx on 443 and 4567, the token service
//! behind the one and a real container registry behind the other.

use super::HOST;
use super::machine::Machine;
use super::pair::Pair;

/// The settings of its nginx.
pub(crate) const NGINX: &str = "/var/opt/gitlab/nginx/conf/nginx.conf";
/// The settings of its registry.
pub(crate) const REGISTRY_SETTINGS: &str = "/var/opt/gitlab/registry/config.yml";

/// The files of an installation, with the mode that each has.
const FILES: [(&str, &str, &str); 10] = [
    ("/etc/gitlab/gitlab.rb", "600", include_str!("gitlab/gitlab.rb")),
    ("/opt/gitlab/bin/gitlab-ctl", "755", include_str!("gitlab/gitlab-ctl")),
    ("/opt/gitlab/embedded/bin/runsvdir-start", "755", include_str!("gitlab/runsvdir-start")),
    ("/opt/gitlab/embedded/omnibus.rb", "644", include_str!("../gitlab_rb/omnibus.rb")),
    ("/opt/gitlab/embedded/reconfigure.rb", "644", include_str!("gitlab/reconfigure.rb")),
    ("/opt/gitlab/version-manifest.txt", "644", "gitlab-ce 18.5.1\n"),
    ("/opt/gitlab/sv/realm.py", "644", include_str!("gitlab/realm.py")),
    ("/opt/gitlab/sv/registry-key", "755", include_str!("gitlab/registry-key")),
    (NGINX, "644", include_str!("gitlab/nginx.conf")),
    (REGISTRY_SETTINGS, "644", include_str!("gitlab/registry.yml")),
];

/// A running installation, as after `apt-get install gitlab-ce` with an https URL and no certificate: nginx cannot start,
/// and is started again and again until the certificate and key exist.
pub(crate) struct Gitlab<'m> {
    machine: &'m Machine,
}

impl<'m> Gitlab<'m> {
    /// Installs it and starts its services.
    pub(crate) fn start(machine: &'m Machine) -> Self {
        for (path, mode, contents) in FILES {
            machine.write_with_mode(path, mode, contents);
        }
        machine.sh("ln -s /opt/gitlab/bin/gitlab-ctl /usr/bin/gitlab-ctl").succeeded();
        machine.sh("ln -s /usr/bin/ruby /opt/gitlab/embedded/bin/ruby").succeeded();
        machine.run(["/opt/gitlab/sv/registry-key"]).succeeded();
        machine.run(["/opt/gitlab/embedded/bin/runsvdir-start"]).succeeded();
        let gitlab = Self { machine };
        gitlab.wait("http://127.0.0.1:5000/");
        gitlab.wait("http://127.0.0.1:8080/");
        gitlab
    }

    /// Installs a certificate and key without labtrust, and waits until nginx serves them.
    pub(crate) fn serve(&self, pair: &Pair) {
        self.serve_chain(pair, &pair.chain());
    }

    /// The same with another chain: `pair.leaf` alone, or `pair.shuffled()`.
    pub(crate) fn serve_chain(&self, pair: &Pair, chain: &str) {
        self.machine.write(&format!("/etc/gitlab/ssl/{HOST}.crt"), chain);
        self.machine.write_with_mode(&format!("/etc/gitlab/ssl/{HOST}.key"), "600", &pair.key);
        self.hup();
        self.wait_served(&pair.leaf);
    }

    /// Makes nginx reload its certificate and settings.
    pub(crate) fn hup(&self) {
        hup(self.machine);
    }

    /// Puts `new` in place of `old` in nginx's settings, such as another port, and starts it again.
    pub(crate) fn change_nginx(&self, old: &str, new: &str) {
        self.change("nginx", NGINX, old, new);
    }

    /// Puts `new` in place of `old` in the registry's settings, such as another realm, and starts it again.
    pub(crate) fn change_registry(&self, old: &str, new: &str) {
        self.change("registry", REGISTRY_SETTINGS, old, new);
    }

    fn change(&self, service: &str, path: &str, old: &str, new: &str) {
        let settings = self.machine.read(path);
        assert!(settings.contains(old), "{path} has no {old:?}:\n{settings}");
        self.machine.write(path, settings.replace(old, new));
        again(self.machine, service);
    }

    /// Gives it this gitlab.rb, already applied.
    pub(crate) fn configure(&self, gitlab_rb: &str) {
        self.machine.write_with_mode("/etc/gitlab/gitlab.rb", "600", gitlab_rb);
        self.machine.run(["gitlab-ctl", "reconfigure"]).succeeded();
        self.machine.sh(": >/var/log/gitlab/gitlab-ctl.log").succeeded();
    }

    /// Waits until this leaf is served on both ports.
    pub(crate) fn wait_served(&self, leaf: &str) {
        let script = include_str!("gitlab/wait-served.sh");
        let line = ["sh", "-c", script, "wait-served", HOST];
        self.machine.command(line).stdin(leaf).run().succeeded();
    }

    /// The `gitlab-ctl` commands that were given since it was installed.
    pub(crate) fn calls(&self) -> Vec<String> {
        let log = self.machine.sh("cat /var/log/gitlab/gitlab-ctl.log || true").succeeded();
        log.stdout.lines().map(str::to_owned).collect()
    }

    fn wait(&self, url: &str) {
        let script = r#"for i in $(seq 600); do curl -s -o /dev/null "$1" && exit; sleep 0.05; done; exit 1"#;
        self.machine.run(["sh", "-c", script, "wait", url]).succeeded();
    }
}

/// Ends a service (`nginx`, `registry`, `realm`), and waits until it was started again and listens.
pub(crate) fn again(machine: &Machine, service: &str) {
    machine.run(["sh", "-c", include_str!("gitlab/again.sh"), "again", service]).succeeded();
}

/// Makes nginx reload its certificate and settings, and waits until no worker uses the old ones.
pub(crate) fn hup(machine: &Machine) {
    machine.run(["sh", "-c", include_str!("gitlab/hup.sh")]).succeeded();
}
