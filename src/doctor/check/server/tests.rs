//! Cases that the lab has no machine for: a NAS whose own web server has the port, a reverse proxy, a key that only
//! GitLab can read. Each is evidence from the lab with a change.

use serde_json::{Value, json};

use crate::doctor::{CheckState, Evidence, diagnose};

const CONTAINER: &str = include_str!("../../../../tests/evidence/port-not-published.json");
const UNREAD: &str = include_str!("../../../../tests/evidence/served-not-on-disk.json");

/// The causes, and the state of the check, after `change` to `recorded`.
fn judged(recorded: &str, change: impl Fn(&mut Value)) -> (Vec<&'static str>, CheckState, bool) {
    let mut evidence: Value = serde_json::from_str(recorded).expect("recorded evidence");
    change(&mut evidence);
    let evidence: Evidence = serde_json::from_value(evidence).expect("evidence");
    let diagnosis = diagnose(&evidence);
    let line = diagnosis.lines.iter().find(|line| line.id == "server").expect("its line");
    let causes = diagnosis.findings.iter().map(|finding| finding.code.id).collect();
    (causes, line.state, line.is_fault)
}

fn sites(evidence: &mut Value) -> &mut Vec<Value> {
    evidence["gitlab"]["settings"]["answered"]["sites"].as_array_mut().expect("sites")
}

#[test]
fn a_nas_whose_own_web_server_holds_the_port_of_a_container() {
    let nas = |name: &'static str, gitlabs: bool| {
        move |evidence: &mut Value| {
            evidence["gitlab"]["running"] = false.into();
            sites(evidence)[0]["published"] = 443.into();
            sites(evidence)[0]["holder"] = json!({"pid": 4711, "name": name, "is_gitlabs": gitlabs});
        }
    };
    assert_eq!(judged(CONTAINER, nas("nginx", false)).0.first(), Some(&"port-taken"));
    for (name, gitlabs) in [("docker-proxy", false), ("nginx", true)] {
        let causes = judged(CONTAINER, nas(name, gitlabs)).0;
        assert!(!causes.contains(&"port-taken"), "{name}: {causes:?}");
    }
}

#[test]
fn what_another_server_serves_is_no_matter_of_gitlabs_pair() {
    let proxied = |evidence: &mut Value| {
        evidence["gitlab"]["settings"]["answered"]["served_elsewhere"] = "nginx['enable'] = false".into();
    };
    let (causes, state, _) = judged(UNREAD, proxied);
    assert!(state == CheckState::Passed && causes.contains(&"cert-expired"), "{causes:?}");
    assert!(!causes.contains(&"served-not-on-disk"), "{causes:?}");
    assert_eq!(judged(CONTAINER, proxied).0, ["port-refused"]);
}

#[test]
fn a_key_that_cannot_be_compared_is_a_fault_unless_it_is_served() {
    let encrypted = |is_served: bool| {
        move |evidence: &mut Value| {
            for site in sites(evidence) {
                site["meant"]["fits"] = json!({"failed": "the key is encrypted"});
                site["served"] = if is_served {
                    json!({"answered": site["meant"]["chain"]["answered"]})
                } else {
                    json!({"failed": "nobody answers"})
                };
            }
        }
    };
    let (_, state, is_fault) = judged(UNREAD, encrypted(true));
    assert_eq!((state, is_fault), (CheckState::Passed, false));
    let (_, state, is_fault) = judged(UNREAD, encrypted(false));
    assert_eq!((state, is_fault), (CheckState::Failed, true));
}

#[test]
fn a_gitlab_of_which_a_part_was_not_read_does_not_pass() {
    let with_unread = |evidence: &mut Value| {
        evidence["gitlab"]["settings"]["answered"]["unread"] = json!(["gitlab.rb:3 reads another file"]);
        for site in sites(evidence) {
            site["served"] = json!({"answered": site["meant"]["chain"]["answered"]});
        }
    };
    let (_, state, is_fault) = judged(UNREAD, with_unread);
    assert_eq!((state, is_fault), (CheckState::Failed, true));
}

#[test]
fn only_a_valid_certificate_is_reloaded_automatically() {
    let automatic = |change: &dyn Fn(&mut Value)| {
        let mut evidence: Value = serde_json::from_str(UNREAD).expect("recorded evidence");
        change(&mut evidence);
        let evidence: Evidence = serde_json::from_value(evidence).expect("evidence");
        let diagnosis = diagnose(&evidence);
        let found = diagnosis.findings.iter().find(|finding| finding.code.id == "served-not-on-disk");
        found.expect("the finding").fix.is_automatic()
    };
    assert!(automatic(&|_| {}));
    assert!(!automatic(&|evidence| evidence["at"] = "2037-01-01T00:00:00Z".into()), "it has expired");
    assert!(!automatic(&|evidence| evidence["gitlab"]["reload"] = json!([])), "nginx does not run");
    assert!(
        !automatic(&|evidence| {
            for site in sites(evidence) {
                site["configured"] = "/etc/gitlab/ssl/other.crt".into();
            }
        }),
        "nginx would read another file"
    );
}
