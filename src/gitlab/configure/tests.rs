#![allow(clippy::disallowed_methods, reason = "tests set the stage")]

use std::fs;

use super::*;
use crate::gitlab::{
    container::{Container, tests::inspected},
    installation::GitlabRb,
};

/// A GitLab in a container that mounts `folder`, and publishes its ports as 8443:443 and 4567:4567.
fn in_container(folder: &Path) -> Installation {
    let mounts = folder.display().to_string();
    let docker = Command::new("/bin/false", [""; 0]);
    let json = inspected("web", "gitlab/gitlab-ce", &[(&mounts, "/etc/gitlab")], true);
    let container = Container::read(&json, &docker, None).expect("a container");
    let mut installation = Installation::prepared(folder);
    installation.kind = Kind::Container(Box::new(container));
    installation
}

#[test]
fn nginx_listens_on_the_port_inside_the_container() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = in_container(folder.path());
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

#[test]
fn a_person_decides_on_a_conflict_in_a_file_that_is_mounted_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("own.rb");
    let mut installation = in_container(folder.path());
    installation.gitlab_rb = GitlabRb::Mounted(file.clone());
    let script = "external_url 'http://git:8929'\n# registry_external_url 'https://registry.example.com'\n";
    fs::write(&file, script).expect("a file");
    let [gitlab, registry] =
        ["git:8443", "git:4567"].map(|text| text.parse::<Endpoint>().expect("an endpoint"));
    let config = Config::read("", script);
    let planned =
        Configured::plan(&World::here(), &installation, &config, &gitlab, &registry).expect("a plan");
    assert!(planned.conflicts().is_empty() && !planned.is_edited(&installation));
    let lines = planned.lines(&installation);
    assert_eq!(
        lines[..3],
        [
            "# in place of: external_url 'http://git:8929'",
            "external_url 'https://git:8443'",
            "registry_external_url 'https://git:4567'",
        ]
    );
    let typed = TypedCommand { host: "git:8443".into(), ..TypedCommand::default() };
    let notes = planned.notes(&typed);
    let expected =
        "it has to be `external_url 'https://git:8443'`; to keep the address: labtrust setup git:8929";
    assert!(notes.len() == 1 && notes[0].ends_with(expected), "{notes:?}");
}
