use std::path::Path;

use serde_json::json;

use super::*;
use crate::by_hand::ByHand;

/// Docker 28's answers about a container and its image.
fn inspected(more: &[(&str, Value)]) -> (Recipe, Value) {
    let image = json!({
        "Env": ["PATH=/opt/gitlab/bin:/bin", "LANG=C.UTF-8"],
        "Cmd": ["/assets/init-container"],
        "Entrypoint": null,
        "WorkingDir": "/",
        "Healthcheck": {"Test": ["CMD-SHELL", "/opt/gitlab/bin/gitlab-healthcheck"]},
        "Labels": {"org.opencontainers.image.title": "GitLab"},
    });
    let mut all = json!({
        "Id": "0123456789ab0000",
        "Name": "/gitlab",
        "Image": "sha256:abcd",
        "Config": {
            "Hostname": "0123456789ab",
            "Image": "gitlab/gitlab-ce:18.5.1-ce.0",
            "Env": ["PATH=/opt/gitlab/bin:/bin", "LANG=C.UTF-8"],
            "Cmd": ["/assets/init-container"],
            "Entrypoint": null,
            "WorkingDir": "/",
            "Healthcheck": {"Test": ["CMD-SHELL", "/opt/gitlab/bin/gitlab-healthcheck"]},
            "Labels": {"org.opencontainers.image.title": "GitLab"},
            "ExposedPorts": {"443/tcp": {}},
        },
        "HostConfig": {
            "NetworkMode": "bridge",
            "PortBindings": {"443/tcp": [{"HostIp": "", "HostPort": "443"}]},
            "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
            "ShmSize": 67_108_864,
            "LogConfig": {"Type": "json-file", "Config": {}},
            "Runtime": "runc",
            "IpcMode": "private",
            "CgroupnsMode": "private",
            "MaskedPaths": ["/proc/acpi"],
            "ConsoleSize": [0, 0],
            "CapAdd": null,
            "Dns": [],
        },
        "NetworkSettings": {"Networks": {"bridge": {"Aliases": null, "IPAMConfig": null}}},
        "Mounts": [],
    });
    for (at, value) in more {
        let (folder, name) = at.rsplit_once('/').expect("a pointer");
        all.pointer_mut(folder).expect("a place")[name] = value.clone();
    }
    (Recipe(all), image)
}

const REGISTRY: PublishedPort = PublishedPort { outside: 4567, inside: 4567 };

fn all(more: &[(&str, Value)]) -> Result<Vec<ByHand>, String> {
    let (recipe, image) = inspected(more);
    recipe.by_hand("it is recreated", &"docker".into(), &image, &[REGISTRY])
}

/// The commands that recreate it.
fn run(more: &[(&str, Value)]) -> Result<Vec<String>, String> {
    Ok(ByHand::commands_of(&all(more)?).map(|line| line.to_string()).collect())
}

#[test]
fn the_old_one_is_kept_until_the_new_one_works() {
    assert_eq!(
        run(&[]).expect("it can be said"),
        [
            "docker stop gitlab",
            "docker rename gitlab gitlab-before",
            "docker run --detach --name gitlab --publish 443:443 --publish 4567:4567 gitlab/gitlab-ce:18.5.1-ce.0",
        ]
    );
    let text = |all: &[ByHand]| all.iter().map(|one| (one.what.clone(), one.is_choice)).collect::<Vec<_>>();
    let words =
        [("it is recreated", false), ("when the new container works", true), ("if it does not work", true)];
    let said = all(&[]).expect("it can be said");
    assert_eq!(text(&said), words.map(|(what, is_choice)| (what.to_owned(), is_choice)));
    assert_eq!(said[1].commands, ["docker rm gitlab-before"]);
    let back = ["docker rm --force gitlab", "docker rename gitlab-before gitlab", "docker start gitlab"];
    assert_eq!(said[2].commands, back);
    let always = [("/HostConfig/RestartPolicy", json!({"Name": "always", "MaximumRetryCount": 0}))];
    let lines = run(&always).expect("it can be said");
    assert_eq!(lines[2], "docker update --restart no gitlab-before");
    assert!(lines[3].contains(" --restart always "), "{lines:?}");
    let back = &all(&always).expect("it can be said")[2].commands;
    assert_eq!(back[2..], ["docker update --restart always gitlab", "docker start gitlab"]);
}

