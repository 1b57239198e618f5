//! The doctor on the server itself.

use super::{ask, serving, trusting};
use crate::lab::{Engine, Gitlab, HOST, Machine, NGINX, Pair, REGISTRY, Validity, hup};

const CERTIFICATE: &str = "/etc/gitlab/ssl/mygitlab.example.com.crt";
const KEY: &str = "/etc/gitlab/ssl/mygitlab.example.com.key";

/// A server that trusts its own GitLab's certificate.
fn server(machine: &Machine) -> (Engine<'_>, Pair) {
    machine.without_hooks();
    let engine = Engine::start(machine);
    let pair = serving(machine);
    trusting(machine, &pair);
    (engine, pair)
}

/// Adds a line to gitlab.rb.
fn setting(machine: &Machine, line: &str) {
    machine.command(["sh", "-c", "cat >>/etc/gitlab/gitlab.rb"]).stdin(format!("{line}\n")).run().succeeded();
}

#[test]
fn a_pair_that_was_put_there_and_never_read() {
    let machine = machine!("server");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    Gitlab::start(&machine).serve(&Pair::made(&machine, &[HOST], Validity::Expired));
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/ca.crt", &pair.root);
    trusting(&machine, &pair);
    machine.write(CERTIFICATE, pair.chain());
    machine.write_with_mode(KEY, "600", &pair.key);
    engine.login().exited(1).says("expired");
    let report = ask(&machine).blames("served-not-on-disk");
    assert_eq!(report.causes(), ["served-not-on-disk"], "what is served follows from it: {:#}", report.json);
    let before = machine.manifest();
    let plan = machine.run(["labtrust", "doctor", REGISTRY, "--fix", "--dry-run"]).exited(1);
    plan.says("gitlab-ctl hup nginx");
    machine.run(["labtrust", "doctor", REGISTRY, "--fix"]).succeeded();
    engine.login().succeeded();
    machine.run(["labtrust", "doctor", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
    ask(&machine).is_healthy();
}

#[test]
fn a_key_that_is_not_the_certificates() {
    let machine = machine!("server");
    server(&machine);
    machine.write_with_mode(KEY, "600", Pair::made(&machine, &[HOST], Validity::Current).key);
    ask(&machine).blames("key-mismatch-on-disk");
}

#[test]
fn a_path_that_wins_over_the_usual_place() {
    let machine = machine!("server");
    let (engine, _) = server(&machine);
    let old = Pair::made(&machine, &[HOST], Validity::Expired);
    machine.write("/etc/gitlab/ssl/old.crt", old.chain());
    machine.write_with_mode("/etc/gitlab/ssl/old.key", "600", &old.key);
    for nginx in ["nginx", "registry_nginx"] {
        setting(&machine, &format!("{nginx}['ssl_certificate'] = '/etc/gitlab/ssl/old.crt'"));
        setting(&machine, &format!("{nginx}['ssl_certificate_key'] = '/etc/gitlab/ssl/old.key'"));
    }
    // Like `gitlab-ctl reconfigure`.
    machine.run(["sed", "-i", &format!("s|ssl/{HOST}|ssl/old|"), NGINX]).succeeded();
    hup(&machine);
    engine.login().exited(1).says("expired");
    let report = ask(&machine).blames("ssl-path-overridden");
    assert_eq!(report.causes(), ["ssl-path-overridden"], "{:#}", report.json);
}

#[test]
fn a_line_that_looks_right_and_does_nothing() {
    let machine = machine!("server");
    let (engine, _) = server(&machine);
    setting(&machine, "letsencrypt['enabled'] = false");
    engine.login().succeeded();
    let report = ask(&machine).blames("setting-ignored");
    assert!(report.what().contains("letsencrypt['enable']"), "{:#}", report.json);
}

#[test]
fn a_certificate_that_lets_encrypt_will_replace() {
    let machine = machine!("server");
    let (engine, _) = server(&machine);
    let secrets =
        r#"{"gitlab_rails": {"secret_key_base": "hunter2"}, "letsencrypt": {"auto_enabled": true}}"#;
    machine.write_with_mode("/etc/gitlab/gitlab-secrets.json", "600", secrets);
    engine.login().succeeded();
    let report = ask(&machine).blames("letsencrypt-will-take-over");
    assert!(!report.evidence.contains("hunter2"));
    setting(&machine, "letsencrypt['enable'] = false");
    ask(&machine).is_healthy();
}

#[test]
fn a_port_that_another_web_server_had_first() {
    let machine = machine!("server");
    machine.without_hooks();
    Engine::start(&machine);
    let pair = Pair::made(&machine, &["nas.example.com"], Validity::Current);
    machine.write("/tmp/nas.crt", pair.chain());
    machine.write("/tmp/nas.key", &pair.key);
    let site = "pid /tmp/nas.pid; events {} http { access_log off; server { listen 443 ssl; \
                ssl_certificate /tmp/nas.crt; ssl_certificate_key /tmp/nas.key; } }";
    machine.write("/tmp/nas.conf", site);
    machine.run(["nginx", "-c", "/tmp/nas.conf"]).succeeded();
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write(CERTIFICATE, pair.chain());
    machine.write_with_mode(KEY, "600", &pair.key);
    Gitlab::start(&machine);
    let report = ask(&machine).blames("port-taken");
    assert_eq!(report.causes(), ["port-taken"], "{:#}", report.json);
    assert!(report.what().contains("port 443") && report.what().contains("nginx"), "{:#}", report.json);
}

#[test]
fn on_a_client_the_server_is_not_checked() {
    let machine = machine!("server");
    server(&machine);
    // GitLab on another machine is not checked.
    let asked = machine.run(["labtrust", "doctor", "127.0.0.9:4567", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&asked.stdout).unwrap();
    let line = report["checks"].as_array().unwrap().iter().find(|line| line["id"] == "server").unwrap();
    assert_eq!(line["state"], "passed", "loopback is this machine: {report:#}");
    let asked = machine.run(["labtrust", "doctor", "192.0.2.99:4567", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&asked.stdout).unwrap();
    let line = report["checks"].as_array().unwrap().iter().find(|line| line["id"] == "server").unwrap();
    assert_eq!(line["state"], "skipped", "{report:#}");
}

#[test]
fn a_port_that_the_container_does_not_publish() {
    let machine = machine!("server");
    machine.without_hooks();
    Engine::start(&machine);
    let urls = "external_url 'https://mygitlab.example.com'\nregistry_external_url 'https://mygitlab.example.com:4567'\n\
                letsencrypt['enable'] = false\n";
    machine.write("/srv/gitlab/config/gitlab.rb", urls);
    // An image with one program: only the daemon's data about the container counts.
    let image = "tar -chf- -C / bin/sleep $(ldd /bin/sleep | grep -o '/[^ ]*' | cut -c2-) | docker import - gitlab/gitlab-ce:lab";
    machine.sh(image).succeeded();
    let run = "docker run --detach --name web --network none --volume /srv/gitlab/config:/etc/gitlab gitlab/gitlab-ce:lab sleep 600";
    machine.sh(run).succeeded();
    let report = ask(&machine);
    // Its control groups are in those of the machine around the lab.
    machine.run(["docker", "rm", "--force", "web"]).succeeded();
    let report = report.blames("port-not-published");
    assert_eq!(report.causes(), ["port-not-published"], "{:#}", report.json);
    assert!(report.what().contains("web") && report.what().contains("4567"), "{:#}", report.json);
}

#[test]
fn a_user_without_rights_on_the_server_is_told_to_use_root() {
    let machine = machine!("server");
    server(&machine);
    let asked = machine.command(["labtrust", "doctor", REGISTRY]).user("developer").run();
    asked.says("run the doctor as root");
}
