//! Cases that the lab cannot show: daemons of other kinds, and settings that labtrust must not change.

use labtrust_machine::reach::Reached;
use labtrust_plan::{
    Actor, Command, Step,
    fact::{EngineKind, ServiceManager},
};

use super::*;
use crate::doctor::evidence::{Setting, Source};
use crate::doctor::{
    Evidence, Finding,
    check::CheckState,
    diagnose,
    evidence::{DockerContextSeen, Form},
};

/// Evidence of a daemon under systemd whose proxy answers 503.
fn recorded() -> Evidence {
    let text = include_str!("../../../../tests/evidence/proxy-config-unused.json");
    let mut evidence: Evidence = serde_json::from_str(text).expect("evidence");
    evidence.facts.services = Some(ServiceManager::Systemd);
    evidence.facts.tools.insert("systemctl".into(), "/usr/bin/systemctl".into());
    evidence.engines[0].sources.clear();
    set(&mut evidence, "http://proxy:3128", "", "");
    set_source(
        &mut evidence,
        Form::Unit,
        "/etc/systemd/system/docker.service.d/p.conf",
        &[("HTTPS_PROXY", PROXY)],
    );
    evidence
}

const PROXY: &str = "http://proxy:3128";

fn set(evidence: &mut Evidence, https: &str, http: &str, no: &str) {
    let Asked::Answered(info) = &mut evidence.engines[0].info else { panic!("it answered") };
    (info.https_proxy, info.http_proxy, info.no_proxy) = (https.into(), http.into(), no.into());
}

fn set_source(evidence: &mut Evidence, form: Form, path: &str, settings: &[(&str, &str)]) {
    let setting = |(name, value): &(&str, &str)| Setting {
        name: (*name).into(),
        value: (*value).into(),
        line: usize::from(form != Form::CommandLine),
        flaw: None,
    };
    let settings = settings.iter().map(setting).collect();
    let source = Source { path: path.into(), form, is_read: true, settings, fault: None };
    evidence.engines[0].sources.push(source);
}

/// A change to the evidence.
type Lay = fn(&mut Evidence);