#[test]
fn whatever_was_given_is_given_again() {
    for (at, value, expected) in [
        ("/Config/Hostname", json!("git.example.com"), "--hostname git.example.com"),
        ("/Config/User", json!("git"), "--user git"),
        ("/Config/Tty", json!(true), "--tty"),
        ("/HostConfig/NetworkMode", json!("web"), "--network web"),
        (
            "/HostConfig/RestartPolicy",
            json!({"Name": "on-failure", "MaximumRetryCount": 5}),
            "--restart on-failure:5",
        ),
        (
            "/HostConfig/Binds",
            json!(["/volume1/docker/gitlab/config:/etc/gitlab", "logs and more:/var/log/gitlab:Z"]),
            "--volume /volume1/docker/gitlab/config:/etc/gitlab --volume 'logs and more:/var/log/gitlab:Z'",
        ),
        (
            "/HostConfig/Mounts",
            json!([{"Type": "bind", "Source": "/srv/x", "Target": "/x", "ReadOnly": true}]),
            "--mount type=bind,source=/srv/x,target=/x,readonly",
        ),
        // An anonymous volume of the image: its data would be lost with the old container.
        (
            "/Mounts",
            json!([{"Type": "volume", "Name": "beef", "Destination": "/var/opt/gitlab"}]),
            "--volume beef:/var/opt/gitlab",
        ),
        ("/HostConfig/ShmSize", json!(268_435_456), "--shm-size 268435456"),
        ("/HostConfig/NanoCpus", json!(1_500_000_000_u64), "--cpus 1.5"),
        ("/HostConfig/Memory", json!(4_294_967_296_u64), "--memory 4294967296"),
        ("/HostConfig/Ulimits", json!([{"Name": "nofile", "Hard": 2, "Soft": 1}]), "--ulimit nofile=1:2"),
        ("/HostConfig/Tmpfs", json!({"/run": "size=64m"}), "--tmpfs /run:size=64m"),
        ("/HostConfig/ExtraHosts", json!(["h:192.0.2.1"]), "--add-host h:192.0.2.1"),
        ("/HostConfig/PublishAllPorts", json!(true), "--publish-all"),
        (
            "/HostConfig/PortBindings",
            json!({"22/tcp": [{"HostIp": "::1", "HostPort": "2222"}], "53/udp": [{"HostIp": "192.0.2.9", "HostPort": "53"}], "80/tcp": [{"HostIp": "", "HostPort": ""}]}),
            "--publish '[::1]:2222:22' --publish 192.0.2.9:53:53/udp --publish 80 --publish 4567:4567",
        ),
        (
            "/HostConfig/LogConfig",
            json!({"Type": "local", "Config": {"max-size": "10m"}}),
            "--log-driver local --log-opt max-size=10m",
        ),
        ("/Config/Cmd", json!(["sleep", "it's"]), r"gitlab/gitlab-ce:18.5.1-ce.0 sleep 'it'\''s'"),
        (
            "/Config/Entrypoint",
            json!(["/bin/sh", "-c"]),
            "--entrypoint /bin/sh gitlab/gitlab-ce:18.5.1-ce.0 -c /assets/init-container",
        ),
        (
            "/Config/Labels",
            json!({"org.opencontainers.image.title": "GitLab", "backup.key": "hunter2"}),
            "--label \"backup.key=$(docker inspect --format '{{index .Config.Labels \"backup.key\"}}' gitlab-before)\"",
        ),
        (
            "/Config/Env",
            json!([
                "PATH=/opt/gitlab/bin:/bin",
                "LANG=C.UTF-8",
                "GITLAB_OMNIBUS_CONFIG=gitlab_rails['initial_root_password'] = 'hunter2'"
            ]),
            "--env GITLAB_OMNIBUS_CONFIG gitlab/",
        ),
    ] {
        let lines = run(&[(at, value)]).expect("it can be said");
        let all = lines.join("\n");
        assert!(all.contains(&format!(" {expected}")), "{expected}: {all}");
        assert!(!all.contains("hunter2"), "{all}");
        let is_run =
            |line: &String| line.contains("docker run ") && line.contains("gitlab/gitlab-ce:18.5.1-ce.0");
        assert!(lines.iter().any(is_run), "{all}");
    }
}

