//! A GitLab in a container, as a NAS has it: a real engine runs an image that is made of this machine's
//! own nginx, with its configuration and its data in volumes.

use super::Engine;
use super::machine::Machine;
use super::process::Output;

/// Settings that lack nothing.
const GITLAB_RB: &str = "external_url 'https://mygitlab.example.com'\n\
                         registry_external_url 'https://mygitlab.example.com:4567'\n\
                         letsencrypt['enable'] = false\n";

/// What runs in containers of a machine; they end before it does, because their control groups are laid in
/// those of the machine around the lab.
pub struct Containers<'m> {
    machine: &'m Machine,
}

impl<'m> Containers<'m> {
    /// Makes the image, the volumes in `/srv/gitlab` and a network.
    pub fn prepare(machine: &'m Machine, _engine: &Engine<'m>) -> Self {
        machine.write("/tmp/image/gitlab-ctl", include_str!("gitlab/gitlab-ctl"));
        machine.write("/tmp/image/omnibus.rb", include_str!("../gitlab_rb/omnibus.rb"));
        machine.write("/tmp/image/reconfigure.rb", include_str!("gitlab/reconfigure.rb"));
        machine.write("/tmp/image/init", include_str!("container/init"));
        machine.sh(include_str!("container/image.sh")).succeeded();
        machine.write("/srv/gitlab/config/gitlab.rb", GITLAB_RB);
        machine.write("/srv/gitlab/data/nginx/conf/nginx.conf", include_str!("container/nginx.conf"));
        machine.run(["docker", "network", "create", "web"]).succeeded();
        Self { machine }
    }

    /// Has Compose, beside the current engine (`scripts/install-engine`), and a project in `/srv/gitlab` whose file
    /// publishes GitLab's port alone; starts it.
    pub fn compose(&self) {
        let plugin = "/usr/libexec/docker/cli-plugins";
        let link =
            format!("mkdir -p {plugin} && ln -s /var/cache/labtrust-engine{plugin}/docker-compose {plugin}/");
        self.machine.sh(&link).succeeded();
        self.machine.write("/srv/gitlab/compose.yaml", include_str!("container/compose.yaml"));
        self.machine.sh("cd /srv/gitlab && docker compose up -d").succeeded();
    }

    /// `docker run` with these options, the volumes and the image.
    pub fn run<'a>(&self, options: impl IntoIterator<Item = &'a str>) -> Output {
        let volumes =
            ["config:/etc/gitlab", "data:/var/opt/gitlab"].map(|volume| format!("/srv/gitlab/{volume}"));
        let first = ["docker", "run", "--detach", "--network", "web"].map(str::to_owned);
        let volumes = volumes.into_iter().flat_map(|volume| ["--volume".to_owned(), volume]);
        let options = options.into_iter().map(str::to_owned);
        self.machine
            .run(first.into_iter().chain(volumes).chain(options).chain(["gitlab/gitlab-ce:lab".to_owned()]))
    }
}

impl Drop for Containers<'_> {
    fn drop(&mut self) {
        self.machine.sh("docker ps --all --quiet | xargs --no-run-if-empty docker rm --force");
    }
}
