//! The runner's `config.toml` (docs.gitlab.com, "Advanced configuration"): the parts that decide what trusts the CA.

use std::path::PathBuf;

use serde_json::Value;

use crate::edit::toml_values;

/// One `[[runners]]`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Runner {
    /// Its name for people.
    pub name: String,
    /// The host of its server, as the runner cuts it out of the URL.
    pub host: String,
    /// `tls-ca-file`: it is read instead of a file in `certs`.
    pub ca_file: Option<PathBuf>,
    /// Its containers, if its jobs run in Docker.
    pub docker: Option<Docker>,
}

/// `[runners.docker]`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Docker {
    /// What is mounted into the containers of a job and of its services.
    pub volumes: Vec<String>,
    /// Whether a job may run a Docker daemon of its own.
    pub privileged: bool,
}

/// The runners in a `config.toml`. The error is the rest of a sentence that begins with the file's name.
pub(super) fn runners(text: &str) -> Result<Vec<Runner>, String> {
    let values = toml_values(text)?;
    let runners = values.get("runners").and_then(Value::as_array);
    Ok(runners.into_iter().flatten().map(runner).collect())
}

fn runner(values: &Value) -> Runner {
    let text =
        |values: &Value, key: &str| values.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let docker = values.get("docker").filter(|_| text(values, "executor").starts_with("docker"));
    Runner {
        name: text(values, "name"),
        host: host(&text(values, "url")),
        ca_file: Some(text(values, "tls-ca-file")).filter(|file| !file.is_empty()).map(PathBuf::from),
        docker: docker.map(|docker| Docker {
            volumes: docker
                .get("volumes")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|volume| volume.as_str().map(str::to_owned))
                .collect(),
            privileged: docker.get("privileged").and_then(Value::as_bool).unwrap_or(false),
        }),
    }
}

/// The host of `url`, up to its first colon.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_each_runner_are_read() {
        let text = r#"
            concurrent = 4 # comment
            [[runners]]
              name = "one"
              url = "https://MyGitlab.example.com:8443/gitlab"
              token = "secret"
              executor = "docker"
              tls-ca-file = "/etc/gitlab-runner/ca.pem"
              [runners.docker]
                privileged = true
                volumes = ["/cache", "/a:/b:ro"]
            [[runners]]
              url = "http://192.0.2.1/"
              executor = "shell"
              [runners.docker]
        "#;
        let docker = Docker { volumes: vec!["/cache".into(), "/a:/b:ro".into()], privileged: true };
        let one = Runner {
            name: "one".into(),
            host: "mygitlab.example.com".into(),
            ca_file: Some("/etc/gitlab-runner/ca.pem".into()),
            docker: Some(docker),
        };
        let two = Runner { name: String::new(), host: "192.0.2.1".into(), ca_file: None, docker: None };
        assert_eq!(runners(text), Ok(vec![one, two]));
        assert_eq!(runners("concurrent = 1\n"), Ok(Vec::new()));
        assert!(runners("[[runners").is_err());
    }
}
