//! What the URLs in gitlab.rb promise, held against the ports that the container publishes.

use super::served;
use crate::{
    lab::{Containers, Engine, HOST, Machine, Podman},
    setup::json,
};

const RUBY: &str = "/srv/gitlab/config/gitlab.rb";
const SETUP: [&str; 3] = ["labtrust", "setup", "--no-trust"];

/// What a setup leaves to a person, and that it says so.
fn left(machine: &Machine) -> String {
    let made = machine.run([&SETUP[..], &["--json"]].concat()).exited(4);
    let report = json(&made.stdout);
    assert!(!report["unmet"].as_array().unwrap().is_empty(), "{report}");
    report["by_hand"].to_string()
}

fn realm(machine: &Machine, port: u16) -> String {
    machine
        .run(["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", &format!("https://{HOST}:{port}/")])
        .stdout
}

#[test]
fn a_url_without_the_port_that_is_published_is_no_success_whoever_holds_443() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let containers = Containers::prepare(&machine, &engine);
    containers.run(["--name", "gitlab", "--publish", "10443:443", "--publish", "5050:4567"]).succeeded();
    let lines = left(&machine);
    for way in [
        format!("labtrust setup {HOST}:10443 --replace"),
        format!("labtrust setup {HOST} --registry {HOST}:5050 --replace"),
        "--publish 443:443 --publish 4567:4567".into(),
    ] {
        assert!(lines.contains(&way), "{way}: {lines}");
    }
    machine.run(SETUP).exited(4).says("leads elsewhere");

    // The URLs get the ports; nginx goes on listening where the container is published.
    let url = format!("{HOST}:10443");
    let registry = format!("{HOST}:5050");
    let ported = [&SETUP[..], &[&url, "--registry", &registry, "--replace"]].concat();
    machine.run(ported).succeeded();
    let written = machine.read(RUBY);
    for line in [
        format!("external_url 'https://{HOST}:10443'"),
        format!("registry_external_url 'https://{HOST}:5050'"),
        "nginx['listen_port'] = 443".into(),
        "registry_nginx['listen_port'] = 4567".into(),
    ] {
        assert!(written.contains(&line), "{line}: {written}");
    }
    let leaf = machine.read(&format!("/srv/gitlab/config/ssl/{HOST}.crt"));
    for port in [10443, 5050] {
        assert!(leaf.contains(served(&machine, port).trim()), "{port}");
        assert_eq!(realm(&machine, port), "502", "nginx answers, and behind it is nothing");
    }
    machine.run(SETUP).succeeded().says("nothing was changed");
    machine.run(["labtrust", "renew"]).succeeded();
}

#[test]
fn a_gitlab_in_podman_is_found_and_its_ports_are_held_against_the_urls() {
    let machine = machine!("nas");
    let podman = Podman::install(&machine);
    let containers = Containers::prepare_podman(&machine, &podman);
    containers.run(["--name", "gitlab", "--publish", "10443:443", "--publish", "5050:4567"]).succeeded();
    let lines = left(&machine);
    for way in [
        format!("labtrust setup {HOST}:10443 --replace"),
        format!("labtrust setup {HOST} --registry {HOST}:5050 --replace"),
    ] {
        assert!(lines.contains(&way), "{way}: {lines}");
    }
    let (url, registry) = (format!("{HOST}:10443"), format!("{HOST}:5050"));
    machine.run([&SETUP[..], &[&url, "--registry", &registry, "--replace"]].concat()).succeeded();
    let leaf = machine.read(&format!("/srv/gitlab/config/ssl/{HOST}.crt"));
    for port in [10443, 5050] {
        assert!(leaf.contains(served(&machine, port).trim()), "{port}");
    }
    machine.run(SETUP).succeeded().says("nothing was changed");
    machine.run(["labtrust", "renew"]).succeeded();
    machine.run(["podman", "stop", "--time", "1", "gitlab"]).succeeded();
    machine.run(["labtrust", "renew"]).exited(4).says("podman start gitlab");
}

#[test]
fn a_proxy_that_leads_there_keeps_the_promise() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let containers = Containers::prepare(&machine, &engine);
    containers
        .run(["--name", "gitlab", "--publish", "127.0.0.1:10443:443", "--publish", "4567:4567"])
        .succeeded();
    machine.run(SETUP).exited(4).says("published only on this machine's loopback address");
    let relay = "import socket, threading\n\
        def pump(a, b):\n    try:\n        while (data := a.recv(65536)): b.sendall(data)\n    finally: b.close()\n\
        door = socket.create_server(('192.0.2.10', 443))\n\
        while True:\n    one, _ = door.accept()\n    other = socket.create_connection(('127.0.0.1', 10443))\n    \
        for pair in ((one, other), (other, one)): threading.Thread(target=pump, args=pair, daemon=True).start()\n";
    machine.write("/tmp/relay.py", relay);
    machine.sh("setsid python3 /tmp/relay.py >/dev/null 2>&1 &").succeeded();
    machine.wait_for_port("192.0.2.10", "443");
    machine.run(SETUP).succeeded();
}

#[test]
fn the_network_of_the_machine_publishes_every_port() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let _containers = Containers::prepare(&machine, &engine);
    let volumes = ["/srv/gitlab/config:/etc/gitlab", "/srv/gitlab/data:/var/opt/gitlab"];
    let run = ["docker", "run", "--detach", "--name", "gitlab", "--network", "host"];
    let volumes = volumes.iter().flat_map(|volume| ["--volume", volume]);
    machine.run(run.into_iter().chain(volumes).chain(["gitlab/gitlab-ce:lab"])).succeeded();
    machine.run(SETUP).succeeded();
}

#[test]
fn a_container_that_is_stopped_serves_all_of_it_when_it_starts() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let containers = Containers::prepare(&machine, &engine);
    machine.write(RUBY, format!("external_url 'http://{HOST}'\n"));
    let ports = ["--publish", "443:443", "--publish", "4567:4567", "--publish", "80:80"];
    containers.run([&["--name", "gitlab"][..], &ports].concat()).succeeded();
    machine.run(["docker", "stop", "--time", "1", "gitlab"]).succeeded();
    let lines = left(&machine);
    assert!(lines.contains("docker start gitlab") && !lines.contains("reconfigure"), "{lines}");
    machine.run(["docker", "start", "gitlab"]).succeeded();
    machine.wait_for_port("192.0.2.10", "443");
    machine.run(SETUP).succeeded();
    let leaf = machine.read(&format!("/srv/gitlab/config/ssl/{HOST}.crt"));
    assert!(leaf.contains(served(&machine, 443).trim()));
}
