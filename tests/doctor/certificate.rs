//! Problems of the served certificate and chain.

use super::{EVIDENCE, Report, ask, well};
use crate::lab::{Engine, Gitlab, HOST, Machine, NGINX, Pair, REGISTRY, Recipe, Validity, hup};

/// Docker's answer if the daemon accepts the certificate.
const ACCEPTED: &str = "Login Succeeded";

/// Trusts a root in the system store and for Docker, without labtrust.
fn trust(machine: &Machine, pair: &Pair) {
    machine.write(&format!("/etc/docker/certs.d/{REGISTRY}/ca.crt"), &pair.root);
    machine.write("/usr/local/share/ca-certificates/lab.crt", &pair.root);
    machine.sh("update-ca-certificates").succeeded();
}

#[test]
fn what_is_wrong_with_a_leaf_that_leads_to_a_trusted_root() {
    let machine = machine!("gitlab");
    machine.without_hooks();
    let gitlab = Gitlab::start(&machine);
    let engine = Engine::start(&machine);
    for (recipe, code, docker, said) in [
        (Recipe::EXPIRED, "cert-expired", "certificate has expired or is not yet valid", "expired on"),
        (
            Recipe::FUTURE,
            "cert-not-yet-valid",
            "certificate has expired or is not yet valid",
            "valid only from",
        ),
        (Recipe::EXPIRING, "cert-expiring", ACCEPTED, "expires in "),
        (
            Recipe::WRONG_NAME,
            "cert-name-mismatch",
            "certificate is valid for other.example.com, not mygitlab.example.com",
            "is for other.example.com, not for mygitlab.example.com",
        ),
        (
            Recipe::NO_SAN,
            "cert-no-san",
            "relies on legacy Common Name field",
            "only a common name (mygitlab.example.com)",
        ),
        (
            Recipe::NO_SERVER_AUTH,
            "cert-no-server-auth",
            "specifies an incompatible key usage",
            "may not serve TLS",
        ),
        (Recipe::SHA1, "cert-weak", "signed by unknown authority", "SHA-1"),
        (Recipe::WEAK_KEY, "cert-weak", ACCEPTED, "weak (RSA 1024"),
        (Recipe::UNKNOWN_IN_LEAF, "cert-refused", "unhandled critical extension", "no client knows"),
        (Recipe::TOO_LONG, "cert-too-long", ACCEPTED, "at most 825 are allowed"),
        (Recipe::IS_CA, "cert-is-ca", ACCEPTED, "marked as a CA"),
        (
            Recipe::CONSTRAINT_VIOLATED,
            "constraint-violated",
            "is not permitted by any constraint",
            "cannot sign",
        ),
    ] {
        let pair = Pair::by(&machine, &recipe);
        trust(&machine, &pair);
        gitlab.serve(&pair);
        engine.login().says(docker);
        let report = ask(&machine).blames(code);
        assert!(report.what().contains(said), "{code}: {:#}", report.json);
        let others: Vec<_> =
            report.causes().into_iter().filter(|one| !one.starts_with("untrusted")).collect();
        assert_eq!(others, [code], "nothing else is wrong: {:#}", report.json);
    }
}

/// Asks the doctor about `target`.
fn asked_at(machine: &Machine, target: &str) -> Report {
    let line = ["labtrust", "doctor", target, "--json", "--evidence", EVIDENCE];
    Report::of(machine, &machine.run(line))
}

#[test]
fn an_address_that_is_called_and_not_in_the_certificate() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let engine = Engine::start(&machine);
    for recipe in [Recipe::CURRENT, Recipe::OTHER_ADDRESS] {
        gitlab.serve(&Pair::by(&machine, &recipe));
        let answer = engine.get("/distribution/192.0.2.10:4567/labtrust/probe/json");
        assert!(
            answer.contains("doesn't contain any IP SANs") || answer.contains("valid for 192.0.2.99"),
            "{answer}"
        );
        let report = asked_at(&machine, "192.0.2.10:4567").blames("cert-ip-not-in-san");
        assert_eq!(report.commands()[0], "docker login mygitlab.example.com:4567");
    }
}

#[test]
fn a_chain_that_is_cut_or_out_of_order() {
    let machine = machine!("gitlab");
    machine.without_hooks();
    let gitlab = Gitlab::start(&machine);
    let engine = Engine::start(&machine);
    let pair = Pair::by(&machine, &Recipe::DEEP);
    trust(&machine, &pair);
    gitlab.serve(&pair);
    engine.login().succeeded();
    engine.restart();
    ask(&machine).is_healthy();
    gitlab.serve_chain(&pair, &pair.shuffled());
    engine.login().succeeded();
    let report = ask(&machine).blames("chain-out-of-order");
    assert_eq!(report.causes(), ["chain-out-of-order"], "{:#}", report.json);
    for cut in [
        pair.leaf.clone(),
        format!("{}{}", pair.leaf, pair.root),
        format!("{}{}", pair.leaf, pair.intermediates[0]),
    ] {
        gitlab.serve_chain(&pair, &cut);
        engine.login().exited(1).says("certificate signed by unknown authority");
        let report = ask(&machine).blames("chain-incomplete");
        assert_eq!(report.causes(), ["chain-incomplete"], "{:#}", report.json);
        assert!(report.what().contains("Foreign intermediate"), "{:#}", report.json);
    }
    // The root need not be sent.
    gitlab.serve_chain(&pair, &format!("{}{}", pair.leaf, pair.intermediates.concat()));
    ask(&machine).is_healthy();
}

