//! Whether one gets there: the name, the port, TLS.

use labtrust_platform::reach::{Reached, Step, Tls as Handshake};

use super::{
    Check, Verdict,
    registry::{OTHER_PORT, elsewhere},
};
use crate::doctor::{Case, Code, Finding, Severity};

pub const NAME: Check = Check { id: "name", title: "name", codes: &[&NOT_RESOLVED], judge: name };
pub const PORT: Check = Check { id: "port", title: "port", codes: &[&OTHER_PORT, &REFUSED], judge: port };
pub const TLS: Check = Check { id: "tls", title: "TLS", codes: &[&NOT_TLS], judge: tls };

const NOT_RESOLVED: Code = Code { id: "name-not-resolved", severity: Severity::Error, explains: &[] };
const REFUSED: Code = Code { id: "port-refused", severity: Severity::Error, explains: &[] };
const NOT_TLS: Code = Code { id: "not-tls", severity: Severity::Error, explains: &[] };

fn name(case: &Case<'_>) -> Verdict {
    match case.registry_server().map(|server| &server.reached) {
        None => Verdict::fault("it was not asked"),
        Some(Reached::Nowhere(why)) => {
            Finding::new(&NOT_RESOLVED, why.clone(), "without an address nothing can be reached")
                .advise("add it to DNS or to the hosts file")
                .into()
        }
        Some(Reached::Addresses(addresses)) => {
            let addresses: Vec<_> = addresses.iter().map(|(address, _)| address.ip().to_string()).collect();
            Verdict::passed(addresses.join(", "))
        }
    }
}

fn port(case: &Case<'_>) -> Verdict {
    let Some(server) = case.registry_server() else { return Verdict::fault("it was not asked") };
    let Some((address, step)) = server.reached.addresses().first() else {
        return Verdict::skipped("the name comes first");
    };
    if let Some(elsewhere) = elsewhere(case) {
        return elsewhere.into();
    }
    match step {
        Step::Connected(_) => Verdict::passed(format!("{address} is open")),
        Step::Refused => Finding::new(
            &REFUSED,
            format!("{address} refuses the connection"),
            "nothing listens on this port, or a firewall answers in its place",
        )
        .into(),
        other => Verdict::fault(format!("{address}: {other:?}")),
    }
}

fn tls(case: &Case<'_>) -> Verdict {
    let steps = case.registry_server().map(|server| server.reached.addresses()).unwrap_or_default();
    let handshake = steps.iter().find_map(|(_, step)| match step {
        Step::Connected(handshake) => Some(handshake),
        _ => None,
    });
    match handshake {
        None => Verdict::skipped("the port comes first"),
        Some(Handshake::Chain(chain)) => {
            Verdict::passed(format!("{} certificates are presented", chain.len()))
        }
        Some(Handshake::NotTls) => {
            Finding::new(&NOT_TLS, format!("{} does not speak TLS", case.endpoint()), "Docker expects HTTPS")
                .into()
        }
        Some(other) => Verdict::fault(format!("{other:?}")),
    }
}
