//! Files that make a container tool reject its folder, and the fixes.

use super::{CERTS_D, ask, labtrust, refusing};
use crate::{
    doctor::trusting,
    lab::{Machine, Podman, REGISTRY},
};

fn folder() -> String {
    format!("{CERTS_D}/{REGISTRY}")
}

/// The first finding's text, and its commands.
fn first(machine: &Machine, code: &str) -> (String, Vec<String>) {
    let report = ask(machine);
    assert_eq!(report.causes().first(), Some(&code), "{:#}", report.json);
    let commands = report.commands().into_iter().map(str::to_owned).collect();
    (report.what().to_owned(), commands)
}

#[test]
fn a_link_to_nothing_is_taken_away_and_put_back() {
    let machine = machine!("client");
    let (engine, pair) = refusing(&machine);
    trusting(&machine, &pair);
    let link = format!("{}/b.crt", folder());
    machine.run(["ln", "-s", "/nowhere", &link]).succeeded();
    let before = machine.settled();
    engine.login().exited(1).says("b.crt: no such file or directory");
    let report = ask(&machine).blames("certsd-unreadable");
    assert_eq!(report.causes(), ["certsd-unreadable"], "{:#}", report.json);
    assert_eq!(report.json["findings"][0]["fix"]["automatic"], true);
    labtrust(&machine, &["doctor", REGISTRY, "--fix", "--yes"]).succeeded();
    engine.login().succeeded();
    labtrust(&machine, &["doctor", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn what_cannot_be_read_is_named_with_the_command_that_moves_it() {
    let machine = machine!("client");
    let (engine, pair) = refusing(&machine);
    trusting(&machine, &pair);
    for (script, name) in [
        ("mkdir ca.crt", "ca.crt"),
        ("ln -s loop.crt loop.crt", "loop.crt"),
        ("ln -s /etc/passwd/x b.crt", "b.crt"),
        ("ln -s /proc/self/mem 'b c.crt'", "b c.crt"),
    ] {
        machine.sh(&format!("cd {}; {script}", folder())).succeeded();
        let (what, commands) = first(&machine, "certsd-unreadable");
        assert!(what.contains(&format!("{}/{name}", folder())), "{what}");
        machine.sh(&commands[0].replacen("sudo ", "", 1)).succeeded();
        engine.login().succeeded();
        ask(&machine).is_healthy();
        machine.sh(&format!("rm -r '{}/{name}.off'", folder())).succeeded();
    }
    // A daemon that waits for a pipe waits until it is restarted.
    machine.run(["mkfifo", &format!("{}/f.crt", folder())]).succeeded();
    let (what, commands) = first(&machine, "certsd-unreadable");
    assert!(what.contains("/f.crt is not a regular file"), "{what}");
    machine.sh(&commands[0].replacen("sudo ", "", 1)).succeeded();
    engine.restart();
    engine.login().succeeded();
}

#[test]
fn a_pair_of_no_use_is_said_to_be_one() {
    let machine = machine!("client");
    let (engine, pair) = refusing(&machine);
    trusting(&machine, &pair);
    machine.write(&format!("{}/s.cert", folder()), &pair.root);
    machine.write_with_mode(&format!("{}/s.key", folder()), "600", &pair.key);
    engine.login().exited(1).says("private key does not match public key");
    let (what, _) = first(&machine, "certsd-unreadable");
    assert!(what.contains("private key does not match"), "{what}");
}

#[test]
fn podman_gives_up_on_less() {
    let machine = machine!("client");
    let podman = Podman::install(&machine);
    let (engine, pair) = refusing(&machine);
    // podman reads Docker's folder if it has none of its own.
    let sha256 = crate::trust::fingerprint(&machine, &pair.root);
    let trust = ["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--fingerprint", &sha256];
    machine.run([&trust[..], &["--except", "podman"]].concat()).succeeded();
    let podmans = |machine: &Machine| {
        let report = ask(machine);
        let checks = report.json["checks"].as_array().unwrap().iter();
        checks.filter(|check| check["id"] == "podman").any(|check| check["state"] == "passed")
    };
    podman.login().succeeded();
    assert!(podmans(&machine));
    for (script, name, works) in [
        ("ln -s /nowhere b.crt", "b.crt", true),
        ("mkdir ca.crt", "ca.crt", false),
        ("ln -s /nowhere s.cert; touch s.key", "s.cert", false),
    ] {
        machine.sh(&format!("cd {}; {script}", folder())).succeeded();
        engine.login().exited(1);
        assert_eq!(podman.login().code() == 0, works, "{script}");
        assert_eq!(podmans(&machine), works, "{script}");
        machine.sh(&format!("cd {}; rm -rf {name} s.key", folder())).succeeded();
    }
}

#[test]
fn a_file_that_the_user_may_not_read_is_not_taken_for_absent() {
    let machine = machine!("client");
    let (_engine, pair) = refusing(&machine);
    let file = format!("{}/ca.crt", folder());
    machine.write_with_mode(&file, "600", &pair.root);
    let containerd = "/etc/containerd/certs.d";
    machine.write(&format!("{containerd}/{REGISTRY}/ca.crt"), &pair.root);
    machine.sh("chmod 755 /etc/docker /etc/docker/certs.d; chmod 700 /etc/containerd").succeeded();
    let asked = machine.command(["labtrust", "doctor", REGISTRY, "--json"]).user("developer").run();
    let report: serde_json::Value = serde_json::from_str(&asked.stdout).unwrap();
    for (id, path) in [("docker", file.as_str()), ("containerd", containerd)] {
        let line = report["checks"].as_array().unwrap().iter().find(|line| line["id"] == id).unwrap();
        let detail = line["detail"].as_str().unwrap();
        assert_eq!(line["state"], "failed", "{report:#}");
        assert!(detail.contains(path) && detail.to_lowercase().contains("permission denied"), "{report:#}");
    }
    assert!(!asked.stdout.contains("untrusted-docker"), "{report:#}");
}
