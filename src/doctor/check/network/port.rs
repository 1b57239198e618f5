//! Checks that a program listens on the port and accepts the connection.

use std::net::SocketAddr;

use labtrust_machine::reach::Step;

use super::{
    code::{AT_PORT, REFUSED, TIMEOUT, UNREACHABLE},
    engine,
};
use crate::doctor::{
    Case, Code, Finding,
    check::{
        CheckResult,
        registry::{needs_port, on_other_port},
    },
    evidence::ServerSeen,
};

pub(super) fn judge(case: &Case<'_>) -> CheckResult {
    let Some(server) = case.registry_server() else { return CheckResult::fault("not checked") };
    let addresses = server.reached.addresses();
    if addresses.is_empty() {
        return CheckResult::skipped("not checked (the host name has no address)");
    }
    if let Some(finding) = on_other_port(case).filter(|_| !engine::gets_there(case)) {
        return finding.into();
    }
    let needs_port = needs_port(case);
    let seen = format!("{}{}", describe_all(addresses), asked_ports(case));
    if server.reached.is_open() {
        let findings = engine::obstacle(case, AT_PORT).into_iter().chain(needs_port).collect();
        return CheckResult::of(seen, findings);
    }
    if engine::gets_there(case) {
        let findings = needs_port.into_iter().collect();
        return CheckResult::of(format!("Docker reaches it; labtrust does not: {seen}"), findings);
    }
    match Barrier::of(addresses) {
        Some(barrier) => barrier.finding(case, addresses).into(),
        None => CheckResult::fault(describe_all(addresses)),
    }
}

/// Each address and the result of the connection. If one is open, the others do not matter: clients try them in turn.
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
        Step::Unreachable => "cannot be reached (no route)",
        Step::TimedOut => "does not answer",
        Step::Failed(why) => why,
    }
}

/// A kind of failed connection, with its reason and advice.
struct Barrier {
    is: fn(&Step) -> bool,
    code: &'static Code,
    why: &'static str,
    /// The advice if the host answers on another port, and if it answers on none.
    advice: [&'static str; 2],
}

/// If the addresses fail in several ways, the first of these rows is reported: it is the nearest to the server.
const BARRIERS: &[Barrier] = &[
    Barrier {
        is: |step| matches!(step, Step::Refused),
        code: &REFUSED,
        why: "the host answers, but no program listens on this port (or a firewall answers in its place)",
        advice: [
            "on the server, find the program that listens: sudo ss -ltnp. For the registry, set \
             registry_external_url in /etc/gitlab/gitlab.rb, then: sudo gitlab-ctl reconfigure",
            "on the server, check that GitLab is running: sudo gitlab-ctl status. In a container, its ports must be \
             published",
        ],
    },
    Barrier {
        is: |step| matches!(step, Step::TimedOut),
        code: &TIMEOUT,
        why: "packets to this port get no answer, usually because a firewall drops them",
        advice: [
            "open the port in the server's firewall and in each firewall between: sudo ufw allow PORT/tcp, or sudo \
             firewall-cmd --permanent --add-port=PORT/tcp && sudo firewall-cmd --reload",
            "check that the address is right, the server is on and the VPN is up. Otherwise a firewall drops \
             everything",
        ],
    },
    Barrier {
        is: |step| matches!(step, Step::Unreachable),
        code: &UNREACHABLE,
        why: "this machine has no route to it, or a firewall or router on the way rejects the connection",
        advice: [
            "open the port in the server's firewall (firewalld rejects with this error): sudo firewall-cmd \
             --permanent --add-port=PORT/tcp && sudo firewall-cmd --reload",
            "check that the address is right, the server is on and the VPN is up; this shows the route: ip route \
             get ADDRESS",
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

/// The other ports, which are closed too, if the user named no port.
fn other_closed_ports(case: &Case<'_>) -> String {
    let others: Vec<_> =
        asked(case).filter(|port| *port != case.registry).map(|port| port.to_string()).collect();
    match (case.evidence.port, others.is_empty()) {
        (None, false) => format!("; ports {} are not open either", others.join(", ")),
        _ => String::new(),
    }
}

/// The ports that were asked, if the user named none.
fn asked_ports(case: &Case<'_>) -> String {
    let ports: Vec<_> = asked(case).map(|port| port.to_string()).collect();
    match case.evidence.port {
        None => format!(" (no port was given; asked: {})", ports.join(", ")),
        Some(_) => String::new(),
    }
}

fn asked(case: &Case<'_>) -> impl Iterator<Item = u16> {
    case.evidence.servers.iter().map(|server| server.endpoint.port)
}