fn only(evidence: &Evidence) -> Finding {
    let mut findings = diagnose(evidence).findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

#[test]
fn desktops_own_proxy_is_no_fault() {
    let mut evidence = recorded();
    set(
        &mut evidence,
        "http://http.docker.internal:3128",
        "http://http.docker.internal:3128",
        "hubproxy.docker.internal",
    );
    let Asked::Answered(info) = &mut evidence.engines[0].info else { panic!("it answered") };
    info.operating_system = "Docker Desktop".into();
    assert!(diagnose(&evidence).findings.is_empty());
}

#[test]
fn the_proxies_of_an_engine_that_is_not_asked_do_not_matter() {
    let mut evidence = recorded();
    let at = Asked::Answered("ssh://admin@build.example".into());
    evidence.client.docker_context = Some(DockerContextSeen { told_by: "the context far".into(), at });
    assert_eq!(only(&evidence).code.id, "daemon-remote");
}

#[test]
fn a_context_that_cannot_be_read_is_a_fault() {
    let mut evidence = recorded();
    let is_fault = |evidence: &Evidence| {
        diagnose(evidence).lines.iter().any(|line| line.id == "engine" && line.is_fault)
    };
    assert!(!is_fault(&evidence));
    let at = Asked::Failed("/root/.docker/contexts/meta/x/meta.json does not exist".into());
    evidence.client.docker_context = Some(DockerContextSeen { told_by: "the context far".into(), at });
    assert!(is_fault(&evidence));
}

#[test]
fn an_old_engine_uses_the_proxy_of_http() {
    let mut evidence = recorded();
    set(&mut evidence, "", PROXY, "");
    evidence.engines[0].sources.clear();
    set_source(&mut evidence, Form::Unit, "/p.conf", &[("HTTP_PROXY", PROXY)]);
    assert!(diagnose(&evidence).findings.is_empty());
    let Asked::Answered(version) = &mut evidence.engines[0].version else { panic!("it answered") };
    version.go = "go1.15.9".into();
    assert_eq!(only(&evidence).code.id, "proxy-not-bypassed");
}

#[test]
fn synologys_daemon_is_fixed_in_its_own_file() {
    let mut evidence = recorded();
    let path = "/var/packages/ContainerManager/etc/dockerd.json";
    evidence.engines[0].sources.clear();
    set_source(&mut evidence, Form::Settings, path, &[("HTTPS_PROXY", PROXY)]);
    let restart = Command::new("/usr/syno/bin/synopkg", ["restart", "ContainerManager"]);
    evidence.facts.engines[0].restart = Some(restart.clone());
    let finding = only(&evidence);
    let [change] = &finding.fix.changes[..] else { panic!("{finding:?}") };
    assert_eq!(change.subject, path);
    assert_eq!(change.reload.restart[0].restart, Some(restart));
    // The unit has another name.
    evidence.engines[0].sources[0].form = Form::Unit;
    let finding = only(&evidence);
    let [change] = &finding.fix.changes[..] else { panic!("{finding:?}") };
    assert_eq!(change.subject, "/etc/systemd/system/pkg-ContainerManager-dockerd.service.d/zz-labtrust.conf");
}

#[test]
fn a_users_daemon_is_fixed_by_the_user() {
    let mut evidence = recorded();
    let user = evidence.facts.user.clone();
    evidence.facts.engines[0].kind = EngineKind::Rootless;
    evidence.facts.engines[0].owner = Some(user.clone());
    // labtrust does not reload a user's systemd.
    let finding = only(&evidence);
    assert!(!finding.fix.is_automatic() && finding.fix.advice.is_some(), "{finding:?}");
    evidence.engines[0].sources[0].form = Form::Settings;
    let finding = only(&evidence);
    let [change] = &finding.fix.changes[..] else { panic!("{finding:?}") };
    assert_eq!(change.actor, Actor::User(user));
    assert!(matches!(change.steps[..], [Step::Edit { .. }]));
}

#[test]
fn a_change_without_effect_is_not_planned() {
    let plain = recorded();
    assert!(only(&plain).fix.is_automatic());
    let cases: [(&str, Lay); 6] = [
        ("the command line wins", |evidence| {
            set_source(evidence, Form::CommandLine, "/usr/bin/dockerd", &[("NO_PROXY", "a")]);
        }),
        ("a drop-in after ours takes it back", |evidence| {
            let path = "/etc/systemd/system/docker.service.d/zzz.conf";
            set_source(evidence, Form::Unit, path, &[("NO_PROXY", "a")]);
        }),
        ("a source cannot be read", |evidence| {
            set_source(evidence, Form::Unit, "/secret.conf", &[]);
            let last = evidence.engines[0].sources.last_mut();
            last.expect("a source").fault = Some("permission denied".into());
        }),
        ("the value is no plain text", |evidence| {
            set(evidence, PROXY, "", "$(reboot)");
            set_source(evidence, Form::Unit, "/etc/x.conf", &[("NO_PROXY", "$(reboot)")]);
        }),
        ("it holds a password", |evidence| {
            set_source(evidence, Form::Unit, "/etc/x.conf", &[("NO_PROXY", "xxxxx@a")]);
        }),
        ("there is nothing that reads units anew", |evidence| evidence.facts.tools.clear()),
    ];
    for (what, lay) in cases {
        let mut evidence = plain.clone();
        lay(&mut evidence);
        let finding = only(&evidence);
        assert_eq!(finding.code.id, "proxy-not-bypassed", "{what}");
        assert!(!finding.fix.is_automatic() && finding.fix.advice.is_some(), "{what}: {finding:?}");
    }
}

#[test]
fn a_proxy_that_gets_as_far_as_everybody_is_not_to_blame() {
    for (answer, expected) in [
        ("HTTP/1.0 503 Service Unavailable", "port-refused"),
        ("HTTP/1.0 500 Unable to connect", "port-refused"),
        // The proxy refuses.
        ("HTTP/1.0 403 Access violation", "proxy-not-bypassed"),
    ] {
        let mut evidence = recorded();
        for server in &mut evidence.servers {
            let Reached::Addresses(addresses) = &mut server.reached else { panic!("it has addresses") };
            addresses[0].1 = labtrust_machine::reach::Step::Refused;
        }
        let seen = evidence.engines[0].proxy.as_mut().expect("a proxy");
        seen.answer = Asked::Answered(answer.into());
        assert_eq!(diagnose(&evidence).findings[0].code.id, expected, "{answer}");
    }
}

#[test]
fn a_proxy_that_lets_tls_pass_is_not_to_blame() {
    let mut evidence = recorded();
    for (said, is_blamed) in [
        ("Service Unavailable", true),
        ("EOF", true),
        ("net/http: TLS handshake timeout", true),
        ("x509: certificate signed by unknown authority", false),
        ("received unexpected HTTP status: 502 Bad Gateway", false),
        ("unauthorized: authentication required", false),
    ] {
        let message = format!("Get \"https://mygitlab.example.com:4567/v2/\": {said}");
        let body = serde_json::json!({ "message": message }).to_string();
        evidence.engines[0].registries.insert(4567, Asked::Answered(body.into()));
        let blamed = diagnose(&evidence).findings.iter().any(|finding| finding.code == &NOT_BYPASSED);
        assert_eq!(blamed, is_blamed, "{said}");
    }
}

#[test]
fn no_finding_about_a_proxy_if_the_server_does_not_answer() {
    let text = include_str!("../../../../tests/evidence/git-proxy-not-bypassed.json");
    let mut evidence: Evidence = serde_json::from_str(text).expect("evidence");
    let state = |evidence: &Evidence| {
        let lines = diagnose(evidence).lines;
        lines.into_iter().find(|line| line.id == "tools").map(|line| line.state)
    };
    assert_eq!(state(&evidence), Some(CheckState::Failed));
    for server in &mut evidence.servers {
        server.reached = Reached::Nowhere("its name has no address".into());
    }
    assert_eq!(state(&evidence), Some(CheckState::Skipped));
}
