#![allow(clippy::disallowed_methods, reason = "tests set the stage")]

use std::{fs, path::Path};

use labtrust_machine::World;
use labtrust_plan::Command;

use super::*;
use crate::gitlab::{
    settings::{Settings, Wanted},
    sources::Sources,
};

fn blueprint(gitlab: &str, registry: &str, http: u16, ssh: u16) -> Blueprint {
    let (gitlab, registry): (Endpoint, Endpoint) =
        (gitlab.parse().expect("an endpoint"), registry.parse().expect("an endpoint"));
    let ports = Ports { https: gitlab.port, http, ssh, registry: registry.port };
    Blueprint { gitlab, registry, ports, is_labelled: false }
}

fn blueprints() -> [Blueprint; 4] {
    [
        blueprint("git.example.com:443", "git.example.com:4567", 80, 22),
        blueprint("git.example.com:8443", "git.example.com:5050", 8080, 2222),
        blueprint("[2001:db8::1]:443", "registry.example.com:443", 80, 22),
        Blueprint { is_labelled: true, ..blueprint("192.0.2.10:443", "192.0.2.10:4567", 80, 2222) },
    ]
}

#[test]
fn with_free_ports_the_files_are_the_usual_ones() {
    let usual = blueprint("git.example.com:443", "git.example.com:4567", 80, 22);
    assert_eq!(
        usual.compose(),
        r#"# https://git.example.com and its registry. Start it here: docker compose up -d
# Another image or version: GITLAB_IMAGE=gitlab/gitlab-ee:… docker compose up -d
services:
  gitlab:
    image: "${GITLAB_IMAGE:-gitlab/gitlab-ce:latest}"
    hostname: "git.example.com"
    restart: unless-stopped
    shm_size: 256m
    ports:
      - "443:443"
      - "80:80"
      - "22:22"
      - "4567:4567"
    volumes:
      - ./config:/etc/gitlab
      - ./logs:/var/log/gitlab
      - ./data:/var/opt/gitlab
"#
    );
    assert_eq!(
        usual.gitlab_rb(),
        r#"# GitLab's settings. After editing: docker compose exec gitlab gitlab-ctl reconfigure
external_url "https://git.example.com"
registry_external_url "https://git.example.com:4567"

# GitLab serves the certificate in ssl/. Without this line it would request one from Let's Encrypt.
letsencrypt['enable'] = false
nginx['redirect_http_to_https'] = true
"#
    );
}

#[test]
fn other_ports_are_the_same_everywhere() {
    let busy = blueprint("git.example.com:8443", "git.example.com:5050", 8080, 2222);
    let compose = busy.compose();
    for port in ["\"8443:8443\"", "\"8080:80\"", "\"2222:22\"", "\"5050:5050\""] {
        assert!(compose.contains(port), "{compose}");
    }
    let gitlab_rb = busy.gitlab_rb();
    for line in [
        "external_url \"https://git.example.com:8443\"",
        "registry_external_url \"https://git.example.com:5050\"",
        "gitlab_rails['gitlab_shell_ssh_port'] = 2222",
    ] {
        assert!(gitlab_rb.lines().any(|found| found == line), "{gitlab_rb}");
    }
    // Two hosts on one port are published once.
    let shared = blueprint("git.example.com:443", "registry.example.com:443", 80, 22).compose();
    assert_eq!(shared.matches("443:443").count(), 1, "{shared}");
}

#[test]
fn what_we_write_we_read() {
    for blueprint in blueprints() {
        let config = crate::gitlab::Config::read("", &blueprint.gitlab_rb());
        let wanted = Wanted::usual(&blueprint.gitlab, &blueprint.registry);
        let settings = Settings::plan(Some(blueprint.gitlab_rb().as_bytes()), &Sources::default(), &wanted)
            .expect("a plan");
        assert_eq!(settings.edits, []);
        assert_eq!(config.remarks(), Vec::<String>::new());
        let compose = blueprint.compose();
        let Ports { https, http, ssh, registry } = blueprint.ports;
        for (outside, inside) in [(https, https), (http, 80), (ssh, 22), (registry, registry)] {
            assert_eq!(published(&compose, inside), Some(outside));
        }
    }
    for (line, expected) in [
        ("      - 127.0.0.1:8080:80", Some(8080)),
        ("  - '8080:80'", Some(8080)),
        ("  - \"8080:81\"", None),
        ("  - \"80\"", None),
        ("# 8080:80", None),
    ] {
        assert_eq!(published(line, 80), expected, "{line}");
    }
}

/// Says why a judge did not speak. Where none may be missing (`CI` is set), that is a failure.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    eprintln!("skipped: {why}");
}

/// Runs `program` on a file with `text`, if it is installed.
fn judge(program: &str, arguments: &[&str], name: &str, text: &str) {
    let Ok(program) = which::which_in(program, Some("/usr/bin:/bin"), "/") else {
        return skip(&format!("{program} is not installed (scripts/install-lab does that)"));
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, text).expect("a file");
    let path: &Path = &path;
    let path = path.display().to_string();
    let command = Command::new(program, arguments.iter().copied().chain([path.as_str()]));
    let output = World::here().try_run(&command).expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("No module named 'yaml'") {
        return skip(&said);
    }
    assert_eq!(output.code, Some(0), "{said}\n{text}");
}

#[test]
fn ruby_and_yaml_accept_the_files() {
    // Values that YAML 1.1 would read as numbers or booleans must stay text.
    const CHECK: &str = "
import sys, yaml
gitlab = yaml.safe_load(open(sys.argv[1]))['services']['gitlab']
assert gitlab['restart'] == 'unless-stopped' and gitlab['image'].startswith('$'), gitlab
assert isinstance(gitlab['hostname'], str), gitlab
for entry in gitlab['ports'] + gitlab['volumes']:
    assert isinstance(entry, str) and ':' in entry, entry
";
    for blueprint in blueprints() {
        judge("ruby", &["-c"], "gitlab.rb", &blueprint.gitlab_rb());
        judge("python3", &["-c", CHECK], "compose.yaml", &blueprint.compose());
    }
}

#[test]
fn the_service_of_a_compose_file_is_the_one_that_mounts_the_configuration() {
    let blueprint = Blueprint {
        gitlab: "git.example.com:443".parse().expect("an endpoint"),
        registry: "git.example.com:4567".parse().expect("an endpoint"),
        ports: Ports { https: 443, http: 80, ssh: 22, registry: 4567 },
        is_labelled: true,
    };
    for (text, service) in [
        (blueprint.compose().as_str(), Some("gitlab")),
        (
            "version: '3'\nservices:\n    db:\n        image: postgres\n    # the server\n    'web':\n        volumes:\n        - '$GITLAB_HOME/config:/etc/gitlab'\nvolumes:\n    config:\n",
            Some("web"),
        ),
        (
            "services:\n  runner:\n    volumes: [./runner:/etc/gitlab-runner]\n  web:\n    volumes:\n      - type: bind\n        source: ./config\n        target: /etc/gitlab/\n",
            Some("web"),
        ),
        ("services:\n  runner:\n    volumes:\n      - ./runner:/etc/gitlab-runner\n", None),
        ("", None),
    ] {
        assert_eq!(service_of(text), service, "{text}");
    }
}
