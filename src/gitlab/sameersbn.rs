//! GitLab in the image sameersbn/gitlab. It has no gitlab.rb: its environment has the settings, and its certificates lie
//! among its data (docker-gitlab, `assets/runtime/env-defaults`).

use std::path::Path;

use labtrust_plan::{Host, ShellLine, shell_line, shell_path};

use super::container::{Container, Reach};
use crate::hint::{Hint, fail, hint};

/// The folder of its data.
const DATA: &str = "/home/git/data";

/// The refusal to set it up as an Omnibus package, with the commands and settings that it takes.
pub(super) fn refusal(container: &Container, host: Option<&Host>) -> anyhow::Error {
    let name = &container.name;
    let what = format!("the container {name} runs sameersbn's GitLab, which has no gitlab.rb");
    let Some(folder) = container.outside(&Path::new(&data(container)).join("certs")) else {
        return fail(
            format!("{what}, and no folder of this machine is mounted at {}", data(container)),
            "mount one there, because files inside the container are lost with it",
        );
    };
    let setup = setup(container, host, &folder);
    let missing = missing(container);
    if missing.is_empty() {
        return fail(what, hint!("write its certificate, and let it start again: {}", setup));
    }
    let hint = Hint::from("set these in its environment, then write its certificate and let it start again:");
    let missing = missing.into_iter().map(|line| hint!("{}", labtrust_plan::Prose(line)));
    fail(what, hint.lines(missing).line(hint!("{}", setup)))
}

fn data(container: &Container) -> String {
    container.recipe.variable("GITLAB_DATA_DIR").unwrap_or(DATA).to_owned()
}

fn is_on(container: &Container, name: &str) -> bool {
    container.recipe.variable(name) == Some("true")
}

/// The settings that HTTPS takes and that are not set, a line each.
fn missing(container: &Container) -> Vec<String> {
    let variable = |name| container.recipe.variable(name);
    let certs = format!("{}/certs", data(container));
    let mut missing = Vec::new();
    if !is_on(container, "GITLAB_HTTPS") {
        missing.push("GITLAB_HTTPS=true".to_owned());
    }
    if is_on(container, "GITLAB_REGISTRY_ENABLED") {
        // Without the second, it takes the key that signs tokens.
        for (name, file) in
            [("SSL_REGISTRY_CERT_PATH", "registry.crt"), ("SSL_REGISTRY_KEY_PATH", "registry.key")]
        {
            if variable(name).is_none() {
                missing.push(format!("{name}={certs}/{file}"));
            }
        }
    }
    if container.published(443) == Reach::Nowhere && !container.publishes_nothing() {
        missing.push("and publish its port 443".to_owned());
    }
    missing
}

/// The command that writes its certificate into `folder`, again after each renewal.
fn setup(container: &Container, host: Option<&Host>, folder: &Path) -> ShellLine {
    let variable = |name: &str| container.recipe.variable(name).filter(|value| !value.is_empty());
    let known = variable("GITLAB_HOST").filter(|host| *host != "localhost").map(str::to_owned);
    let host = known.or_else(|| host.map(Host::in_url)).unwrap_or_else(|| "HOST".into());
    let port = variable("GITLAB_PORT").filter(|port| is_on(container, "GITLAB_HTTPS") && *port != "443");
    let target = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
    let has_registry = is_on(container, "GITLAB_REGISTRY_ENABLED");
    let registry = has_registry.then(|| {
        let port = variable("GITLAB_REGISTRY_PORT").unwrap_or("443");
        format!("{}:{port}", variable("GITLAB_REGISTRY_HOST").unwrap_or(&host))
    });
    let file = |setting: &str, usual: &str| {
        let inside =
            variable(setting).map_or_else(|| format!("{}/certs/{usual}", data(container)), str::to_owned);
        container.outside(Path::new(&inside)).unwrap_or_else(|| folder.join(usual))
    };
    let mut files = vec![
        ("644", "crt", file("SSL_CERTIFICATE_PATH", "gitlab.crt")),
        ("600", "key", file("SSL_KEY_PATH", "gitlab.key")),
    ];
    if has_registry {
        files.push(("644", "crt", file("SSL_REGISTRY_CERT_PATH", "registry.crt")));
        files.push(("600", "key", file("SSL_REGISTRY_KEY_PATH", "registry.key")));
    }
    let copies = files.iter().map(|(mode, ending, to)| {
        let from = folder.join(format!("{host}.{ending}"));
        format!("install -m {mode} {} {}", shell_path(&from), shell_path(to))
    });
    let restart = container.restart().as_str().to_owned();
    let reload = copies.chain([restart]).collect::<Vec<_>>().join(" && ");
    let registry: Vec<_> = registry.iter().map(|registry| shell_line!("--registry {}", registry)).collect();
    shell_line!(
        "{labtrust setup {}{} --out {} --reload {}}",
        target,
        labtrust_plan::Options(&registry),
        folder,
        reload
    )
}

