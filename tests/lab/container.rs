//! A GitLab in a container, as on a NAS: a real engine runs an image that is made of this machine's
//! own nginx, with its configuration and its data in volumes.

use super::machine::Machine;
use super::process::Output;
use super::{Engine, Podman};

/// Settings that lack nothing.
const GITLAB_RB: &str = "external_url 'https://mygitlab.example.com'\n\
                         registry_external_url 'https://mygitlab.example.com:4567'\n\
                         letsencrypt['enable'] = false\n";

/// What runs in containers of a machine; they end before it does, because their control groups are laid in
/// those of the machine around the lab.
pub(crate) struct Containers<'m> {
    machine: &'m Machine,
    /// The engine's client.
    client: &'static str,
}

impl<'m> Containers<'m> {
    /// Makes the image, the volumes in `/srv/gitlab` and a network.
    pub(crate) fn prepare(machine: &'m Machine, _engine: &Engine<'m>) -> Self {
        Self::prepare_with(machine, "docker")
    }

    /// The same for podman, which keeps what it has out of the machine's tree.
    pub(crate) fn prepare_podman(machine: &'m Machine, _podman: &Podman<'m>) -> Self {
        machine.write("/etc/containers/containers.conf", include_str!("podman/containers.conf"));
        machine.write("/etc/containers/storage.conf", include_str!("podman/storage.conf"));
        Self::prepare_with(machine, "podman")
    }

    fn prepare_with(machine: &'m Machine, client: &'static str) -> Self {
        machine.write("/tmp/image/gitlab-ctl", include_str!("gitlab/gitlab-ctl"));
        machine.write("/tmp/image/omnibus.rb", include_str!("../gitlab_rb/omnibus.rb"));
        machine.write("/tmp/image/reconfigure.rb", include_str!("gitlab/reconfigure.rb"));
        machine.write("/tmp/image/init", include_str!("container/init"));
        machine.run(["sh", "-c", include_str!("container/image.sh"), "image", client]).succeeded();
        machine.write("/srv/gitlab/config/gitlab.rb", GITLAB_RB);
        machine.write("/srv/gitlab/data/nginx/conf/nginx.conf", include_str!("container/nginx.conf"));
        machine.run([client, "network", "create", "web"]).succeeded();
        Self { machine, client }
    }

    /// Has Compose, beside the current engine (`scripts/install-engine`), and a project in `/srv/gitlab` whose file
    /// publishes GitLab's port alone; starts it.
    pub(crate) fn compose(&self) {
        let plugin = "/usr/libexec/docker/cli-plugins";
        let link =
            format!("mkdir -p {plugin} && ln -s /var/cache/labtrust-engine{plugin}/docker-compose {plugin}/");
        self.machine.sh(&link).succeeded();
        self.machine.write("/srv/gitlab/compose.yaml", include_str!("container/compose.yaml"));
        self.machine.sh("cd /srv/gitlab && docker compose up -d").succeeded();
    }

    /// `docker run`, or podman's, with these options, the volumes and the image.
    pub(crate) fn run<'a>(&self, options: impl IntoIterator<Item = &'a str>) -> Output {
        let volumes =
            ["config:/etc/gitlab", "data:/var/opt/gitlab"].map(|volume| format!("/srv/gitlab/{volume}"));
        let first = [self.client, "run", "--detach", "--network", "web"].map(str::to_owned);
        let volumes = volumes.into_iter().flat_map(|volume| ["--volume".to_owned(), volume]);
        let options = options.into_iter().map(str::to_owned);
        self.machine
            .run(first.into_iter().chain(volumes).chain(options).chain(["gitlab/gitlab-ce:lab".to_owned()]))
    }
}

impl Drop for Containers<'_> {
    fn drop(&mut self) {
        let client = self.client;
        self.machine.sh(&format!("{client} ps --all --quiet | xargs --no-run-if-empty {client} rm --force"));
    }
}
