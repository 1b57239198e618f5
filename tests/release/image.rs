//! The image for a NAS: loaded by an old and a current engine, it sets up a GitLab that runs in a container beside it.

use super::{VERSION, bytes, made};
use crate::lab::{Containers, Engine, HOST, Machine, Manager, Release};

/// The line of docs/nas.md, with the folders of the lab.
fn line() -> String {
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/nas.md")).unwrap();
    let start = docs.find("    sudo docker run --rm").expect("a line");
    let line: String =
        docs[start..].lines().take_while(|line| line.starts_with("    ")).collect::<Vec<_>>().join("\n");
    line.replace("sudo ", "")
        .replace("/volume1/docker/gitlab", "/srv/gitlab")
        .replace("/volume1/docker/labtrust", "/srv/labtrust")
        .replace("gitlab.example.com", HOST)
        .replace("VERSION", VERSION)
}

fn sets_up(release: Release) {
    let Some(image) = made(&format!("labtrust-{VERSION}-oci-amd64.tar")) else { return };
    let machine = machine!("nas");
    let engine = Engine::start_as(&machine, release, Manager::Init);
    let containers = Containers::prepare(&machine, &engine);
    containers.run(["--name", "gitlab", "--publish", "443:443", "--publish", "4567:4567"]).succeeded();
    machine.write("/tmp/image.tar", bytes(&image));
    machine
        .run(["docker", "load", "--input", "/tmp/image.tar"])
        .succeeded()
        .says(&format!("labtrust:{VERSION}"));
    let made = machine.sh(&line()).succeeded();
    made.says("ssl/mygitlab.example.com.crt");
    let leaf = machine.read(&format!("/srv/gitlab/config/ssl/{HOST}.crt"));
    for port in [443, 4567] {
        assert!(leaf.contains(served(&machine, port).trim()), "{port}");
    }
    let calls = machine.run(["docker", "exec", "gitlab", "cat", "/var/log/gitlab/gitlab-ctl.log"]);
    calls.succeeded().says("hup nginx").says("reconfigure");
    machine.sh(&line()).succeeded().says("nothing was changed");
    machine.sh(&line().replace("setup mygitlab.example.com --no-trust", "renew --if-expiring")).succeeded();
    machine.sh(&line().replace("setup mygitlab.example.com --no-trust", "setup --undo --yes")).succeeded();
    assert!(!machine.has(&format!("/srv/gitlab/config/ssl/{HOST}.crt")));
}

/// Names the leaf that is served on this machine's port.
fn served(machine: &Machine, port: u16) -> String {
    let script = "openssl s_client -connect 127.0.0.1:$0 -servername mygitlab.example.com </dev/null 2>/dev/null | openssl x509";
    machine.run(["sh", "-c", script, &port.to_string()]).succeeded().stdout
}

#[test]
fn an_old_engine_runs_it_and_gitlab_has_its_certificate() {
    sets_up(Release::Installed);
}

#[test]
fn a_current_engine_runs_it_and_gitlab_has_its_certificate() {
    sets_up(Release::Current);
}
