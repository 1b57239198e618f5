//! The two files that a new GitLab starts from, `compose.yaml` and `gitlab.rb`. They are written as their own
//! documentation writes them, for people to edit later.

use labtrust_plan::{Endpoint, Host};

use super::{config::url, ports::Ports};

/// The data for both files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blueprint {
    /// GitLab's endpoint for clients.
    pub gitlab: Endpoint,
    /// The registry's endpoint for clients.
    pub registry: Endpoint,
    /// The ports of this machine for both.
    pub ports: Ports,
    /// Whether folders must be labelled before a container may use them (`SELinux`).
    pub is_labelled: bool,
}

impl Blueprint {
    /// `compose.yaml` (compose-spec). Under an external URL with a port, nginx listens on that port
    /// inside too; and YAML 1.1 reads `22:22` without quotes as a number.
    pub(super) fn compose(&self) -> String {
        let Ports { https, http, ssh, registry } = self.ports;
        let all = [(https, https), (http, 80), (ssh, 22), (registry, registry)];
        // One port for two hosts is published once.
        let distinct = if registry == https { &all[..3] } else { &all };
        let ports: Vec<_> =
            distinct.iter().map(|(outside, inside)| format!("      - \"{outside}:{inside}\"\n")).collect();
        let label = if self.is_labelled { ":Z" } else { "" };
        let volumes = [("config", "/etc/gitlab"), ("logs", "/var/log/gitlab"), ("data", "/var/opt/gitlab")];
        let volumes = volumes.map(|(folder, inside)| format!("      - ./{folder}:{inside}{label}\n"));
        // An IP address is not a host name.
        let hostname = match &self.gitlab.host {
            Host::Dns(name) => name.as_str(),
            Host::Ip(_) => "gitlab",
        };
        format!(
            "# {URL} and its registry. Start it here: docker compose up -d\n\
             # Another image or version: GITLAB_IMAGE=gitlab/gitlab-ee:… docker compose up -d\n\
             services:\n\
             \x20 gitlab:\n\
             \x20   image: \"${{GITLAB_IMAGE:-gitlab/gitlab-ce:latest}}\"\n\
             \x20   hostname: \"{hostname}\"\n\
             \x20   restart: unless-stopped\n\
             \x20   shm_size: 256m\n\
             \x20   ports:\n\
             {ports}\
             \x20   volumes:\n\
             {volumes}",
            URL = url(&self.gitlab),
            ports = ports.concat(),
            volumes = volumes.concat(),
        )
    }

    /// `gitlab.rb`.
    pub(super) fn gitlab_rb(&self) -> String {
        let mut text = format!(
            "# GitLab's settings. After editing: docker compose exec gitlab gitlab-ctl reconfigure\n\
             external_url \"{}\"\n\
             registry_external_url \"{}\"\n\
             \n\
             # GitLab serves the certificate in ssl/. Without this line it would request one from Let's Encrypt.\n\
             letsencrypt['enable'] = false\n\
             nginx['redirect_http_to_https'] = true\n",
            url(&self.gitlab),
            url(&self.registry),
        );
        if self.ports.ssh != 22 {
            text.push_str("\n# The host's port for port 22 of the container; clone URLs show it.\n");
            text.push_str("gitlab_rails['gitlab_shell_ssh_port'] = ");
            text.push_str(&self.ports.ssh.to_string());
            text.push('\n');
        }
        text
    }
}

/// The host's port that `compose` publishes for the container's port `inside`. labtrust wrote the file; people may have
/// edited it.
pub(super) fn published(compose: &str, inside: u16) -> Option<u16> {
    compose.lines().find_map(|line| {
        let mapping = line.trim().strip_prefix('-')?.trim().trim_matches(['"', '\'']);
        let (outside, found) = mapping.rsplit_once(':')?;
        if found.parse() != Ok(inside) {
            return None;
        }
        // An address may come before the port.
        outside.rsplit(':').next()?.parse().ok()
    })
}

/// The name of the service in a `compose` file that mounts something at GitLab's configuration folder. A line decides, as
/// people write such files: a key at the indentation of the first service is a service.
pub(super) fn service_of(compose: &str) -> Option<&str> {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let lines =
        || compose.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let mut services = lines().skip_while(|line| line.trim_end() != "services:").skip(1);
    let first = services.next()?;
    let depth = indentation(first);
    let mut service = None;
    for line in std::iter::once(first).chain(services).take_while(|line| indentation(line) > 0) {
        if indentation(line) == depth {
            service = line.trim().strip_suffix(':');
        }
        let is_mounted = line.split([' ', '"', '\'']).any(|word| {
            let inside = word.split(':').nth(1).unwrap_or(word);
            inside.trim_end_matches('/') == "/etc/gitlab"
        });
        if is_mounted {
            return service.map(|name| name.trim_matches(['"', '\'']));
        }
    }
    None
}

#[cfg(test)]
mod tests;
