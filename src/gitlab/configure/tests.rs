#![allow(clippy::disallowed_methods, reason = "tests set the stage")]

use std::fs;

use super::*;
use crate::gitlab::container::{Container, tests::inspected};

#[test]
fn nginx_listens_on_the_port_inside_the_container() {
    let folder = tempfile::tempdir().expect("a folder");
    let mounts = folder.path().display().to_string();
    let docker = Command::new("/bin/false", [""; 0]);
    // It publishes its ports as 8443:443 and 4567:4567.
    let container = Container::read(
        &inspected("web", "gitlab/gitlab-ce", &[(&mounts, "/etc/gitlab")], true),
        &docker,
        None,
    );
    let mut installation = Installation::prepared(folder.path());
    installation.kind = Kind::Container(Box::new(container.expect("a container")));
    let endpoint = |text: &str| text.parse::<Endpoint>().expect("an endpoint");
    for (script, expected) in [
        ("external_url 'http://git.example.com'\nnginx['listen_port'] = 80\n", Some(443)),
        ("external_url 'http://git.example.com'\nnginx['listen_port'] = 443\n", Some(443)),
        ("external_url 'http://git.example.com'\n", Some(443)),
    ] {
        fs::write(folder.path().join("gitlab.rb"), script).expect("a file");
        let (gitlab, registry) = (endpoint("git.example.com:8443"), endpoint("git.example.com:4567"));
        let planned =
            Configured::plan(&World::here(), &installation, &Config::read("", script), &gitlab, &registry);
        let planned = planned.expect("a plan");
        assert_eq!(planned.config.listen_port(Role::Gitlab), expected, "{script}");
    }
}
