//! What a person is told about a runner's files.

use serde_json::json;

use super::*;
use crate::Certificate;

#[test]
fn root_is_given_no_command_that_copies_where_a_users_link_leads() {
    let machines = "/etc/gitlab-runner/certs/h.example.com.crt";
    let users = "/home/alice/.gitlab-runner/certs/h.example.com.crt";
    let facts: Facts = serde_json::from_value(json!({
        "os": "linux",
        "user": { "name": "root", "uid": 0, "gid": 0, "home": "/root" },
        "invoker": { "name": "alice", "uid": 1000, "gid": 1000, "home": "/home/alice" },
        "paths": ["/etc/gitlab-runner", "/home/alice/.gitlab-runner/config.toml", machines, users],
        "texts": { "/home/alice/.gitlab-runner/config.toml": "" },
        "links": { machines: "/opt/ca.crt", users: "/root/secret" },
    }))
    .expect("facts");
    let endpoint = "h.example.com:443".parse().expect("an endpoint");
    let anchor =
        Anchor { certificate: Certificate::new([0x30, 0]), endpoints: vec![endpoint], names: Vec::new() };
    let Planned::Partly { rest, .. } = plan(&facts, &anchor) else { panic!("a plan") };
    let commands: Vec<_> =
        rest.iter().map(|step| (step.why.contains("/root/secret"), step.commands.len())).collect();
    assert_eq!(commands, [(false, 1), (true, 0)], "{rest:?}");
    assert!(!rest[1].hint().as_str().contains("secret"), "{rest:?}");
}
