//! Whether somebody listens on the port, and lets one in.

use std::net::SocketAddr;

use labtrust_machine::reach::Step;
use labtrust_plan::Endpoint;

use super::{
    code::{AT_PORT, REFUSED, TIMEOUT, UNREACHABLE},
    engine,
};
use crate::doctor::{
    Case, Code, Finding,
    check::{CheckResult, registry::on_other_port},
    evidence::ServerSeen,
};

pub(super) fn judge(case: &Case<'_>) -> CheckResult {
    let Some(server) = case.registry_server() else { return CheckResult::fault("it was not asked") };
    let addresses = server.reached.addresses();
    if addresses.is_empty() {
        return CheckResult::skipped("the name comes first");
    }
    if let Some(finding) = on_other_port(case).filter(|_| !engine::gets_there(case)) {
        return finding.into();
    }
    if server.reached.is_open() {
        let findings = engine::obstacle(case, AT_PORT).into_iter().collect();
        return CheckResult::of(describe_all(addresses), findings);
    }
    if engine::gets_there(case) {
        return CheckResult::passed(format!(
            "the engine gets there; for this program: {}",
            describe_all(addresses)
        ));
    }
    match Barrier::of(addresses) {
        Some(barrier) => barrier.finding(case, addresses).into(),
        None => CheckResult::fault(describe_all(addresses)),
    }
}

/// Each address and what came of it. That one of several is closed matters to nobody: clients try them in
/// turn.
fn describe_all(addresses: &[(SocketAddr, Step)]) -> String {
    let is_open = |(_, step): &&(SocketAddr, Step)| matches!(step, Step::Connected(_));
    if let Some((address, _)) = addresses.iter().find(is_open) {
        return format!("{address} is open");
    }
    let described = |(address, step): &(SocketAddr, Step)| format!("{address} {}", describe(step));
    addresses.iter().map(described).collect::<Vec<_>>().join(", ")
}

fn describe(step: &Step) -> &str {
    match step {
        Step::Connected(_) => "is open",
        Step::Refused => "refuses the connection",
        Step::Unreachable => "cannot be reached: no way leads there",
        Step::TimedOut => "does not answer",
        Step::Failed(why) => why,
    }
}

/// What stands in the way: a row of its own, with why and what to do.
struct Barrier {
    is: fn(&Step) -> bool,
    code: &'static Code,
    why: &'static str,
    /// What to do where the host answers on another port, and where it answers on none.
    advice: [&'static str; 2],
}

/// Of several addresses' barriers the first of these is told: it is the nearest to the server.
const BARRIERS: &[Barrier] = &[
    Barrier {
        is: |step| matches!(step, Step::Refused),
        code: &REFUSED,
        why: "the host is there, and nothing listens on this port (or a firewall answers in its place)",
        advice: [
            "on the server, see who listens: ss -ltnp; for the registry set registry_external_url in \
             /etc/gitlab/gitlab.rb, then: gitlab-ctl reconfigure",
            "on the server, see whether GitLab runs: gitlab-ctl status; in a container, its ports must be published",
        ],
    },
    Barrier {
        is: |step| matches!(step, Step::TimedOut),
        code: &TIMEOUT,
        why: "what is sent there is dropped without a word, as firewalls do",
        advice: [
            "let the port through on the server's firewall, and on those between (ufw allow PORT/tcp, or \
             firewall-cmd --permanent --add-port=PORT/tcp and --reload)",
            "see that the address is the right one, that the server is on, and that no VPN is missing; else a \
             firewall drops everything",
        ],
    },
    Barrier {
        is: |step| matches!(step, Step::Unreachable),
        code: &UNREACHABLE,
        why: "this machine has no route to it, or somebody on the way (a firewall, the last router) says so",
        advice: [
            "let the port through on the server's firewall: firewalld refuses in these words \
             (firewall-cmd --permanent --add-port=PORT/tcp and --reload)",
            "see that the address is the right one, that the server is on, and that no VPN or route is missing: \
             ip route get ADDRESS",
        ],
    },
];

impl Barrier {
    fn of(addresses: &[(SocketAddr, Step)]) -> Option<&'static Self> {
        BARRIERS.iter().find(|barrier| addresses.iter().any(|(_, step)| (barrier.is)(step)))
    }

    fn finding(&self, case: &Case<'_>, addresses: &[(SocketAddr, Step)]) -> Finding {
        let is_open = |server: &&ServerSeen| server.reached.is_open();
        let others: Vec<String> = case
            .evidence
            .servers
            .iter()
            .filter(is_open)
            .map(|server| server.endpoint.port.to_string())
            .collect();
        let [elsewhere, nowhere] = self.advice;
        let (what, advice) = if others.is_empty() {
            (format!("{}{}", describe_all(addresses), other_closed_ports(case)), nowhere)
        } else {
            (format!("{}, while port {} is open", describe_all(addresses), others.join(" and ")), elsewhere)
        };
        let address = addresses.first().map(|(address, _)| address.ip().to_string()).unwrap_or_default();
        let advice = advice.replace("PORT", &case.registry.to_string()).replace("ADDRESS", &address);
        Finding::new(self.code, what, self.why).advise(advice)
    }
}

/// The other ports that were asked where none was named, and that are no better.
fn other_closed_ports(case: &Case<'_>) -> String {
    let is_other = |endpoint: &&Endpoint| endpoint.port != case.registry;
    let ports: Vec<_> = (case.evidence.servers.iter().map(|server| &server.endpoint))
        .filter(is_other)
        .map(|endpoint| endpoint.port.to_string())
        .collect();
    match (case.evidence.port, ports.is_empty()) {
        (None, false) => format!("; nor is any of {} open", ports.join(", ")),
        _ => String::new(),
    }
}
