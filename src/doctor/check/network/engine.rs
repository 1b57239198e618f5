//! Reads the daemons' messages about their connection to the registry, in the wording of Go's `net` and `crypto/tls`.

use labtrust_machine::engine::{Reach, reach_from_answer};

use super::code::{
    CLOSED, HANDSHAKE_FAILED, NAME_UNKNOWN, NOT_RESOLVED, NOT_TLS, REFUSED, TIMEOUT, UNREACHABLE,
};
use crate::doctor::{
    Case, Code, Finding,
    check::answer::{self, CLIENT_CERTIFICATE},
    evidence::{EngineInfo, EngineSeen},
};

/// Wordings and their codes; the more specific first.
const WORDS: &[(&str, &Code)] = &[
    ("no such host", &NOT_RESOLVED),
    ("server misbehaving", &NOT_RESOLVED),
    ("connection refused", &REFUSED),
    ("no route to host", &UNREACHABLE),
    ("network is unreachable", &UNREACHABLE),
    ("server gave HTTP response to HTTPS client", &NOT_TLS),
    ("first record does not look like a TLS handshake", &NOT_TLS),
    ("TLS handshake timeout", &HANDSHAKE_FAILED),
    ("tls: unrecognized name", &NAME_UNKNOWN),
    ("tls: certificate required", &CLIENT_CERTIFICATE),
    ("tls: bad certificate", &CLIENT_CERTIFICATE),
    ("tls: no renegotiation", &CLIENT_CERTIFICATE),
    ("tls: ", &HANDSHAKE_FAILED),
    ("i/o timeout", &TIMEOUT),
    ("context deadline exceeded", &TIMEOUT),
    ("request canceled while waiting for connection", &TIMEOUT),
    ("connection reset by peer", &CLOSED),
    ("EOF", &CLOSED),
];

/// Whether a daemon receives the registry's certificate, trusted or not.
pub(super) fn gets_there(case: &Case<'_>) -> bool {
    case.engines()
        .filter_map(|engine| engine.registries.get(&case.registry)?.answer())
        .any(|answer| matches!(reach_from_answer(answer), Reach::Accepted | Reach::Refused(_)))
}

/// A daemon that cannot reach the registry, although this program can, for one of the reasons in `codes`. A daemon
/// with a proxy is left out: its message is about the proxy, which the proxy check judges.
pub(super) fn obstacle(case: &Case<'_>, codes: &[&'static Code]) -> Option<Finding> {
    let uses_none = |engine: &&EngineSeen| engine.info.answer().is_none_or(EngineInfo::is_direct);
    case.engines().filter(uses_none).find_map(|engine| {
        let Reach::Unknown(message) = reach_from_answer(engine.registries.get(&case.registry)?.answer()?) else {
            return None;
        };
        // A message about another URL, such as the token service's, does not count here.
        let (_, said) = message.split_once(&format!("{}/v2/", case.endpoint()))?;
        if said.contains("\"http") {
            return None;
        }
        let (_, code) = WORDS.iter().find(|(words, _)| said.contains(words))?;
        let code = codes.iter().find(|asked| asked.id == code.id)?;
        if *code == &CLIENT_CERTIFICATE {
            let what = format!("{} reports: {}", engine.title, said.trim_matches(['"', ':', ' ']));
            return Some(answer::client_certificate(case, what));
        }
        let what = format!("{} cannot reach {}, but labtrust can", engine.title, case.endpoint());
        let why = format!("it reports: {}", said.trim_matches(['"', ':', ' ']));
        Some(Finding::new(code, what, why).advise(
            "the daemon has its own network (a virtual machine, a snap, a firewall rule, another hosts file): check \
             it there. After a change of DNS or /etc/hosts, restart Docker",
        ))
    })
}