#[test]
fn a_clock_that_is_wrong() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    Engine::start(&machine);
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    trust(&machine, &pair);
    gitlab.serve(&pair);
    let line = ["labtrust", "doctor", REGISTRY, "--json", "--evidence", EVIDENCE];
    for (days, consequence) in [(100, "cert-expired"), (-10, "cert-not-yet-valid")] {
        let report = Report::of(&machine, &machine.command(line).at(days).run()).blames("clock-skew");
        assert_eq!(report.json["findings"][0]["explains"][0]["code"], consequence, "{:#}", report.json);
        assert!(!report.causes().contains(&consequence), "{:#}", report.json);
    }
    // The certificate has expired by either clock.
    gitlab.serve(&Pair::by(&machine, &Recipe::EXPIRED));
    let report = Report::of(&machine, &machine.command(line).at(2).run());
    assert_eq!(report.causes()[..2], ["cert-expired", "clock-skew"], "{:#}", report.json);
}

#[test]
fn a_middlebox_that_signs_its_own_certificate() {
    let server = machine!("gitlab");
    let machine = machine!("client");
    machine.without_hooks();
    server.connect(&machine, "192.0.2.20");
    let gitlab = Gitlab::start(&server);
    let engine = Engine::start(&machine);
    let pair = Pair::by(&machine, &Recipe::CURRENT);
    gitlab.serve(&pair);
    let sha256 = crate::trust::fingerprint(&machine, &pair.root);
    let line = ["labtrust", "trust", REGISTRY, "--fingerprint", &sha256];
    machine.intercept(&Pair::by(&machine, &Recipe::CORPORATE), &[443, 4567]);
    // A user with the fingerprint is told which CA signed instead, and that a middlebox may be on the way.
    machine
        .run(line)
        .exited(3)
        .says("its root is CN=Corporate Proxy CA with SHA-256")
        .says("decrypts the connection");
    // Without a trusted CA, only known middleboxes can be recognised.
    assert_eq!(ask(&machine).causes()[0], "untrusted-docker");
    machine.sh("iptables -t nat -F OUTPUT").succeeded();
    let recipe = Recipe { root: "Zscaler Intermediate Root CA (zscaler.net)", ..Recipe::CORPORATE };
    machine.intercept(&Pair::by(&machine, &recipe), &[443, 4567]);
    let report = ask(&machine).blames("tls-intercepted");
    assert!(
        report.what().ends_with("is signed by CN=Zscaler Intermediate Root CA (zscaler.net)"),
        "{}",
        report.what()
    );
    machine.sh("iptables -t nat -F OUTPUT").succeeded();
    machine.run(line).succeeded();
    engine.login().succeeded();
    ask(&machine).is_healthy();
    machine.intercept(&Pair::by(&machine, &Recipe::CORPORATE), &[443, 4567]);
    engine.login().exited(1).says("certificate signed by unknown authority");
    let report = ask(&machine).blames("tls-intercepted");
    assert_eq!(report.causes(), ["tls-intercepted"], "{:#}", report.json);
    assert!(
        report.what().contains("is signed by CN=Corporate Proxy CA, and not by CN=Foreign root"),
        "{}",
        report.what()
    );
    // A recreated CA with the old name is another finding.
    machine.sh("iptables -t nat -F OUTPUT").succeeded();
    machine.run(["labtrust", "untrust", "--all"]).succeeded();
    let old = Pair::by(&machine, &Recipe::NAMESAKE);
    gitlab.serve(&old);
    machine
        .run([
            "labtrust",
            "trust",
            REGISTRY,
            "--fingerprint",
            &crate::trust::fingerprint(&machine, &old.root),
        ])
        .succeeded();
    gitlab.serve(&Pair::by(&machine, &Recipe::NAMESAKE));
    assert_eq!(ask(&machine).causes()[0], "anchor-replaced");
}

