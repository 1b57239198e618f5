//! `labtrust explain` with the messages of real tools that fail.

use serde_json::Value;

use crate::lab::{Engine, Gitlab, HOST, Machine, Pair, REGISTRY, Validity, hup};

/// Common clients, and how each requests a URL. The optional ones are used if they are installed.
const CLIENTS: &[(&str, &str)] = &[
    ("curl", r#"curl --max-time 5 "$1""#),
    ("openssl", r#"openssl s_client -verify_return_error -verify_hostname "$2" -connect "$2:$3" </dev/null"#),
    ("gnutls-cli", r#"gnutls-cli --port "$3" "$2" </dev/null"#),
    ("python3", r#"python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1])' "$1""#),
    ("ruby", r#"ruby -rnet/http -e 'Net::HTTP.get(URI(ARGV[0]))' "$1""#),
    ("git", r#"git ls-remote "$1/group/project.git""#),
    ("wget", r#"wget --tries=1 --timeout=5 --output-document=- "$1""#),
    // node does not read the system store.
    (
        "node",
        r#"export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt; node -e 'require("https").get(process.argv[1])' "$1""#,
    ),
    (
        "java",
        r#"echo 'class A { public static void main(String[] a) throws Exception { new java.net.URL(a[0]).openStream(); } }' >/tmp/A.java
           java /tmp/A.java "$1""#,
    ),
];
/// The number of [`CLIENTS`] that every machine of the lab has; they come first.
const ALWAYS: usize = 5;

/// The answer of `labtrust explain` to `text`.
#[track_caller]
fn explain(machine: &Machine, text: &str) -> Value {
    let output = machine.command(["labtrust", "explain", "--json", "-"]).stdin(text).run();
    assert_eq!(output.code(), 0, "{text}\n{output}");
    serde_json::from_str(&output.stdout).unwrap()
}

/// Requests HOST:PORT with every client, and explains each message: `code` is among the causes, and the next step
/// names `host` if the message does.
#[track_caller]
fn every_client_means(machine: &Machine, host: &str, port: &str, code: &str) {
    let url = if port == "443" { format!("https://{host}") } else { format!("https://{host}:{port}") };
    for (at, (client, script)) in CLIENTS.iter().enumerate() {
        if at >= ALWAYS && machine.run(["which", client]).code() != 0 {
            continue;
        }
        let output = machine.run(["sh", "-c", script, "client", &url, host, port]);
        assert_ne!(output.code(), 0, "{output}");
        let text = format!("{}{}", output.stdout, output.stderr);
        let said = explain(machine, &text);
        let codes = said["codes"].as_array().unwrap();
        assert!(codes.iter().take(2).any(|found| found == code), "{client}, {code}: {said:#}\n{text}");
        let next = said["next"][0].as_str().unwrap();
        assert!(
            [host, "192.0.2.10", "HOST:PORT"].iter().any(|name| next.contains(name)),
            "{client}: {said:#}\n{text}"
        );
    }
}

#[test]
fn messages_about_an_untrusted_ca_are_explained() {
    let machine = machine!("client");
    let engine = Engine::start(&machine);
    super::serving(&machine);
    machine
        .sh("sed -i '1i error_log /tmp/nginx.log info;' /var/opt/gitlab/nginx/conf/nginx.conf")
        .succeeded();
    hup(&machine);
    every_client_means(&machine, HOST, "443", "untrusted-system");
    let login = engine.login().exited(1).stderr;
    let said = explain(&machine, &login);
    assert_eq!(said["code"], "untrusted-docker", "{login}");
    assert_eq!(said["next"][0], format!("labtrust doctor {REGISTRY}"));
    assert_eq!((&said["program"], &said["side"]), (&"the Docker daemon".into(), &"registry".into()));
    // The server's log of it.
    let log = machine.sh("cat /tmp/nginx.log").succeeded().stdout;
    let line = log.lines().find(|line| line.contains("SSL alert number")).expect("a client that broke off");
    assert_eq!(explain(&machine, line)["codes"][0], "untrusted-docker", "{line}");
}

#[test]
fn messages_about_names_and_dates_are_explained() {
    let machine = machine!("client");
    let gitlab = Gitlab::start(&machine);
    for (names, validity, code) in [
        (&[HOST], Validity::Expired, "cert-expired"),
        (&["other.example.com"], Validity::Current, "cert-name-mismatch"),
    ] {
        let pair = Pair::made(&machine, names, validity);
        gitlab.serve(&pair);
        machine.write(&format!("/usr/local/share/ca-certificates/{code}.crt"), &pair.root);
        machine.run(["update-ca-certificates"]).succeeded();
        every_client_means(&machine, HOST, "443", code);
    }
}

#[test]
fn messages_about_the_connection_are_explained() {
    let machine = machine!("client");
    let _gitlab = Gitlab::start(&machine);
    every_client_means(&machine, HOST, "4999", "port-refused");
    every_client_means(&machine, "nowhere.example.com", "443", "name-not-resolved");
    every_client_means(&machine, "127.0.0.1", "5000", "not-tls");
}

/// Every message that a daemon gave in the lab for a cause is known, and the cause is among its codes, unless the
/// message is about a consequence.
#[test]
fn recorded_messages_of_daemons_are_explained() {
    const SAID_OF_WHAT_FOLLOWS: [&str; 8] = [
        "daemon-other-socket",
        "daemon-remote",
        "password-in-front",
        "port-taken",
        "proxy-percent-sign",
        "proxy-url-invalid",
        "registry-redirected",
        "ssl-path-overridden",
    ];
    let mut wrong = Vec::new();
    let mut known = 0;
    for code in labtrust::doctor::codes().map(|code| code.id) {
        for message in super::recorded::engines_words(code) {
            // The registry was reached and asks for a login.
            if message.contains("denied: access forbidden") {
                continue;
            }
            let found = labtrust::doctor::message::meaning(&message).map(|meaning| meaning.row.codes);
            let is_right =
                found.is_some_and(|codes| codes.contains(&code) || SAID_OF_WHAT_FOLLOWS.contains(&code));
            known += usize::from(is_right);
            wrong.extend((!is_right).then(|| format!("{code}: {message}: {found:?}")));
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(known > 30, "{known}");
}

#[test]
fn a_text_that_is_not_known_is_an_answer_and_no_fault() {
    let machine = machine!("client");
    let output = machine.run(["labtrust", "explain", "the printer is on fire", "--json"]).exited(1);
    let said: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&said["code"], &said["what"]), (&Value::Null, &Value::Null), "{output}");
    for wrong in ["untrusted-dokcer", "untrusted-docke", "Untrusted_docker"] {
        let said = machine.run(["labtrust", "explain", wrong]).exited(1).stdout;
        let first = said.lines().find(|line| line.contains("labtrust explain"));
        assert_eq!(first.map(str::trim), Some("labtrust explain untrusted-docker"), "{said}");
    }
    // The heading of a finding, pasted as it is.
    machine.run(["labtrust", "explain", "error: untrusted-docker"]).succeeded().says("Cause.");
    machine.run(["labtrust", "explain", ""]).exited(2).says("no text was given");
    let long = machine.command(["labtrust", "explain", "-"]).stdin("x".repeat((1 << 20) + 1)).run();
    long.exited(3).says("1 MiB").says("tail");
    let code = machine.run(["labtrust", "explain", "untrusted-docker", "--json"]).succeeded();
    let said: Value = serde_json::from_str(&code.stdout).unwrap();
    assert_eq!(said["codes"], serde_json::json!(["untrusted-docker"]));
    assert!(said["page"].as_str().is_some_and(|page| page.contains("**Cause.**")));
}
