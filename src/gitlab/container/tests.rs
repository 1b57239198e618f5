use super::*;
use crate::gitlab::ruby::ENVIRONMENT;

/// What Docker 28 says of a GitLab container, shortened.
pub(crate) fn inspected(name: &str, image: &str, mounts: &[(&str, &str)], running: bool) -> String {
    let mounts: Vec<_> = mounts
        .iter()
        .map(|(source, destination)| {
            serde_json::json!({"Type": "bind", "Source": source, "Destination": destination, "RW": true})
        })
        .collect();
    serde_json::json!({
        "Id": "0123",
        "Name": format!("/{name}"),
        "State": {"Status": "x", "Running": running},
        "Config": {"Image": image, "Env": ["PATH=/bin", "GITLAB_OMNIBUS_CONFIG=external_url 'https://h'; x['y'] = 1"]},
        "HostConfig": {"NetworkMode": "bridge", "PortBindings": {"443/tcp": [{"HostIp": "", "HostPort": "8443"}]}},
        "NetworkSettings": {"Ports": {
            "443/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8443"}, {"HostIp": "::", "HostPort": "8443"}],
            "22/tcp": null,
            "5050/tcp": [{"HostIp": "192.0.2.10", "HostPort": "443"}],
            "5679/tcp": [{"HostIp": "127.0.0.1", "HostPort": "5679"}],
            "4567/tcp": [{"HostIp": "0.0.0.0", "HostPort": "4567"}],
        }},
        "Mounts": mounts,
    })
    .to_string()
}

fn container(image: &str, mounts: &[(&str, &str)]) -> Container {
    let docker = Command::new("/usr/bin/docker", [""; 0]);
    Container::read(&inspected("gitlab", image, mounts, true), &docker, None).expect("an answer of Docker's")
}

#[test]
fn paths_inside_are_found_outside() {
    let gitlab = container(
        "gitlab/gitlab-ce:latest",
        &[("/srv/config", "/etc/gitlab"), ("/srv/ssl", "/etc/gitlab/ssl"), ("/srv/data", "/var/opt/gitlab")],
    );
    for (inside, outside) in [
        ("/etc/gitlab", Some("/srv/config")),
        ("/etc/gitlab/gitlab.rb", Some("/srv/config/gitlab.rb")),
        ("/etc/gitlab/ssl/h.crt", Some("/srv/ssl/h.crt")),
        ("/etc/gitlabber", None),
        ("/etc/ssl/h.crt", None),
    ] {
        assert_eq!(gitlab.outside(Path::new(inside)), outside.map(PathBuf::from), "{inside}");
    }
    for (port, reach) in [
        (443, Reach::Here(8443)),
        (4567, Reach::Here(4567)),
        (5050, Reach::Apart("192.0.2.10:443".into())),
        (5679, Reach::Loopback(5679)),
        (22, Reach::Nowhere),
        (80, Reach::Nowhere),
    ] {
        assert_eq!(gitlab.published(port), reach, "{port}");
    }
    for (port, inside) in [(8443, Some(443)), (4567, Some(4567)), (443, None), (5679, None)] {
        assert_eq!(gitlab.inside(port), inside, "{port}");
    }
    assert_eq!(gitlab.recipe.variable(ENVIRONMENT), Some("external_url 'https://h'; x['y'] = 1"));
    assert_eq!(gitlab.name, "gitlab");
}

#[test]
fn an_engine_that_is_not_the_machines_own_is_named() {
    for (arguments, expected) in [
        (vec![], "docker"),
        (vec!["--host", "unix:///var/run/docker.sock"], "docker"),
        (
            vec!["--host", "unix:///run/user/1000/docker.sock"],
            "docker --host unix:///run/user/1000/docker.sock",
        ),
    ] {
        assert_eq!(client(&Command::new("/usr/bin/docker", arguments)), expected);
    }
}

#[test]
fn a_mirror_of_the_image_is_known_by_how_it_starts() {
    let docker = Command::new("/usr/bin/docker", [""; 0]);
    let read = |config: serde_json::Value| {
        let mut json: serde_json::Value =
            serde_json::from_str(&inspected("git", "registry.example.com/tools/git:17", &[], true))
                .expect("JSON");
        json["Config"]["Env"] = serde_json::json!([]);
        json["Config"]
            .as_object_mut()
            .expect("an object")
            .extend(config.as_object().expect("an object").clone());
        Container::read(&json.to_string(), &docker, None).expect("an answer")
    };
    for (config, is_gitlab) in [
        (serde_json::json!({"Cmd": ["/assets/wrapper"]}), true),
        (serde_json::json!({"Entrypoint": ["/assets/init-container"]}), true),
        (serde_json::json!({"Env": ["GITLAB_OMNIBUS_CONFIG=external_url 'https://git'"]}), true),
        (serde_json::json!({"Cmd": ["nginx"]}), false),
    ] {
        assert_eq!(read(config.clone()).is_gitlab(), is_gitlab, "{config}");
    }
}

#[test]
fn the_ports_of_a_service_are_its_containers_ports() {
    let mut task = container("gitlab/gitlab-ce", &[]);
    task.ports.clear();
    task.add_service_ports(
        r#"[{"Protocol":"tcp","TargetPort":443,"PublishedPort":443,"PublishMode":"ingress"},{"TargetPort":22}]"#,
    );
    assert_eq!((task.published(443), task.published(22)), (Reach::Here(443), Reach::Nowhere));
    assert!(!task.is_published_on_host);
    task.add_service_ports("null");
    task.add_service_ports(r#"[{"TargetPort":4567,"PublishedPort":4567,"PublishMode":"host"}]"#);
    assert!(task.published(4567) == Reach::Here(4567) && task.is_published_on_host);
}

#[test]
fn images_are_told_apart_by_their_last_name() {
    for (image, gitlab, sameersbn) in [
        ("gitlab/gitlab-ce:latest", true, false),
        ("gitlab/gitlab-ee", true, false),
        ("registry.example.com:5000/mirror/gitlab-ce:17.1.0-ce.0", true, false),
        ("gitlab/gitlab-ce@sha256:abc", true, false),
        ("gitlab/gitlab-runner:latest", false, false),
        ("docker.io/sameersbn/gitlab:17.0", false, true),
        ("nginx", false, false),
    ] {
        let mut json: serde_json::Value =
            serde_json::from_str(&inspected("gitlab", image, &[], true)).expect("JSON");
        // Its environment says enough.
        json["Config"]["Env"] = serde_json::json!([]);
        let docker = Command::new("/usr/bin/docker", [""; 0]);
        let found = Container::read(&json.to_string(), &docker, None).expect("an answer");
        assert_eq!((found.is_gitlab(), found.is_sameersbn()), (gitlab, sameersbn), "{image}");
    }
}
