//! GitLab in a container: found by asking the engine, its pair in the volume, read again through the engine.

use crate::lab::{Containers, Engine, HOST};

/// Names the leaf that is served on this machine's port.
fn served(machine: &crate::lab::Machine, port: u16) -> String {
    let script = "openssl s_client -connect 127.0.0.1:$0 -servername mygitlab.example.com </dev/null 2>/dev/null | openssl x509";
    machine.run(["sh", "-c", script, &port.to_string()]).succeeded().stdout
}

#[test]
fn the_pair_goes_into_the_volume_and_is_served_on_the_published_ports() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let containers = Containers::prepare(&machine, &engine);
    let ports = ["--publish", "443:443", "--publish", "4567:4567"];
    containers.run([&["--name", "gitlab"][..], &ports].concat()).succeeded();
    let before = machine.settled();
    let made = machine.run(["labtrust", "setup", "--no-trust", "-v"]).succeeded();
    made.says("/srv/gitlab/config/ssl/mygitlab.example.com.crt");
    let leaf = machine.read(&format!("/srv/gitlab/config/ssl/{HOST}.crt"));
    for port in [443, 4567] {
        assert!(leaf.contains(served(&machine, port).trim()), "{port}");
    }
    machine
        .run(["docker", "exec", "gitlab", "cat", "/var/log/gitlab/gitlab-ctl.log"])
        .succeeded()
        .says("hup nginx");
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded().says("nothing was changed");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    let left: Vec<_> = machine
        .changes_since(&before)
        .into_iter()
        .filter(|line| !line.contains("/var/lib/docker/"))
        .collect();
    assert_eq!(left, [""; 0]);
}