#[cfg(test)]
mod tests {
    use labtrust_plan::Command;

    use super::*;
    use crate::hint::hint_of;

    fn container(image: &str, environment: &[&str], mounts: &[(&str, &str)]) -> Container {
        let mounts: Vec<_> = mounts
            .iter()
            .map(|(source, inside)| serde_json::json!({"Type": "bind", "Source": source, "Destination": inside}))
            .collect();
        let json = serde_json::json!({
            "Name": "/git",
            "State": {"Running": true},
            "Config": {"Image": image, "Env": environment},
            "HostConfig": {"NetworkMode": "bridge"},
            "NetworkSettings": {"Ports": {
                "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "10080"}],
                "443/tcp": [{"HostIp": "0.0.0.0", "HostPort": "443"}],
            }},
            "Mounts": mounts,
        });
        Container::read(&json.to_string(), &Command::new("/usr/bin/docker", [""; 0]), None)
            .expect("an answer")
    }

    const IMAGE: [&str; 2] = ["GITLAB_INSTALL_DIR=/home/git/gitlab", "GITLAB_DATA_DIR=/home/git/data"];
    const VOLUME: [(&str, &str); 1] = [("/srv/gitlab", "/home/git/data")];

    #[test]
    fn its_own_settings_and_folders_are_in_the_hint() {
        let of = |environment: &[&str]| {
            // A mirror may have any name.
            let container =
                container("registry.example.com/git:17", &[&IMAGE, environment].concat(), &VOLUME);
            assert!(container.is_sameersbn() && !container.is_gitlab());
            let host = "typed.example.com".parse().expect("a host");
            hint_of(&refusal(&container, Some(&host))).expect("a hint").as_str().to_owned()
        };
        let hint = of(&["GITLAB_HOST=git.example.com", "GITLAB_HTTPS=true"]);
        assert_eq!(
            hint,
            "write its certificate, and let it start again: labtrust setup git.example.com --out /srv/gitlab/certs \
             --reload 'install -m 644 /srv/gitlab/certs/git.example.com.crt /srv/gitlab/certs/gitlab.crt && \
             install -m 600 /srv/gitlab/certs/git.example.com.key /srv/gitlab/certs/gitlab.key && docker restart git'"
        );
        let registry = [
            "GITLAB_REGISTRY_ENABLED=true",
            "GITLAB_REGISTRY_HOST=registry.example.com",
            "GITLAB_REGISTRY_PORT=4567",
            "SSL_REGISTRY_CERT_PATH=/home/git/data/certs/r.crt",
        ];
        let hint = of(&registry);
        for part in [
            "\n  GITLAB_HTTPS=true\n",
            "\n  SSL_REGISTRY_KEY_PATH=/home/git/data/certs/registry.key\n",
            "labtrust setup typed.example.com --registry registry.example.com:4567 --out /srv/gitlab/certs",
            "install -m 644 /srv/gitlab/certs/typed.example.com.crt /srv/gitlab/certs/r.crt",
        ] {
            assert!(hint.contains(part), "{part}: {hint}");
        }
        assert!(!hint.contains("SSL_REGISTRY_CERT_PATH="), "it is set: {hint}");
    }

    #[test]
    fn data_without_a_folder_of_the_machine_is_named() {
        let error = refusal(&container("sameersbn/gitlab:17", &[], &[]), None);
        assert!(error.to_string().contains("mounted at /home/git/data"), "{error}");
    }
}
