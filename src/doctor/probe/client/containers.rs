//! Asks skopeo to contact the registry, as podman and buildah would: they share their code (containers/image), their settings
//! and their folders. Nothing is pulled, and no credentials are sent.

use std::time::Instant;

use labtrust_machine::World;
use labtrust_plan::{Command, Endpoint, Facts};

use crate::doctor::{
    evidence::{Asked, ContainerToolSeen, Redacted, Setting},
    probe::{environment::variable, time_budget::left},
    proxy::VARIABLES,
};

/// The variables of a user's shell that change which certificates a Go program trusts (Go, `crypto/x509/root_unix.go`).
const ROOTS: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
/// The variables that change where these programs read their settings (containers-registries.conf(5)).
const PLACES: [&str; 3] = ["XDG_CONFIG_HOME", "CONTAINERS_REGISTRIES_CONF", "REGISTRIES_CONFIG_PATH"];
/// The longest time to wait, in seconds.
const SECONDS: u64 = 3;
/// The longest message that is kept, in characters.
const LONGEST: usize = 2000;

/// The answer of skopeo about the registry at `endpoint`; none if it is not installed.
pub(crate) fn ask(facts: &Facts, endpoint: &Endpoint, deadline: Instant) -> Option<ContainerToolSeen> {
    let program = facts.tools.get("skopeo")?;
    let image = format!("docker://{}/labtrust/probe", endpoint.registry_name());
    let names = [&VARIABLES[..], &ROOTS, &PLACES].concat();
    let command = Command::new(program, ["inspect", "--no-creds", "--no-tags", &image])
        .within(left(deadline).as_secs().clamp(1, SECONDS))
        .at_home(&facts.user.home)
        .with_variables(&names);
    let answer = match World::here().try_run(&command) {
        Ok(output) if output.code == Some(0) => Asked::Answered(Redacted::default()),
        Ok(output) => Asked::Answered(message(&String::from_utf8_lossy(&output.stderr)).into()),
        Err(error) => Asked::Failed(error.to_string().into()),
    };
    Some(ContainerToolSeen {
        program: "skopeo".into(),
        endpoint: endpoint.clone(),
        answer,
        variables: variables(),
    })
}

/// The variables of the shell that change what these programs trust, or which proxy they use.
fn variables() -> Vec<Setting> {
    let proxies = VARIABLES.iter().filter_map(|name| Some(Setting::new(name, &variable(name)?, 0)));
    let root = |name: &str| Some(Setting { name: name.into(), value: variable(name)?.into(), line: 0 });
    proxies.chain(ROOTS.iter().filter_map(|name| root(name))).collect()
}

/// The message in a program's error output: its last line, without the words of the log around it.
fn message(output: &str) -> String {
    let last = output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let quoted = last.split_once("msg=\"").map(|(_, text)| text.trim_end().trim_end_matches('"'));
    let text = quoted.map_or_else(|| last.to_owned(), |text| text.replace("\\\"", "\""));
    text.trim_start_matches("Error: ").chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_found_in_the_log() {
        let log = "a warning\ntime=\"2026-11-30T08:31:01Z\" level=fatal msg=\"Error parsing image name \\\"docker://h:4567/x\\\": \
                   Get \\\"https://h:4567/v2/\\\": EOF\"\n\n";
        assert_eq!(
            message(log),
            r#"Error parsing image name "docker://h:4567/x": Get "https://h:4567/v2/": EOF"#
        );
        assert_eq!(message("Error: it failed\n"), "it failed");
        assert_eq!(message(""), "");
    }
}
