//! Token services whose tokens the registry does not accept.

use super::{Report, ask, ready};
use crate::lab::{HOST, Machine, NGINX, again, hup};

const REALM: &str = "/opt/gitlab/sv/realm.py";
const KEY: &str = "/var/opt/gitlab/gitlab-rails/etc/gitlab-registry.key";

/// Replaces texts in the token service's program, as it was, and starts it again.
fn realm(machine: &Machine, program: &str, texts: &[(&str, &str)]) {
    let changed = texts.iter().fold(program.to_owned(), |program, (old, new)| {
        assert!(program.contains(old), "{old}");
        program.replace(old, new)
    });
    machine.write(REALM, changed);
    again(machine, "realm");
}

/// Asks the doctor, whose only cause must be `code`.
#[track_caller]
fn blamed(machine: &Machine, code: &str) -> Report {
    let report = ask(machine);
    assert_eq!(report.causes(), [code], "{:#}", report.json);
    report
}

#[test]
fn a_token_that_is_signed_with_another_key_than_the_registry_knows() {
    let machine = machine!("client");
    let engine = ready(&machine);
    ask(&machine).is_healthy();
    machine.sh(&format!("openssl genrsa -out {KEY} 2048 2>/dev/null")).succeeded();
    let program = machine.read(REALM);
    realm(&machine, &program, &[]);
    engine.login().exited(1).says("401 Unauthorized");
    let report = blamed(&machine, "token-key-mismatch");
    assert_eq!(report.json["findings"][0]["explains"][0]["code"], "token-refused", "{:#}", report.json);
    let key = machine.sh(&format!("grep -v -- ----- {KEY} | head -n 1")).succeeded().stdout;
    assert!(!report.evidence.contains(key.trim()));
    report.blames("token-key-mismatch");
}

#[test]
fn a_token_that_the_registry_refuses_for_its_claims() {
    let machine = machine!("client");
    let engine = ready(&machine);
    let program = machine.read(REALM);
    let now = "now = int(time.time())";
    for (old, new, reason) in [
        (
            "\"aud\": service",
            "\"aud\": \"other_registry\"",
            "for the service \"other_registry\", and the registry accepts only tokens for \"container_registry\"",
        ),
        (now, "now = int(time.time()) + 1000", "s ahead of the clock of the registry"),
        (now, "now = int(time.time()) - 1000", "s behind the clock of the registry"),
        ("omnibus-gitlab-issuer", "my-issuer", "as an issuer (my-issuer) that the registry does not accept"),
    ] {
        realm(&machine, &program, &[(old, new)]);
        engine.login().exited(1).says("401 Unauthorized");
        let report = blamed(&machine, "token-refused");
        let why = report.json["findings"][0]["why"].as_str().unwrap();
        assert!(why.contains(reason), "{why}");
        report.blames("token-refused");
    }
    // On the server, both names of the issuer are in its files.
    let settings = "production: &base\n  registry:\n    enabled: true\n    issuer: my-issuer\n";
    machine.write("/var/opt/gitlab/gitlab-rails/etc/gitlab.yml", settings);
    let report = blamed(&machine, "token-issuer-mismatch").blames("token-issuer-mismatch");
    assert_eq!(report.json["findings"][0]["explains"][0]["code"], "token-refused", "{:#}", report.json);
}

#[test]
fn a_token_that_a_reverse_proxy_removes() {
    let machine = machine!("client");
    let engine = ready(&machine);
    let settings = machine.read(NGINX);
    let backend = "proxy_pass http://127.0.0.1:5000;";
    let removed = "proxy_set_header Host $http_host; proxy_set_header Authorization \"\"; ";
    machine.write(NGINX, settings.replace(backend, &format!("{removed}{backend}")));
    hup(&machine);
    engine.login().exited(1).says("401 Unauthorized");
    let report = blamed(&machine, "token-refused");
    let why = report.json["findings"][0]["why"].as_str().unwrap();
    assert!(why.contains("removes the header Authorization"), "{why}");
}

#[test]
fn an_answer_without_a_token() {
    let machine = machine!("client");
    let engine = ready(&machine);
    let program = machine.read(REALM);
    realm(&machine, &program, &[("{\"token\": signed}", "{\"tokens\": signed}")]);
    engine.login().exited(1).says("did not include a token");
    blamed(&machine, "realm-no-token").blames("realm-no-token");
}

/// As GitLab has it: a token without a login is only for the images of a public project.
#[test]
fn a_token_for_a_public_project_is_enough() {
    let machine = machine!("client");
    let engine = ready(&machine);
    let program = machine.read(REALM);
    let only_public = ("elif scopes:", "elif scopes != [\"repository:group/open:pull\"]:");
    let projects = (
        "        elif url.path == \"/\":",
        "        elif url.path == \"/api/v4/projects\":\n            self.answer(200, \"application/json\", b'[{\"path_with_namespace\": \"Group/open\"}]')\n        elif url.path == \"/\":",
    );
    realm(&machine, &program, &[only_public, projects]);
    engine.login().succeeded();
    let report = ask(&machine).is_healthy();
    assert!(report.json.to_string().contains("the registry accepts its token"), "{:#}", report.json);
    realm(&machine, &program, &[only_public, projects, ("omnibus-gitlab-issuer", "my-issuer")]);
    blamed(&machine, "token-refused");
    // Without one, nobody sees the tokens but who logs in.
    realm(&machine, &program, &[only_public, ("omnibus-gitlab-issuer", "my-issuer")]);
    let report = ask(&machine).is_healthy();
    assert!(!report.json.to_string().contains("accepts its token"), "{HOST}: {:#}", report.json);
}
