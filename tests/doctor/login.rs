//! Logins that the registry accepts and the docker command cannot store.

use labtrust::doctor::{Evidence, diagnose};
use serde_json::json;

use super::{ask, ready, recorded};
use crate::lab::{HOST, Machine, Output, REGISTRY};

const CONFIG: &str = "/root/.docker/config.json";

/// `docker login` with the settings file of root, or of `user`.
fn login_as(machine: &Machine, user: &str) -> Output {
    let line = ["docker", "login", "--username", "developer", "--password-stdin", REGISTRY];
    machine.command(line).user(user).stdin("correct horse").run()
}

/// Runs the last command of the first finding, as a user pastes it.
fn paste(machine: &Machine, report: &super::Report) {
    machine.sh(report.commands().last().unwrap()).succeeded();
}

#[test]
fn a_credential_helper_that_is_not_installed() {
    let machine = machine!("client");
    ready(&machine);
    let missing = |config: &str| {
        machine.write(CONFIG, config);
        login_as(&machine, "root").exited(1).says("Error saving credentials");
        let report = ask(&machine);
        assert_eq!(report.causes(), ["credential-helper-missing"], "{:#}", report.json);
        paste(&machine, &report);
        login_as(&machine, "root").succeeded().says("Login Succeeded");
        ask(&machine).is_healthy();
        report
    };
    let own = missing(&format!("{{\"credHelpers\": {{\"{REGISTRY}\": \"gone\"}}}}"));
    assert!(
        own.what()
            .contains(&format!("docker-credential-gone as the keeper of logins (credHelpers, {REGISTRY})")),
        "{}",
        own.what()
    );
    missing("{\n\t\"credsStore\": \"desktop.exe\"\n}\n").blames("credential-helper-missing");
    // Another registry's helper keeps no login of this one; one that is there is not run.
    machine.write(CONFIG, r#"{"credHelpers": {"other.example.com": "gone"}}"#);
    ask(&machine).is_healthy();
    machine
        .write(CONFIG, format!("{{\"credHelpers\": {{\"{HOST}\": \"gone\", \"{HOST}:5050\": \"gone\"}}}}"));
    let said = machine.run(["labtrust", "doctor", HOST]).says("registry-other-port").stdout;
    assert!(!said.contains("credential-helper-missing"), "{said}");
    machine.write_with_mode("/usr/bin/docker-credential-there", "755", "#!/bin/sh\ntouch /tmp/was-run\n");
    machine.write(CONFIG, r#"{"credsStore": "there"}"#);
    ask(&machine).is_healthy();
    assert!(!machine.has("/tmp/was-run"));
}

#[test]
fn a_helper_in_the_path_of_the_user_who_called_sudo_is_found() {
    let machine = machine!("client");
    ready(&machine);
    machine.ensure_user("alice");
    machine.write_with_mode("/mnt/c/bin/docker-credential-desktop.exe", "755", "#!/bin/sh\n");
    machine.write("/home/alice/.docker/config.json", r#"{"credsStore": "desktop.exe"}"#);
    machine.sh("chown -R alice: /home/alice/.docker").succeeded();
    let doctor = format!(
        "env PATH=/usr/sbin:/usr/bin:/sbin:/bin SUDO_USER=alice SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) /usr/local/bin/labtrust doctor {REGISTRY}; :"
    );
    machine.sh(&doctor).says("no such program is in PATH");
    machine
        .sh(&format!("export PATH=/mnt/c/bin:$PATH; exec sh -c '{doctor}'"))
        .says("kept by docker-credential-desktop.exe");
}

#[test]
fn a_settings_file_that_the_docker_command_cannot_use() {
    let machine = machine!("client");
    ready(&machine);
    machine.sh(&format!("mkdir -p {CONFIG}")).succeeded();
    login_as(&machine, "root").exited(1).says("file exists");
    let report = ask(&machine).blames("docker-config-unusable");
    paste(&machine, &report);
    login_as(&machine, "root").succeeded();
    ask(&machine).is_healthy();

    for (rest, what, shown) in [
        ("\"credsStore\":", "line 2", None),
        ("\"credsStore\": 1}", "\"credsStore\" is not a string", Some("2:\"credsStore\"")),
    ] {
        let secret = "c2VjcmV0";
        machine.write(CONFIG, format!("{{\"auths\": {{\"h\": {{\"auth\": \"{secret}\"}}}},\n{rest}"));
        machine.sh("docker ps").says("config file");
        let report = ask(&machine);
        assert_eq!(report.causes(), ["docker-config-unusable"], "{:#}", report.json);
        assert!(report.what().contains(what), "{}", report.what());
        let said = machine.sh(&format!("{} 2>&1", report.commands()[0])).stdout;
        assert!(!said.contains(secret) && said.contains(shown.unwrap_or_default()), "{said}");
    }

    machine.sh("rm -r /root/.docker; : >/root/.docker").succeeded();
    login_as(&machine, "root").exited(1).says("not a directory");
    let report = ask(&machine);
    assert_eq!(report.causes(), ["docker-config-unusable"], "{:#}", report.json);
    paste(&machine, &report);
    login_as(&machine, "root").succeeded();
}

#[test]
fn a_settings_file_that_a_login_with_sudo_left_behind() {
    let machine = machine!("client");
    ready(&machine);
    machine.ensure_user("alice");
    machine.run(["usermod", "--append", "--groups", "docker", "alice"]).succeeded();
    let unusable = |script: &str, says: &str| {
        machine.sh(script).succeeded();
        let said = machine.run_as("alice", ["labtrust", "doctor", REGISTRY]).exited(1).says(says).stdout;
        let login = login_as(&machine, "alice").says("permission denied");
        let pasted = said.lines().find_map(|line| line.trim().strip_prefix("sudo ")).unwrap();
        machine.sh(pasted).succeeded();
        login_as(&machine, "alice").succeeded();
        login
    };
    let folder = "install -D -m 600 /dev/null /home/alice/.docker/config.json";
    unusable(folder, "alice may not create files in /home/alice/.docker").exited(1);
    // This login replaces the file.
    let file = "cd /home/alice/.docker; chown root: config.json; chmod 600 config.json";
    unusable(file, "alice may not read").exited(0);
}

#[test]
fn a_shared_folder_is_not_taken_from_its_owner() {
    let mut evidence = serde_json::to_value(recorded::evidence("docker-config-unusable")).unwrap();
    let home = evidence["facts"]["user"]["home"].as_str().unwrap().to_owned();
    for (folder, command) in
        [(format!("{home}/.docker"), "sudo chown -R"), ("/srv/docker".into(), "unset DOCKER_CONFIG")]
    {
        for state in ["unreadable", "folder-not-writable"] {
            evidence["client"]["login"]["path"] = json!(format!("{folder}/config.json"));
            evidence["client"]["login"]["state"] = json!(state);
            let evidence: Evidence = serde_json::from_value(evidence.clone()).unwrap();
            let diagnosis = diagnose(&evidence);
            let commands = &diagnosis.findings[0].fix.commands;
            assert!(commands[0].to_string().starts_with(command), "{state}: {commands:?}");
        }
    }
}