#[test]
fn two_problems_at_once_are_both_reported() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let engine = Engine::start(&machine);
    // An expired leaf, without the intermediate.
    let pair = Pair::by(&machine, &Recipe { days: (-30, -1), ..Recipe::DEEP });
    trust(&machine, &pair);
    gitlab.serve_chain(&pair, &pair.leaf);
    engine.login().exited(1).says("certificate has expired");
    assert_eq!(ask(&machine).causes()[..2], ["cert-expired", "chain-incomplete"]);
    // Another host's name, under a CA that no store trusts.
    let pair = Pair::by(&machine, &Recipe::WRONG_NAME);
    gitlab.serve(&pair);
    engine.login().exited(1);
    let report = ask(&machine);
    assert_eq!(report.causes()[..2], ["cert-name-mismatch", "untrusted-docker"], "{:#}", report.json);
}

#[test]
fn the_end_of_a_ca_is_shown_a_year_ahead_and_found_a_season_ahead() {
    for (age, is_shown, is_found) in [(3000, false, false), (3400, true, false), (3570, true, true)] {
        let machine = machine!("gitlab");
        machine.without_hooks();
        let _gitlab = Gitlab::start(&machine);
        machine.command(["labtrust", "setup"]).at(-age).run().succeeded();
        machine.command(["labtrust", "renew", "--days", "60"]).at(-10).run().succeeded();
        let engine = Engine::start(&machine);
        engine.login().succeeded().says(ACCEPTED);
        let report = ask(&machine);
        if is_found {
            let report = report.blames("cert-expiring");
            assert!(report.json.to_string().contains("sudo labtrust rotate start"), "{}", report.json);
        } else {
            let report = report.is_healthy();
            let text = report.json.to_string();
            assert_eq!(text.contains("; its CA expires on 20"), is_shown, "{age}: {text}");
        }
    }
}

/// Serves the registry at another address too, with the certificate of `pair`.
fn at_another_address(machine: &Machine, pair: &Pair) {
    machine.sh("ip address add 192.0.2.11/32 dev lo scope host").succeeded();
    machine.sh(&format!("echo 192.0.2.11 {HOST} >>/etc/hosts")).succeeded();
    machine.write("/etc/gitlab/other.crt", pair.chain());
    machine.write_with_mode("/etc/gitlab/other.key", "600", &pair.key);
    let site = "server { listen 192.0.2.11:4567 ssl; ssl_certificate /etc/gitlab/other.crt; \
                ssl_certificate_key /etc/gitlab/other.key; location / { proxy_pass http://127.0.0.1:5000; } }";
    machine.run(["sed", "-i", &format!("$s|}}|{site} }}|"), NGINX]).succeeded();
    hup(machine);
}

#[test]
fn two_addresses_with_two_certificates() {
    for (validity, follows) in [(Validity::Current, "tls-intercepted"), (Validity::Expired, "cert-expired")] {
        let machine = machine!("client");
        well(&machine);
        at_another_address(&machine, &Pair::made(&machine, &[HOST], validity));
        let report = ask(&machine).blames("cert-differs-by-address");
        for said in ["192.0.2.10 presents", "192.0.2.11 presents"] {
            assert!(report.what().contains(said), "{:#}", report.json);
        }
        let explained = report.json["findings"][0]["explains"].as_array().unwrap();
        assert!(explained.iter().any(|finding| finding["code"] == follows), "{:#}", report.json);
    }
}

#[test]
fn two_addresses_with_two_certificates_that_are_both_accepted() {
    let machine = machine!("client");
    machine.without_hooks();
    let gitlab = Gitlab::start(&machine);
    let pairs = [(); 2].map(|()| Pair::made(&machine, &[HOST], Validity::Current));
    machine.write("/usr/local/share/ca-certificates/other.crt", &pairs[1].root);
    trust(&machine, &pairs[0]);
    let engine = Engine::start(&machine);
    gitlab.serve(&pairs[0]);
    at_another_address(&machine, &pairs[1]);
    engine.login().succeeded();
    let report = ask(&machine);
    assert_eq!(report.causes(), ["cert-differs-by-address"], "{:#}", report.json);
    assert_eq!(report.json["findings"][0]["severity"], "warning");
}

#[test]
fn a_default_certificate_is_no_name_to_log_in_at() {
    let machine = machine!("client");
    machine.without_hooks();
    Engine::start(&machine);
    let gitlab = Gitlab::start(&machine);
    for (names, program) in [
        ("DNS:0f3a.bc.traefik.default", "Traefik"),
        ("DNS:ingress.local", "Kubernetes"),
        ("DNS:*.example.org", ""),
    ] {
        let pair = Pair::by(&machine, &Recipe { names, ..Recipe::CURRENT });
        trust(&machine, &pair);
        gitlab.serve(&pair);
        let report = ask(&machine);
        let fix = &report.json["findings"][0]["fix"];
        assert_eq!(report.causes().first(), Some(&"cert-name-mismatch"), "{:#}", report.json);
        assert!(fix["advice"].as_str().unwrap().contains(program), "{fix:#}");
        assert_eq!(fix["commands"], serde_json::json!([]), "{fix:#}");
    }
}
