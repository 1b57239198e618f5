//! What the engines say of their way to the registry, in the words of Go's `net` and `crypto/tls`.

use labtrust_machine::engine::{Reach, judge};

use super::code::{CLOSED, HANDSHAKE_FAILED, NOT_RESOLVED, NOT_TLS, REFUSED, TIMEOUT, UNREACHABLE};
use crate::doctor::{Case, Code, Finding, evidence::EngineSeen};

/// What is said, and what it means; the more particular first.
const WORDS: &[(&str, &Code)] = &[
    ("no such host", &NOT_RESOLVED),
    ("server misbehaving", &NOT_RESOLVED),
    ("connection refused", &REFUSED),
    ("no route to host", &UNREACHABLE),
    ("network is unreachable", &UNREACHABLE),
    ("server gave HTTP response to HTTPS client", &NOT_TLS),
    ("first record does not look like a TLS handshake", &NOT_TLS),
    ("TLS handshake timeout", &HANDSHAKE_FAILED),
    ("tls: ", &HANDSHAKE_FAILED),
    ("i/o timeout", &TIMEOUT),
    ("context deadline exceeded", &TIMEOUT),
    ("request canceled while waiting for connection", &TIMEOUT),
    ("connection reset by peer", &CLOSED),
    ("EOF", &CLOSED),
];

/// Whether an engine comes as far as the registry's certificate, whatever it thinks of that.
pub(super) fn gets_there(case: &Case<'_>) -> bool {
    (case.evidence.engines.iter())
        .filter_map(|engine| engine.registries.get(&case.registry)?.answer())
        .any(|answer| matches!(judge(answer), Reach::Accepted | Reach::Refused(_)))
}

/// That an engine does not get to the registry, though this program does, for one of the reasons in
/// `codes`. An engine that uses a proxy speaks of its way there, and that is looked at elsewhere.
pub(super) fn obstacle(case: &Case<'_>, codes: &[&'static Code]) -> Option<Finding> {
    let uses_none = |engine: &&EngineSeen| {
        engine.info.answer().is_none_or(|info| info.https_proxy.is_empty() && info.http_proxy.is_empty())
    };
    case.evidence.engines.iter().filter(uses_none).find_map(|engine| {
        let Reach::Unknown(message) = judge(engine.registries.get(&case.registry)?.answer()?) else {
            return None;
        };
        // What is said of another address, such as the token service's, is not meant here.
        let (_, said) = message.split_once(&format!("{}/v2/", case.endpoint()))?;
        if said.contains("\"http") {
            return None;
        }
        let (_, code) = WORDS.iter().find(|(words, _)| said.contains(words))?;
        let code = codes.iter().find(|asked| asked.id == code.id)?;
        let what = format!("{} does not get to {}, though this program does", engine.title, case.endpoint());
        let why = format!("it says: {}", said.trim_matches(['"', ':', ' ']));
        Some(Finding::new(code, what, why).advise(
            "the engine has a network of its own (a virtual machine, a snap, a firewall rule, another hosts file): \
             look there; after a change of DNS or of /etc/hosts, restart it",
        ))
    })
}
