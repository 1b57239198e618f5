//! Evidence goes into tickets: it contains no password, token or key from any setting.

use super::EVIDENCE;
use crate::lab::{Behaviour, HOST, Machine, Pair, REGISTRY, Validity};

const SECRET: &str = "Sw0rdf1shMarm4ladeQk";

/// Runs the doctor with these variables, and fails if its output or its evidence contains the secret.
#[track_caller]
fn asked(machine: &Machine, variables: &[(&str, &str)]) -> String {
    let line = ["labtrust", "doctor", REGISTRY, "--json", "--evidence", EVIDENCE];
    let command = machine.command(line);
    let filled = |value: &str| value.replace("SECRET", SECRET);
    let command = variables.iter().fold(command, |command, (name, value)| command.env(name, &filled(value)));
    let output = command.run();
    let evidence = machine.read(EVIDENCE);
    for (what, text) in [("evidence", &evidence), ("stdout", &output.stdout), ("stderr", &output.stderr)] {
        assert!(!text.contains(SECRET), "{what} of {variables:?}: {text}");
    }
    let again = machine.run(["labtrust", "doctor", "--from", EVIDENCE, "--json"]);
    assert!(!again.stdout.contains(SECRET), "{again}");
    evidence
}

#[test]
fn a_proxys_password_is_in_no_evidence_however_it_is_written() {
    let machine = machine!("client");
    machine.without_hooks();
    machine.write("/etc/docker/daemon.json", format!(r#"{{"proxies": {{"https-proxy": "u:{SECRET}"}}}}"#));
    machine.write("/etc/default/docker", format!("export HTTPS_PROXY='http://u:{SECRET}%40host:3128'\n"));
    machine.write("/etc/environment", format!("NO_PROXY=u:{SECRET}@proxy,http://v:{SECRET}@h\n"));
    machine.write("/root/.gitconfig", format!("[http]\n\tproxy = u:{SECRET}@127.0.0.1:9\n"));
    let config = format!(r#"{{"proxies": {{"default": {{"httpsProxy": "http://u:{SECRET}@"}}}}}}"#);
    machine.write("/root/.docker/config.json", config);
    for variables in [
        &[][..],
        &[("HTTPS_PROXY", "http://u:SECRET%40host:3128"), ("NO_PROXY", "u:SECRET,a.example")],
        &[("HTTPS_PROXY", "u:SECRET"), ("NO_PROXY", "u:SECRET@proxy,http://v:SECRET@h")],
        &[("https_proxy", "http://u:SECRET@proxy"), ("no_proxy", "http://u:SECRET")],
        &[("HTTPS_PROXY", "http://u:SEC/RET@127.0.0.1:9"), ("DOCKER_HOST", "tcp://u:SECRET%40build:2376")],
    ] {
        let evidence = asked(&machine, variables);
        assert!(evidence.contains("\"xxxxx\"") && evidence.contains("xxxxx@h"), "{evidence}");
    }
    machine.write("/etc/docker/daemon.json", format!(r#"{{"proxies": {{"https-proxy": "{SECRET}"}}"#));
    asked(&machine, &[]);
}

#[test]
fn what_a_server_says_of_a_secret_is_in_no_evidence() {
    let machine = machine!("client");
    machine.without_hooks();
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    let body =
        format!(r#"{{"token": "{SECRET}", "errors": [{{"code": "UNAUTHORIZED", "detail": "{SECRET}"}}]}}"#);
    let realm = format!("https://u:{SECRET}@{HOST}/jwt/auth?private_token={SECRET}");
    let answer = format!(
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: {}\r\nConnection: close\r\nLocation: https://{HOST}/?t={SECRET}\r\n\
         Server: {SECRET}\r\nWWW-Authenticate: Bearer realm=\"{realm}\",service=\"container_registry\",key=\"{SECRET}\"\r\n\r\n{body}",
        body.len()
    );
    machine.listen_tls(4567, &pair, Behaviour::Answers(&answer));
    machine.listen_tls(443, &pair, Behaviour::Answers(&answer));
    let evidence = asked(&machine, &[]);
    let evidence: serde_json::Value = serde_json::from_str(&evidence).unwrap();
    assert_eq!(evidence["realm"]["url"], format!("https://xxxxx@{HOST}/jwt/auth"), "{evidence:#}");
    assert_eq!(evidence["realm"]["answer"]["answered"]["status"], 401, "{evidence:#}");
}

#[test]
fn a_token_that_anybody_gets_is_in_no_evidence() {
    let machine = machine!("client");
    machine.without_hooks();
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    let claims = machine.sh(&format!(r#"printf '{{"iss":"i","sub":"{SECRET}"}}' | base64 -w0 | tr -d ="#));
    let token = format!("e30.{}.{SECRET}", claims.succeeded().stdout.trim());
    let answer = |head: &str, body: &str| {
        format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    };
    let challenge = format!(
        "401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"https://{HOST}/jwt/auth\",service=\"x\",error=\"invalid_token\""
    );
    let echo = format!("the token {token} is not valid");
    machine.listen_tls(4567, &pair, Behaviour::Answers(&answer(&challenge, &echo)));
    let given = format!(r#"{{"token": "{token}", "access_token": "{token}"}}"#);
    machine.listen_tls(443, &pair, Behaviour::Answers(&answer("200 OK", &given)));
    let evidence: serde_json::Value = serde_json::from_str(&asked(&machine, &[])).unwrap();
    assert_eq!(evidence["realm"]["token"]["issuer"], "i", "{evidence:#}");
    let claims = token.split('.').nth(1).unwrap();
    assert!(!evidence.to_string().contains(claims), "{evidence:#}");
}

#[test]
fn a_key_that_stands_in_the_settings_is_in_no_evidence() {
    let machine = machine!("server");
    machine.without_hooks();
    machine.write_with_mode("/opt/gitlab/bin/gitlab-ctl", "755", "#!/bin/sh\n");
    machine.write("/opt/gitlab/version-manifest.txt", "gitlab-ce 17.0.0\n");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    let inline = pair.key.replace('\n', "\\n");
    for key in [format!("\"{inline}\""), format!("'{SECRET}'"), format!("'{}'", pair.key)] {
        let settings = format!(
            "external_url 'https://{HOST}'\nnginx['ssl_certificate'] = '/etc/gitlab/ssl/x.crt'\nnginx['ssl_certificate_key'] = {key}\n\
             letsencrypt['enabled'] = '{SECRET}'\n"
        );
        machine.write("/etc/gitlab/gitlab.rb", settings);
        let evidence = asked(&machine, &[]);
        let part = pair.key.lines().nth(1).unwrap();
        assert!(!evidence.contains(&part[..16]), "{evidence}");
        let evidence: serde_json::Value = serde_json::from_str(&evidence).unwrap();
        let site = &evidence["gitlab"]["settings"]["answered"]["sites"][0];
        // A value that Ruby must compute is not read as a path.
        let usual = format!("/etc/gitlab/ssl/{HOST}.key");
        assert_eq!(site["meant"]["key"], if key.contains("\\n") { &usual } else { "xxxxx" }, "{evidence:#}");
    }
}
