use labtrust_plan::Command;

use super::*;

/// A container that lends these ports.
fn container(ports: &[(&str, &str)], labels: &Value) -> Container {
    let bindings: serde_json::Map<_, _> = ports
        .iter()
        .map(|(inside, outside)| {
            (format!("{inside}/tcp"), serde_json::json!([{"HostIp": "", "HostPort": outside}]))
        })
        .collect();
    let inspected = serde_json::json!({
        "Id": "0123456789ab",
        "Name": "/gitlab",
        "Image": "sha256:abcd",
        "Config": {"Image": "gitlab/gitlab-ce", "Hostname": "0123456789ab", "Labels": labels},
        "HostConfig": {"NetworkMode": "bridge", "PortBindings": bindings},
        "NetworkSettings": {"Ports": bindings},
        "Mounts": [],
    });
    let docker = Command::new("/usr/bin/docker", ["--host", "unix:///run/docker.sock"]);
    Container::read(&inspected.to_string(), &docker, None).expect("a container")
}

fn web(role: Role, outside: u16, reach: Reach, holder: Option<&str>) -> PortSeen {
    let endpoint = Endpoint::new("git.example.com".parse().expect("a host"), outside);
    seen(Need::Web(role, endpoint), outside, outside, reach, holder)
}

fn seen(need: Need, inside: u16, outside: u16, reach: Reach, holder: Option<&str>) -> PortSeen {
    let is_free = holder.is_none() && reach == Reach::Nowhere;
    let holder = holder.map(|name| Holder { pid: 4711, name: name.into(), is_gitlabs: false });
    let instead = Some(outside + 8000).filter(|_| holder.is_some());
    PortSeen { need, inside, outside, reach, is_free, holder, instead }
}

fn judged(container: &Container, seen: &[PortSeen], is_dsm: bool) -> (String, String) {
    let found = advice(container, seen, is_dsm, &|| Value::Null, &|_| true);
    (found.notes.join("\n"), shown(&found.by_hand))
}

