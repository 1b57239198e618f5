//! A reverse proxy that drops a header: the login succeeds, and a push goes elsewhere.

use super::{Report, ask, ready};
use crate::lab::{HOST, Machine, NGINX, REGISTRY, REGISTRY_SETTINGS, again, hup};

/// The registry's URL for the next part of a push, as a client that logged in sees it.
const PUSH: &str = r#"
    realm="https://$0/jwt/auth?service=container_registry&scope=repository:group/project:pull,push"
    token=$(curl -sS --user "developer:correct horse" "$realm" | python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])')
    curl -sS -i -X POST -H "Authorization: Bearer $token" "https://$1/v2/group/project/blobs/uploads/" | grep -i '^location:'"#;

/// Adds `lines` to both sites of nginx, whose own header lines then do not count.
fn forwarding(machine: &Machine, settings: &str, lines: &str) {
    let changed = settings.replace("proxy_pass ", &format!("{lines} proxy_pass "));
    assert_ne!(changed, settings);
    machine.write(NGINX, changed);
    hup(machine);
}

fn pushes_to(machine: &Machine) -> String {
    machine.run(["sh", "-c", PUSH, HOST, REGISTRY]).succeeded().stdout
}

#[track_caller]
fn blamed(machine: &Machine, what: &str, line: &str) -> Report {
    let report = ask(machine);
    assert_eq!(report.causes(), ["forwarded-headers-missing"], "{:#}", report.json);
    assert!(report.what().contains(what), "{}", report.what());
    let advice = report.json["findings"][0]["fix"]["advice"].as_str().unwrap();
    assert!(advice.contains(&format!("; in nginx: {line}; in Apache: ")), "{advice}");
    report
}

#[test]
fn a_header_that_a_reverse_proxy_drops_is_named() {
    let machine = machine!("client");
    let engine = ready(&machine);
    let settings = machine.read(NGINX);
    ask(&machine).is_healthy();
    assert!(pushes_to(&machine).contains(&format!(" https://{REGISTRY}/v2/")));

    forwarding(&machine, &settings, "proxy_set_header Host $http_host;");
    engine.login().succeeded();
    assert!(pushes_to(&machine).contains(&format!(" http://{REGISTRY}/v2/")));
    let scheme = "proxy_set_header X-Forwarded-Proto $scheme;";
    blamed(&machine, "redirects to http://mygitlab.example.com/users/sign_in", scheme)
        .blames("forwarded-headers-missing");
    // The advice, followed.
    forwarding(&machine, &settings, &format!("proxy_set_header Host $http_host; {scheme}"));
    ask(&machine).is_healthy();
    assert!(pushes_to(&machine).contains(&format!(" https://{REGISTRY}/v2/")));

    let https = "proxy_set_header X-Forwarded-Proto https;";
    forwarding(&machine, &settings, &format!("{https} proxy_set_header Host backend:5000;"));
    engine.login().succeeded();
    assert!(pushes_to(&machine).contains(" https://backend:5000/v2/"));
    blamed(&machine, "redirects to https://backend:5000/users/sign_in", "proxy_set_header Host $http_host;");
}

#[test]
fn a_registry_that_builds_its_token_url_without_the_port() {
    let machine = machine!("client");
    let engine = ready(&machine);
    let settings = machine.read(NGINX);
    machine.sh(&format!("echo '    autoredirect: true' >>{REGISTRY_SETTINGS}")).succeeded();
    again(&machine, "registry");
    forwarding(&machine, &settings, "proxy_set_header X-Forwarded-Proto https; proxy_set_header Host $host;");
    engine.login().exited(1);
    let host = "proxy_set_header Host $http_host;";
    blamed(&machine, "the registry builds the URL https://mygitlab.example.com/auth/token", host);

    let redirect =
        settings.replace("proxy_pass http://127.0.0.1:5000;", "return 301 http://$host$request_uri;");
    machine.write(NGINX, redirect);
    hup(&machine);
    let scheme = "proxy_set_header X-Forwarded-Proto $scheme;";
    blamed(&machine, "redirects to http://mygitlab.example.com/v2/", scheme);
}
