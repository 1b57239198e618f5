//! Containers that something keeps, and one that ends with itself: the port is published by the way that they take.

use super::{by_hand, next, served};
use crate::lab::{Containers, Engine, HOST, Machine};

const SETUP: [&str; 4] = ["labtrust", "setup", "--no-trust", "--json"];

fn leaf(machine: &Machine) -> String {
    machine.read(&format!("/srv/gitlab/config/ssl/{HOST}.crt"))
}

#[test]
fn a_container_that_is_deleted_when_it_stops_is_replaced_before_that() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let containers = Containers::prepare(&machine, &engine);
    let settings = "GITLAB_OMNIBUS_CONFIG=gitlab_rails['time_zone'] = 'UTC'";
    containers
        .run([
            "--rm",
            "--name",
            "gitlab",
            "--publish",
            "443:443",
            "--env",
            settings,
            "--label",
            "backup=daily",
        ])
        .succeeded();
    let volume =
        "docker inspect --format '{{range .Mounts}}{{if eq .Type \"volume\"}}{{.Name}}{{end}}{{end}}' gitlab";
    let before = machine.sh(volume).succeeded().stdout;
    let made = machine.run(SETUP).exited(4);
    let lines = next(&made.stdout);
    machine.sh(&format!("set -e\n{lines}")).succeeded();
    machine.wait_for_port("192.0.2.10", "4567");
    machine.run(SETUP).succeeded();
    for port in [443, 4567] {
        assert!(leaf(&machine).contains(served(&machine, port).trim()), "{port}");
    }
    // The image's volume without a name is the same one, and the new container ends as the old one did.
    assert_eq!(machine.sh(volume).succeeded().stdout, before);
    let settings = "docker inspect --format '{{.HostConfig.AutoRemove}} {{index .Config.Labels \"backup\"}} {{.Config.Env}}' gitlab";
    machine.sh(settings).succeeded().says("true daily").says("time_zone");
    machine.sh("docker ps --all --format '{{.Names}}' | grep before").exited(1);
}

#[test]
fn a_service_of_a_swarm_gets_its_port_from_the_swarm() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let _containers = Containers::prepare(&machine, &engine);
    machine.run(["docker", "swarm", "init", "--advertise-addr", "192.0.2.10"]).succeeded();
    let create = "docker service create --name gitlab --detach --publish published=443,target=443,mode=host \
                  --mount type=bind,source=/srv/gitlab/config,target=/etc/gitlab \
                  --mount type=bind,source=/srv/gitlab/data,target=/var/opt/gitlab gitlab/gitlab-ce:lab";
    machine.sh(create).succeeded();
    let task = "docker ps --quiet --filter label=com.docker.swarm.service.name=gitlab";
    let stop = format!(
        "for i in $(seq 100); do [ -n \"$({task})\" ] && break; sleep 0.1; done; \
         docker exec $({task}) gitlab-ctl stop nginx"
    );
    machine.sh(&stop).succeeded();
    let made = machine.run(SETUP).exited(4);
    assert!(machine.has(&format!("/srv/gitlab/config/ssl/{HOST}.crt")));
    let advice = by_hand(&made.stdout, "let the Swarm publish it for the service gitlab");
    let command = advice["commands"][0].as_str().unwrap();
    assert!(command.ends_with("--publish-add published=4567,target=4567,mode=host gitlab"), "{command}");
    machine.sh(command).succeeded();
    let ports = machine.sh("docker service inspect --format '{{json .Endpoint.Ports}}' gitlab").succeeded();
    ports.says("\"PublishedPort\":4567");
    // The Swarm has ended the task, so nothing of it is left to advise on.
    machine.sh(&stop).succeeded();
    let again = machine.run(SETUP).exited(4);
    assert!(!again.stdout.contains("publish-add"), "{again}");
    machine.run(["docker", "swarm", "leave", "--force"]).succeeded();
}
