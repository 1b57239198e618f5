//! The lines for the profile of a shell, and a file of the user that Node reads and labtrust did not write.

use serde_json::{Value, json};

use super::*;
use crate::Certificate;

/// The steps for alice, whose home folder has `paths`.
fn steps(variables: &Value, paths: &[&str]) -> Vec<ByHand> {
    let paths: Vec<_> = paths.iter().map(|path| format!("/home/alice/{path}")).collect();
    let facts: Facts = serde_json::from_value(json!({
        "os": "linux",
        "distribution": { "id": "debian", "like": [] },
        "user": { "name": "alice", "uid": 1000, "gid": 1000, "home": "/home/alice" },
        "tools": { "update-ca-certificates": "/usr/sbin/update-ca-certificates" },
        "variables": variables,
        "paths": paths,
    }))
    .expect("facts");
    let anchor =
        Anchor { certificate: Certificate::new([0x30, 0]), endpoints: Vec::new(), names: Vec::new() };
    match plan(&facts, &anchor) {
        Planned::Partly { rest, .. } => rest,
        planned => panic!("{planned:?}"),
    }
}

fn hints(steps: &[ByHand]) -> Vec<String> {
    steps.iter().map(|step| step.hint().to_string()).collect()
}

#[test]
fn the_system_bundle_that_node_reads_waits_for_the_system_store() {
    let steps = steps(&json!({ NODE: "/etc/ssl/certs/ca-certificates.crt" }), &[]);
    let waiting = &steps[0];
    assert!(waiting.commands.is_empty() && waiting.hint().as_str().contains("system store"), "{waiting:?}");
    assert!(steps.iter().all(|step| step.done != Some(Done::OnRemoval(None))), "{steps:?}");
}

#[test]
fn a_file_of_somebody_else_gets_this_ca_alone_and_the_command_that_takes_it_out() {
    let hints = hints(&steps(&json!({ NODE: "/home/alice/company.pem" }), &[]));
    let block = "'/^# labtrust e4f60d0aa6d7f3d3 begin$/,/^# labtrust e4f60d0aa6d7f3d3 end$/";
    let append = format!(
        "append the CA to it:\n  echo >>/home/alice/company.pem\n  sed -n {block}p' \
         /home/alice/.local/share/labtrust/certs.pem >>/home/alice/company.pem"
    );
    assert_eq!(hints[0], append);
    let cut = format!(
        "if you appended the CA to /home/alice/company.pem, take it out:\n  sed -i {block}d' \
         /home/alice/company.pem"
    );
    assert_eq!(hints[1], cut);
}

#[test]
fn the_lines_are_for_the_file_that_the_shell_reads() {
    for (shell, paths, profile, line) in [
        ("/bin/sh", &[".bash_profile"][..], "~/.profile:", "export "),
        ("/bin/bash", &[], "~/.profile:", "export "),
        ("/bin/bash", &[".bash_login"], "~/.bash_login:", "export "),
        ("/bin/bash", &[".bash_profile", ".bash_login"], "~/.bash_profile:", "export "),
        ("/usr/bin/zsh", &[], "~/.zprofile:", "export "),
        ("/usr/bin/fish", &[], "~/.config/fish/config.fish:", "set -gx "),
        ("/bin/csh", &[".tcshrc"], "~/.cshrc:", "setenv "),
        ("/bin/tcsh", &[".tcshrc"], "~/.tcshrc:", "setenv "),
        ("/bin/tcsh", &[], "~/.cshrc:", "setenv "),
    ] {
        let hints = hints(&steps(&json!({ "SHELL": shell }), paths));
        let [hint] = &hints[..] else { panic!("{hints:?}") };
        assert!(hint.lines().next().is_some_and(|advice| advice.ends_with(profile)), "{shell}: {hint}");
        assert!(hint.lines().skip(1).all(|given| given.trim().starts_with(line)), "{shell}: {hint}");
    }
}
