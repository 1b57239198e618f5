//! Cases that the lab has no machine for: recorded evidence, edited to that of another machine.

use labtrust::doctor::{Diagnosis, Evidence, diagnose, evidence::Asked};
use labtrust_plan::fact::{EngineKind, User};

use crate::doctor::recorded;

/// The codes, and whether `--fix` fixes each.
fn found(diagnosis: &Diagnosis) -> Vec<(&'static str, bool)> {
    diagnosis.findings.iter().map(|finding| (finding.code.id, finding.fix.is_automatic())).collect()
}

/// The same machine with its daemon in alice's virtual machine, and the files of `/etc` in her home.
fn desktop(mut evidence: Evidence, caller: u32) -> Evidence {
    let alice = User { name: "alice".into(), uid: 1000, gid: 1000, home: "/home/alice".into() };
    let engine = &mut evidence.facts.engines[0];
    engine.kind = EngineKind::Desktop;
    engine.owner = Some(alice.clone());
    engine.certs_d = "/home/alice/.docker/certs.d".into();
    engine.restart = None;
    evidence.trust.certs_d[0].path.clone_from(&engine.certs_d);
    evidence.engines[0].title = "Docker Desktop".into();
    if caller == 0 {
        evidence.facts.invoker = Some(alice);
    } else {
        evidence.facts.user = alice;
    }
    evidence
}

/// Moves the CA from the wrong folder to the right one.
fn in_order(mut evidence: Evidence) -> Evidence {
    let Asked::Answered(folders) = &mut evidence.trust.certs_d[0].folders else { panic!("not read") };
    let right = format!("{}:4567", evidence.host);
    for folder in folders {
        folder.name.clone_from(&right);
    }
    evidence
}

#[test]
fn docker_desktop_that_was_started_before_the_ca_was_there() {
    let evidence = in_order(desktop(recorded::evidence("certsd-wrong-name"), 1000));
    let diagnosis = diagnose(&evidence);
    assert_eq!(diagnosis.findings[0].code.id, "daemon-needs-restart");
    assert_eq!(diagnosis.findings[0].fix.advice.as_deref(), Some("restart Docker Desktop"));
}

#[test]
fn a_ca_that_docker_desktop_looks_for_elsewhere() {
    let diagnosis = diagnose(&desktop(recorded::evidence("certsd-wrong-name"), 1000));
    assert_eq!(found(&diagnosis)[0], ("certsd-wrong-name", true));
}

#[test]
fn what_a_user_laid_down_is_not_trusted_for_root() {
    let diagnosis = diagnose(&desktop(recorded::evidence("certsd-wrong-name"), 0));
    assert_eq!(found(&diagnosis)[0], ("certsd-wrong-name", false));
}

#[test]
fn a_ca_for_one_registry_is_not_trusted_for_everything() {
    let diagnosis = diagnose(&recorded::evidence("certsd-wrong-name"));
    assert_eq!(found(&diagnosis), [("certsd-wrong-name", true), ("untrusted-system", false)]);
}

#[test]
fn a_token_service_of_another_ca_is_found_without_any_word_of_the_engine() {
    let mut evidence = recorded::evidence("realm-untrusted");
    for engine in &mut evidence.engines {
        engine.registries.values_mut().for_each(|answer| *answer = Asked::Not);
    }
    assert_eq!(found(&diagnose(&evidence))[0], ("realm-untrusted", false));
}