#[test]
fn further_networks_are_joined_again() {
    let networks = json!({"web": {"Aliases": ["gitlab", "0123456789ab", "git"], "IPAMConfig": {"IPv4Address": "172.20.0.5"}}, "back": {}});
    let lines = run(&[("/HostConfig/NetworkMode", json!("web")), ("/NetworkSettings/Networks", networks)]);
    let lines = lines.expect("it can be said");
    assert!(lines[2].contains("--network-alias git --ip 172.20.0.5"), "{lines:?}");
    assert_eq!(lines[3], "docker network connect back gitlab");
}

#[test]
fn what_cannot_be_said_is_not_said_in_another_way() {
    for (at, value, why) in [
        ("/HostConfig/NetworkMode", json!("none"), "--network none"),
        ("/HostConfig/NetworkMode", json!("container:abc"), "it uses --network container:abc"),
        ("/HostConfig/Devices", json!([{"PathOnHost": "/dev/x"}]), "HostConfig.Devices"),
        ("/HostConfig/Invented", json!("x"), "HostConfig.Invented"),
        ("/Config/Healthcheck", json!({"Test": ["NONE"]}), "Config.Healthcheck"),
        ("/Config/Env", json!(["PATH=/mine"]), "--env PATH"),
        // A shell takes these for commands, not assignments.
        ("/Config/Env", json!(["1A=x"]), "--env 1A"),
        ("/Config/Env", json!(["=x"]), "--env "),
        ("/Config/Labels", json!({"$(reboot)": "x"}), "label"),
        (
            "/HostConfig/Mounts",
            json!([{"Type": "bind", "Source": "/x", "Target": "/x", "BindOptions": {"Propagation": "rshared"}}]),
            "options that labtrust cannot write",
        ),
    ] {
        let said = run(&[(at, value)]).expect_err(at);
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn a_project_of_composes_is_changed_in_its_file() {
    let project = |more: &[(&str, &str)]| {
        let mut labels = json!({"com.docker.compose.project": "gitlab", "com.docker.compose.service": "web"});
        for (name, value) in more {
            labels[format!("com.docker.compose.{name}")] = json!(value);
        }
        inspected(&[("/Config/Labels", labels)]).0.project().expect("a project")
    };
    let folder = ("project.working_dir", "/volume1/docker/gitlab");
    let file = ("project.config_files", "/volume1/docker/gitlab/compose.yaml");
    for (labels, last) in [
        (vec![folder, file], "cd /volume1/docker/gitlab && docker compose up -d web"),
        (vec![folder, file, ("version", "1.29.2")], "cd /volume1/docker/gitlab && docker-compose up -d web"),
        (
            vec![folder, ("project.config_files", "/srv/a.yml,/srv/b c.yml")],
            "docker compose -p gitlab --project-directory /volume1/docker/gitlab -f /srv/a.yml -f '/srv/b c.yml' up -d web",
        ),
        (
            vec![("project.working_dir", "/srv/other"), ("project.config_files", "/srv/other/compose.yaml")],
            "docker compose -p gitlab --project-directory /srv/other -f /srv/other/compose.yaml up -d web",
        ),
    ] {
        let said = project(&labels).by_hand(&"docker".into(), &[REGISTRY], &|_| true);
        assert_eq!(said[1].commands, [last]);
        assert_eq!(said[0].lines, ["      - \"4567:4567\""]);
    }
    let said = project(&[folder, file]).by_hand(&"docker".into(), &[REGISTRY], &|_| false);
    assert!(said.len() == 1 && said[0].what.contains("Portainer"), "{said:?}");
    assert_eq!(inspected(&[]).0.project(), None);
}

#[test]
fn a_container_that_is_deleted_at_its_end_is_replaced_before_that() {
    assert_eq!(
        run(&[("/HostConfig/AutoRemove", json!(true))]).expect("it can be said"),
        [
            "docker rename gitlab gitlab-before",
            "docker create --rm --name gitlab --publish 443:443 --publish 4567:4567 gitlab/gitlab-ce:18.5.1-ce.0",
            "docker stop gitlab-before",
            "docker start gitlab",
        ]
    );
}

/// The steps of a keeper: their words, lines and commands.
fn steps(all: &[ByHand]) -> Vec<String> {
    let line = |one: &ByHand| {
        let commands = one.commands.iter().map(ToString::to_string);
        std::iter::once(one.what.clone())
            .chain(one.lines.clone())
            .chain(commands)
            .collect::<Vec<_>>()
            .join("\n")
    };
    all.iter().map(line).collect()
}

#[test]
fn a_service_of_a_swarm_is_changed_by_the_swarm() {
    let keeper = |labels: Value| inspected(&[("/Config/Labels", labels)]).0.keeper();
    let Keeper::Swarm(alone) = keeper(json!({"com.docker.swarm.service.name": "gitlab"})) else { panic!() };
    let update = "docker service update --publish-add published=4567,target=4567";
    assert_eq!(
        steps(&alone.by_hand(&"docker".into(), &[REGISTRY], false)),
        [format!("let the Swarm publish it for the service gitlab\n{update} gitlab")]
    );
    let labels = json!({"com.docker.swarm.service.name": "git_web", "com.docker.stack.namespace": "git"});
    let Keeper::Swarm(stacked) = keeper(labels.clone()) else { panic!() };
    let said = steps(&stacked.by_hand(&"docker".into(), &[REGISTRY], true));
    assert!(said[0].ends_with(&format!("\n{update},mode=host git_web")), "{said:?}");
    assert!(said[1].contains("the next `docker stack deploy` removes it"), "{said:?}");
    assert!(
        said[1].ends_with("      - target: 4567\n        published: 4567\n        mode: host"),
        "{said:?}"
    );
    let (recipe, _) = inspected(&[("/Config/Labels", labels)]);
    assert_eq!(recipe.start(&"docker".into()), "docker service update --force git_web");
}

#[test]
fn a_unit_of_systemd_is_changed_in_its_file() {
    let with = |more: &[(&str, Value)]| {
        let label = ("/Config/Labels", json!({"PODMAN_SYSTEMD_UNIT": "gitlab.service"}));
        let (recipe, _) = inspected(&[&[label], more].concat());
        let Keeper::Unit(unit) = recipe.keeper() else { panic!("{recipe:?}") };
        (recipe, unit)
    };
    let (recipe, unit) =
        with(&[("/StaticDir", json!("/var/lib/containers/storage/overlay-containers/0/userdata"))]);
    let quadlet = |path: &Path| path == Path::new("/etc/containers/systemd/gitlab.container");
    assert_eq!(
        steps(&unit.by_hand(&[REGISTRY], &quadlet)),
        [
            "in /etc/containers/systemd/gitlab.container, below [Container] (in a pod: in its .pod file, below [Pod]), \
             add\nPublishPort=4567:4567",
            "then let systemd start it again\nsystemctl daemon-reload\nsystemctl restart gitlab.service",
        ]
    );
    assert_eq!(recipe.restart(&"podman".into()), "systemctl restart gitlab.service");
    // A unit of one's own runs podman.
    let said = steps(&unit.by_hand(&[REGISTRY], &|_| false));
    assert_eq!(said[0], "to the `podman run` of the unit gitlab.service, add\n--publish 4567:4567");
    let home = "/home/alice/.local/share/containers/storage/overlay-containers/0/userdata";
    let (_, users) = with(&[("/StaticDir", json!(home))]);
    let quadlet = |path: &Path| path == Path::new("/home/alice/.config/containers/systemd/gitlab.container");
    let said = steps(&users.by_hand(&[REGISTRY], &quadlet));
    assert!(said[0].contains("in /home/alice/.config/containers/systemd/gitlab.container"), "{said:?}");
    assert!(
        said[1].ends_with("systemctl --user daemon-reload\nsystemctl --user restart gitlab.service"),
        "{said:?}"
    );
}

/// The labels that podman-compose 1.5 gives.
#[test]
fn a_project_of_podman_compose_is_changed_in_its_file() {
    let labels = json!({
        "io.podman.compose.project": "gitlab",
        "io.podman.compose.version": "1.5.0",
        "PODMAN_SYSTEMD_UNIT": "podman-compose@gitlab.service",
        "com.docker.compose.project": "gitlab",
        "com.docker.compose.project.working_dir": "/srv/gitlab",
        "com.docker.compose.project.config_files": "compose.yaml",
        "com.docker.compose.container-number": "1",
        "com.docker.compose.service": "web",
    });
    let Keeper::Compose(project) = inspected(&[("/Config/Labels", labels)]).0.keeper() else { panic!() };
    let is_here = |path: &Path| path == Path::new("/srv/gitlab/compose.yaml");
    assert_eq!(
        steps(&project.by_hand(&"podman".into(), &[REGISTRY], &is_here)),
        [
            "in /srv/gitlab/compose.yaml, below `ports:` of the service web, add\n      - \"4567:4567\"",
            "then let Compose apply the change\ncd /srv/gitlab && podman-compose up -d web",
        ]
    );
}
