//! The containers that use a server: their environment or their list of hosts names it. Each has a trust store of its own.

use std::{path::Path, time::Instant};

use labtrust_plan::Host;
use serde::Deserialize;

use super::{INFO_LIMIT, container, get, image_name};
use crate::world::World;

/// The most containers that are looked at.
const MOST: usize = 100;

/// The images of GitLab and its runner, from any registry.
const GITLABS: [&str; 4] = ["gitlab-ce", "gitlab-ee", "gitlab", "gitlab-runner"];

/// The bundles that a container may get from outside, and their folders.
const BUNDLES: [&str; 4] =
    ["/etc/ssl/certs", "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs", "/etc/ssl/cert.pem"];

/// A running container in the engine's list (moby API, `GET /containers/json`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
}

/// A container (moby API, `GET /containers/ID/json`). Its environment may hold passwords, so it is only searched.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    name: String,
    config: Config,
    #[serde(default)]
    host_config: HostConfig,
    #[serde(default)]
    mounts: Vec<Mount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    image: String,
    #[serde(default)]
    env: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    #[serde(default)]
    extra_hosts: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mount {
    #[serde(default)]
    destination: String,
}

/// The names of the running containers of the engine at `socket` that use one of `hosts`, and whose bundle is the image's own.
/// Empty if the engine does not answer.
pub fn containers_using(world: &World, socket: &Path, hosts: &[Host]) -> Vec<String> {
    let deadline = Instant::now() + INFO_LIMIT;
    let answer = get(world, socket, "/containers/json", INFO_LIMIT).ok();
    let listed = answer.and_then(|answer| serde_json::from_str::<Vec<Listed>>(&answer.body).ok());
    let ids = listed.iter().flatten().take(MOST).take_while(|_| Instant::now() < deadline);
    let texts = ids.filter_map(|one| {
        container(world, socket, &one.id, deadline.saturating_duration_since(Instant::now()))
    });
    texts.filter_map(|json| name_if_using(&json, hosts)).collect()
}

/// The name of the container `json`, if it uses one of `hosts` and has a bundle of its own.
fn name_if_using(json: &str, hosts: &[Host]) -> Option<String> {
    let container: Inspected = serde_json::from_str(json).ok()?;
    let uses = hosts.iter().any(|host| container.uses(&host.to_string()));
    let name = container.name.trim_start_matches('/').to_owned();
    (uses && !container.is_gitlab() && !container.has_mounted_bundle()).then_some(name)
}

impl Inspected {
    fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.config.env.iter().flatten().filter_map(|variable| variable.split_once('='))
    }

    fn uses(&self, host: &str) -> bool {
        let in_list = |entry: &String| entry.split([':', '=']).next() == Some(host);
        let hosts = self.host_config.extra_hosts.iter().flatten();
        self.variables().any(|(_, value)| names(value, host)) || hosts.into_iter().any(in_list)
    }

    /// Whether it is GitLab itself, whose settings name the host that it serves, or its runner, which is a store.
    fn is_gitlab(&self) -> bool {
        let is_image = GITLABS.contains(&image_name(&self.config.image));
        is_image || self.variables().any(|(name, _)| name == "GITLAB_OMNIBUS_CONFIG")
    }

    /// Whether it gets its bundle, or the folder of it, from outside.
    fn has_mounted_bundle(&self) -> bool {
        self.mounts.iter().any(|mount| BUNDLES.contains(&mount.destination.trim_end_matches('/')))
    }
}

/// Whether `value` contains `host` as a whole name, such as in a URL.
fn names(value: &str, host: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.';
    value.split(|letter: char| !is_part(letter)).any(|word| word.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_names_the_host_is_found_unless_it_is_gitlab_or_has_the_machines_bundle() {
        let hosts = ["mygitlab.example.com".parse().expect("a host")];
        let container = |env: &str, hosts: &str, mount: &str| {
            format!(
                r#"{{"Name": "/one", "Config": {{"Env": [{env}]}}, "HostConfig": {{"ExtraHosts": [{hosts}]}},
                "Mounts": [{{"Type": "bind", "Destination": "{mount}"}}]}}"#
            )
        };
        let url = r#""PATH=/bin", "CI_SERVER_URL=https://mygitlab.example.com/""#;
        for (json, expected) in [
            (container(url, "", "/data"), true),
            (container(r#""REGISTRY=MyGitLab.example.com:4567""#, "", ""), true),
            (container("", r#""mygitlab.example.com:192.0.2.10""#, ""), true),
            (container(r#""X=notmygitlab.example.com", "Y=mygitlab.example.com.evil""#, "", ""), false),
            (container(url, "", "/etc/ssl/certs/ca-certificates.crt"), false),
            (
                container(r#""GITLAB_OMNIBUS_CONFIG=external_url 'https://mygitlab.example.com'""#, "", ""),
                false,
            ),
            (
                container(url, "", "").replace("\"Env\"", r#""Image": "sameersbn/gitlab:18.5.1", "Env""#),
                false,
            ),
            (
                container(url, "", "").replace("\"Env\"", r#""Image": "h:5000/tools/glab@sha256:0", "Env""#),
                true,
            ),
            (r#"{"Name": "/one", "Config": {"Env": null}}"#.into(), false),
            ("{".into(), false),
        ] {
            let name = name_if_using(&json, &hosts);
            assert_eq!(name.as_deref(), expected.then_some("one"), "{json}");
        }
    }
}
