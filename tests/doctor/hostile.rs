//! Servers that refuse, hang, drip, flood or lie: the doctor answers within its limits and names the cause.

use super::{Engine, HOST};
use crate::{
    bad_input::{
        case::{INNARDS, Outcome, is_hidden, outcomes_of},
        servers,
    },
    lab::{Behaviour, Machine, Pair, REGISTRY, Recipe},
};

/// The limit in seconds: six for an answer, and a reserve for a machine that is busy with other tests.
const SECONDS: f64 = 7.5;
/// The limit of memory, in MiB.
const MEMORY: f64 = 60.0;
/// The limit of an answer, in bytes.
const LONGEST: usize = 40_000;

/// The codes in the `outcome` of a doctor. Fails if it broke a limit.
#[track_caller]
fn causes(line: &str, outcome: &Outcome) -> Vec<String> {
    assert!([1, 3].contains(&outcome.code), "{line}: {outcome:?}");
    assert!(outcome.wall <= SECONDS, "{line}: {} s", outcome.wall);
    assert!(outcome.megabytes <= MEMORY, "{line}: {} MiB", outcome.megabytes);
    assert!(outcome.stdout.len() <= LONGEST, "{line}: {} bytes are said", outcome.stdout.len());
    assert!(!outcome.stdout.chars().any(|one| one != '\n' && is_hidden(one)), "{line}: {outcome:?}");
    for word in INNARDS {
        assert!(
            !outcome.stdout.contains(word) && !outcome.stderr.contains(word),
            "{line}: {word}: {outcome:?}"
        );
    }
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let findings = json["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

/// Asks the doctor about each port, and checks that this code is among its causes, if one is given.
fn all(machine: &Machine, what: &str, rows: &[(u16, &str)]) {
    let lines: Vec<_> = rows.iter().map(|(port, _)| format!("doctor {HOST}:{port} --json")).collect();
    let outcomes = outcomes_of(machine, 6, &lines.iter().map(String::as_str).collect::<Vec<_>>());
    for ((line, (_, code)), outcome) in lines.iter().zip(rows).zip(&outcomes) {
        let causes = causes(line, outcome);
        assert!(code.is_empty() || causes.iter().any(|one| one == code), "{line}: {code}: {outcome:?}");
    }
    let most = |figure: fn(&Outcome) -> f64| outcomes.iter().map(figure).fold(0.0, f64::max);
    println!(
        "{what}: {} servers; at most {:.1} s, {:.0} MiB",
        rows.len(),
        most(|one| one.wall),
        most(|one| one.megabytes)
    );
}

#[test]
fn a_server_that_keeps_to_no_tls_is_named_in_time() {
    let machine = machine!("client");
    servers::start(&machine);
    Engine::start(&machine);
    let code = |server: &str| match server {
        "hang" | "drip" | "half" | "records" | "warnings" | "alert" | "old" | "old_hello" | "large" => {
            "tls-handshake-failed"
        }
        "name_alert" => "tls-name-unknown",
        "noise" | "http" | "http_redirect" | "ssh" => "not-tls",
        "close" | "reset" => "connection-closed",
        "alone" => "chain-incomplete",
        _ => "untrusted-docker",
    };
    let rows =
        servers::SERVERS.iter().map(|(server, _)| (servers::port(server).try_into().unwrap(), code(server)));
    all(&machine, "TLS", &rows.collect::<Vec<_>>());
}

#[test]
fn a_server_that_keeps_to_no_http_is_no_trap() {
    let machine = machine!("client");
    Engine::start(&machine);
    let pair = Pair::by(&machine, &Recipe::CURRENT);
    machine.write(&format!("/etc/docker/certs.d/{REGISTRY}/ca.crt"), &pair.root);
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
    let long = "a".repeat(64 << 10);
    let challenge = |realm: &str| {
        format!(
            "HTTP/1.1 401 Unauthorized\r\nDocker-Distribution-Api-Version: registry/2.0\r\nConnection: close\r\n\
             WWW-Authenticate: Bearer realm=\"{realm}\",service=\"container_registry\"\r\n\r\n"
        )
    };
    let texts = [
        // Bodies and heads that practically never end.
        (format!("{head}\r\n{}", "<p>\u{1b}]0;x\u{7}\u{202e}".repeat(3 << 20)), "not-a-registry"),
        (format!("{head}Content-Length: 99999999999\r\n\r\nx"), "not-a-registry"),
        (format!("{head}Server: {}\r\n\r\n", "x".repeat(1 << 20)), ""),
        (
            format!("HTTP/1.1 302 Found\r\nLocation: https://{HOST}:6000/v2/\r\nContent-Length: 0\r\n\r\n"),
            "registry-redirected",
        ),
        (
            format!("HTTP/1.1 302 Found\r\nLocation: file:///etc/shadow{long}\r\nContent-Length: 0\r\n\r\n"),
            "",
        ),
        ("\u{0}\u{1}garbage\r\n\r\n".repeat(1000), ""),
        ("HTTP/1.1 999999 What\r\n\r\n".to_owned(), ""),
        (String::new(), ""),
        // Token services at unusual URLs.
        (challenge("http://127.0.0.1/jwt/auth"), "realm-insecure"),
        (challenge("HTTP://127.0.0.1/jwt/auth"), "realm-insecure"),
        (challenge("file:///etc/shadow"), "realm-unreachable"),
        (challenge("https://"), "realm-unreachable"),
        (challenge("https://[::1]:1/"), "realm-unreachable"),
        (challenge("https://user:word@127.0.0.1:1/ ?a b"), "realm-unreachable"),
        (challenge("javascript:alert(1)"), "realm-unreachable"),
        (challenge("//127.0.0.1"), "realm-unreachable"),
        (challenge(&format!("https://127.0.0.1:1/{}", "a".repeat(60_000))), "realm-unreachable"),
        (challenge(&long), ""),
        (challenge("https://127.0.0.1:1/\u{1b}[2J\u{9b}\u{202e}"), ""),
        (challenge(""), ""),
    ];
    let mut rows = Vec::new();
    for (port, (text, code)) in (6000..).zip(&texts) {
        machine.listen_tls(port, &pair, Behaviour::Answers(text));
        rows.push((port, *code));
    }
    for (port, behaviour) in [(6100, Behaviour::Endless), (6101, Behaviour::Drips), (6102, Behaviour::Silent)]
    {
        machine.listen_tls(port, &pair, behaviour);
        rows.push((port, ""));
    }
    for (port, behaviour) in [(6103, Behaviour::Endless), (6104, Behaviour::Drips)] {
        machine.listen(port, behaviour);
        rows.push((port, "not-tls"));
    }
    machine.listen_tls(6105, &pair, Behaviour::Says("\u{7f}garbage after the handshake\n"));
    rows.push((6105, ""));
    // A chain of a thousand.
    let thousand = Pair {
        intermediates: vec![pair.root.clone(); 1000],
        root: pair.root.clone(),
        leaf: pair.leaf.clone(),
        key: pair.key.clone(),
    };
    machine.listen_tls(6106, &thousand, Behaviour::HTTP);
    rows.push((6106, "tls-handshake-failed"));
    all(&machine, "HTTP", &rows);
}
