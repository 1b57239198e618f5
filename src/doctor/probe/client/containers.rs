//! Asks skopeo, else podman, to contact the registry: podman, buildah and skopeo share their code (containers/image), their settings
//! and their folders. Nothing is pulled, and no credentials are sent.

use std::{path::Path, time::Instant};

use labtrust_machine::{
    Result, World,
    probe::variable,
    world::{Access, Output},
};
use labtrust_plan::{Command, Contents, Endpoint, Facts, fact::User};

use crate::doctor::{
    evidence::{Asked, ContainerToolSeen, Redacted, Setting},
    probe::time_budget::left,
    proxy::VARIABLES,
};

/// The variables of a user's shell that change which certificates a Go program trusts (Go, `crypto/x509/root_unix.go`).
const ROOTS: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
/// The variables that change where these programs read their settings (containers-registries.conf(5)).
const PLACES: [&str; 3] = ["XDG_CONFIG_HOME", "CONTAINERS_REGISTRIES_CONF", "REGISTRIES_CONFIG_PATH"];
/// The storage of the machine's podman.
const STORAGE: &str = "/var/lib/containers/storage";
/// The longest time to wait, in seconds.
const SECONDS: u64 = 3;
/// The longest message that is kept, in characters.
const LONGEST: usize = 2000;

/// The answer of one of these programs about the registry at `endpoint`; none if none is installed that can be asked.
/// skopeo runs with the rights and the home of the person who is at work, which `person` has.
pub(crate) fn ask(
    facts: &Facts,
    person: Option<&World>,
    endpoint: &Endpoint,
    deadline: Instant,
) -> Option<ContainerToolSeen> {
    let seconds = left(deadline).as_secs().clamp(1, SECONDS);
    let image = endpoint.probe_image();
    let command = |program: &Path, user: &User, words: &[&str]| {
        let names = [&VARIABLES[..], &ROOTS, &PLACES].concat();
        let command = Command::new(program, words.iter().copied()).within(seconds);
        command.at_home(&user.home).with_variables(&names)
    };
    let (user, name, outcome) = if let (Some(skopeo), Some(world)) = (facts.tools.get("skopeo"), person) {
        let user = facts.person();
        let words = ["inspect", "--no-creds", "--no-tags", &format!("docker://{image}")];
        (user, "skopeo", world.try_run(&command(skopeo, user, &words)))
    } else {
        let podman = facts.tools.get("podman").filter(|_| may_ask_podman(facts))?;
        let ask = |logins: &Path| {
            let words = ["search", "--limit", "1", "--authfile", &logins.to_string_lossy(), &image];
            World::here().try_run(&command(podman, &facts.user, &words))
        };
        (&facts.user, "podman", without_logins(ask))
    };
    let answer = match outcome {
        Ok(output) => answer(&output),
        Err(error) => Asked::Failed(error.to_string().into()),
    };
    let (program, endpoint) = (name.to_owned(), endpoint.clone());
    // sudo passes the variables of its user's shell on to nobody.
    let is_own = user.uid == facts.user.uid;
    let variables = if is_own { variables() } else { Vec::new() };
    let user = (!is_own).then(|| user.name.clone());
    Some(ContainerToolSeen { program, endpoint, answer, variables, user })
}

/// Whether podman can be asked without a trace: it creates its storage if that does not exist, and for a user a process that
/// stays.
fn may_ask_podman(facts: &Facts) -> bool {
    facts.is_root() && Path::new(STORAGE).exists()
}

/// The result of `ask` with a file of logins that holds none.
fn without_logins<T>(ask: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    World::here().with_scratch(|folder| {
        let file = folder.join("auth.json");
        let access = Access { mode: 0o600, owner: None };
        World::here().put(&file, &Contents::Public(b"{}".to_vec()), access)?;
        ask(&file)
    })
}

/// The variables of the shell that change what these programs trust, or which proxy they use.
fn variables() -> Vec<Setting> {
    let proxies = VARIABLES.iter().filter_map(|name| Some(Setting::new(name, &variable(name)?, 0)));
    let root =
        |name: &str| Some(Setting { name: name.into(), value: variable(name)?.into(), line: 0, flaw: None });
    proxies.chain(ROOTS.iter().filter_map(|name| root(name))).collect()
}

/// The message of a program that ended with `output`; empty if it succeeded.
fn answer(output: &Output) -> Asked<Redacted> {
    let message = message(&String::from_utf8_lossy(&output.stderr));
    match output.code {
        Some(0) => Asked::Answered(Redacted::default()),
        _ if message.is_empty() => Asked::Failed("it failed without a message".into()),
        _ => Asked::Answered(message.into()),
    }
}

/// The message in a program's error output: its last line, without the words of the log around it.
fn message(output: &str) -> String {
    let last = output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let quoted = last.split_once("msg=\"").map(|(_, text)| text.trim_end().trim_end_matches('"'));
    let text = quoted.map_or_else(|| last.to_owned(), |text| text.replace("\\\"", "\""));
    text.trim_start_matches("Error: ").trim_start_matches(['\t', ' ', '*']).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_without_a_message_is_no_acceptance() {
        for (code, stderr, expected) in [
            (Some(0), "a warning\n", Some("")),
            (Some(1), "Error: EOF\n", Some("EOF")),
            (Some(1), "\n", None),
            (None, "", None),
        ] {
            let output = Output { code, signal: None, stdout: Vec::new(), stderr: stderr.into() };
            assert_eq!(answer(&output).answer().map(|text| &**text), expected, "{code:?}, {stderr}");
        }
    }

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