/// Text with a bullet before it, and commands as they are.
fn shown(all: &[ByHand]) -> String {
    let one = |one: &ByHand| {
        let text = [&one.what].into_iter().filter(|what| !what.is_empty()).chain(&one.lines);
        text.map(|text| format!("- {text}"))
            .chain(one.commands.iter().map(ToString::to_string))
            .collect::<Vec<_>>()
    };
    all.iter().flat_map(one).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_lent_is_left_alone() {
    let nas = container(&[("443", "443"), ("4567", "4567"), ("22", "2222")], &Value::Null);
    let ports = [
        web(Role::Gitlab, 443, Reach::Here(443), None),
        web(Role::Registry, 4567, Reach::Here(4567), None),
        seen(Need::Ssh { is_said: true }, 22, 2222, Reach::Here(2222), None),
    ];
    assert_eq!(judged(&nas, &ports, false), (String::new(), String::new()));
    // A container that lends nothing stands behind another, or has an address of its own.
    let hidden = [web(Role::Gitlab, 443, Reach::Nowhere, None)];
    assert_eq!(judged(&container(&[], &Value::Null), &hidden, false).1, "");
}

#[test]
fn what_is_missing_is_lent_as_it_was_started() {
    let ports = [web(Role::Registry, 4567, Reach::Nowhere, None)];
    let (notes, lines) = judged(&container(&[("443", "443")], &Value::Null), &ports, false);
    assert_eq!(notes, "");
    assert!(lines.starts_with("- the container gitlab does not publish port 4567; ports"), "{lines}");
    assert!(
        lines.contains("docker run --detach --name gitlab --publish 443:443 --publish 4567:4567 "),
        "{lines}"
    );
    let labels = serde_json::json!({
        "com.docker.compose.project": "gitlab",
        "com.docker.compose.service": "gitlab",
        "com.docker.compose.project.working_dir": "/srv/gitlab",
        "com.docker.compose.project.config_files": "/srv/gitlab/compose.yaml",
    });
    let (_, lines) = judged(&container(&[("443", "443")], &labels), &ports, false);
    assert!(lines.contains("in /srv/gitlab/compose.yaml") && !lines.contains("docker run"), "{lines}");
}

#[test]
fn names_of_others_are_words_of_a_command_and_in_one_line() {
    let labels = serde_json::json!({"com.docker.compose.project": "x;$(id)", "com.docker.compose.service": "web\nreboot",
        "com.docker.compose.project.config_files": "/srv/a\n$(id)\n.yaml"});
    let (_, lines) = judged(
        &container(&[("443", "443")], &labels),
        &[web(Role::Registry, 4567, Reach::Nowhere, None)],
        false,
    );
    let commands: Vec<_> = lines.lines().filter(|line| !line.starts_with("- ")).collect();
    assert_eq!(
        commands,
        [
            r#"docker compose -p 'x;$(id)' -f "$(printf '/srv/a\012\044\050id\051\012.yaml')" up -d "$(printf 'web\012reboot')""#,
            "labtrust setup",
        ]
    );
    assert_eq!(lines.matches("reboot").count(), 2, "{lines}");
}

#[test]
fn whoever_holds_a_port_is_named_with_a_free_one() {
    let nas = container(&[("80", "8080")], &Value::Null);
    for (is_dsm, holder, expected) in [
        (true, "nginx", "port 443 of this machine is used by DSM's own nginx, and 8443 is free"),
        (false, "nginx", "port 443 of this machine is used by nginx (process 4711), and 8443 is free"),
        (true, "caddy", "port 443 of this machine is used by caddy (process 4711)"),
    ] {
        let (_, lines) = judged(&nas, &[web(Role::Gitlab, 443, Reach::Nowhere, Some(holder))], is_dsm);
        assert!(lines.contains(expected), "{lines}");
        assert!(lines.contains("in gitlab.rb: external_url \"https://git.example.com:8443\""), "{lines}");
        assert!(lines.contains("--publish 8443:8443 "), "{lines}");
    }
    let said = [seen(Need::Ssh { is_said: true }, 22, 22, Reach::Nowhere, Some("sshd"))];
    let (_, lines) = judged(&nas, &said, true);
    assert!(
        lines.contains("used by DSM's own sshd") && lines.contains("['gitlab_shell_ssh_port'] = 8022"),
        "{lines}"
    );
    assert!(lines.contains("--publish 8022:22 "), "{lines}");
    // Nobody asked for it.
    let unsaid = [seen(Need::Ssh { is_said: false }, 22, 22, Reach::Nowhere, Some("sshd"))];
    let (notes, lines) = judged(&nas, &unsaid, true);
    assert!(lines.is_empty() && notes.contains("--publish 8022:22"), "{notes}");
}

#[test]
fn a_url_that_leads_elsewhere_is_named_with_both_ways_on() {
    let nas = container(&[("443", "8443")], &Value::Null);
    let elsewhere = |reach, holder| PortSeen { inside: 443, ..web(Role::Gitlab, 443, reach, holder) };
    let (notes, lines) = judged(&nas, &[elsewhere(Reach::Here(8443), Some("nginx"))], true);
    assert!(notes.contains("labtrust setup git.example.com --out DIR"), "{notes}");
    assert_eq!(
        lines,
        "- https://git.example.com leads to port 443 of this machine, used by DSM's own nginx, but port 443 of the \
         container is published on 8443. To use 8443 in the URL\nlabtrust setup git.example.com:8443 --replace"
    );
    // Nobody holds it: it is published as well, or the URL gets the port.
    let free = PortSeen { is_free: true, ..elsewhere(Reach::Here(8443), None) };
    let (_, lines) = judged(&nas, &[free], false);
    assert!(lines.contains("in the URL\nlabtrust setup git.example.com:8443 --replace"), "{lines}");
    assert!(lines.contains("--publish 443:443 "), "{lines}");
    let registry =
        PortSeen { inside: 4567, is_free: true, ..web(Role::Registry, 4567, Reach::Here(5050), None) };
    let gitlab = web(Role::Gitlab, 443, Reach::Here(443), None);
    let (_, lines) = judged(&nas, &[gitlab, registry], false);
    let way_on = "labtrust setup git.example.com --registry git.example.com:5050 --replace";
    assert!(lines.contains(way_on), "{lines}");
}

#[test]
fn a_port_on_the_loopback_address_alone_is_named() {
    let nas = container(&[("443", "443")], &Value::Null);
    let (_, lines) = judged(&nas, &[web(Role::Gitlab, 443, Reach::Loopback(443), None)], false);
    assert!(
        lines.contains("only on this machine's loopback address") && lines.contains("--publish 443:443"),
        "{lines}"
    );
}
