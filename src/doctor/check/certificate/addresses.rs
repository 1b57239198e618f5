//! Checks that every address of a name presents the same certificate: a client connects to one of them, and to another
//! one the next time.

use std::net::SocketAddr;

use labtrust_machine::reach::{Reached, Step, Tls};
use labtrust_plan::ShellLine;

use super::{
    code::{DIFFERS, VARIES},
    subject::Subject,
};
use crate::doctor::{Case, Finding, case::readable, check::trust::of_system};

/// The findings of `judge` about `subject`, with those that not every address has below the finding that the addresses
/// differ.
pub(super) fn compared(
    case: &Case<'_>,
    subject: &Subject,
    judge: impl Fn(&Subject) -> Vec<Finding>,
) -> Vec<Finding> {
    let findings = judge(subject);
    let chains = chains(case, subject);
    let [(first, _), others @ ..] = chains.as_slice() else { return findings };
    if others.is_empty() {
        return findings;
    }
    let all = std::iter::once((first, subject)).chain(others.iter().map(|(address, other)| (address, other)));
    let (what, why) =
        (describe(subject, all), "a client connects to one of them, and may get another one next time");
    let mut finding = Finding::new(&DIFFERS, what, why).advise(
        "put the same certificate and key on each server and reload it; if an address is no longer right, remove it \
         from DNS or /etc/hosts. This shows the certificate of one address:",
    );
    for (address, _) in &chains {
        finding = finding.command(inspect(*address, subject));
    }
    let system = of_system(case.evidence.trust.system.as_ref());
    let is_trusted_alike = chains[1..].iter().all(|(_, other)| subject.is_as_trusted_as(other, &system));
    let others: Vec<(SocketAddr, Vec<Finding>)> =
        others.iter().map(|(address, other)| (*address, judge(other))).collect();
    let is_everywhere = |finding: &Finding| {
        others.iter().all(|(_, found)| found.iter().any(|other| other.code == finding.code))
    };
    let (common, own): (Vec<_>, Vec<_>) = findings.into_iter().partition(is_everywhere);
    finding.consequences = own;
    for (address, found) in others {
        for mut other in found {
            let is_known = |known: &Finding| known.code == other.code;
            if !common.iter().chain(&finding.consequences).any(is_known) {
                other.what = format!("{} at {}", other.what, address.ip());
                finding.consequences.push(other);
            }
        }
    }
    if is_trusted_alike && finding.consequences.is_empty() {
        finding = varies(finding);
    }
    std::iter::once(finding).chain(common).collect()
}

/// The warning for addresses that differ, each with a certificate that clients accept alike.
fn varies(finding: Finding) -> Finding {
    let why =
        "clients accept each of them alike; a server that has not reloaded a new certificate looks the same";
    let commands = finding.fix.commands;
    let warning = Finding::new(&VARIES, finding.what, why).advise(
        "if each server renews a certificate of its own, nothing needs to change; otherwise put the same certificate \
         and key on each server and reload it. This shows the certificate of one address:",
    );
    commands.into_iter().fold(warning, Finding::command)
}

/// The first address of each certificate at the endpoint of `subject`, with the chain; the chain of `subject` first.
fn chains(case: &Case<'_>, subject: &Subject) -> Vec<(SocketAddr, Subject)> {
    let mut chains: Vec<(SocketAddr, Subject)> = Vec::new();
    let addresses = case.reached(&subject.endpoint).map(Reached::addresses).unwrap_or_default();
    for (address, step) in addresses {
        let Step::Connected(Tls::Chain(chain)) = step else { continue };
        let sent = readable(chain);
        let is_same = |(_, known): &(SocketAddr, Subject)| known.leaf().der() == sent[0].der();
        if !sent.is_empty() && !chains.iter().any(is_same) {
            chains.push((*address, subject.presenting(sent)));
        }
    }
    chains
}

fn describe<'s>(subject: &Subject, all: impl Iterator<Item = (&'s SocketAddr, &'s Subject)>) -> String {
    let each = all.map(|(address, at)| {
        let leaf = at.leaf();
        format!(
            "{} presents {} by {}, valid until {} (SHA-256 {}…)",
            address.ip(),
            leaf.title(),
            leaf.issuer,
            leaf.not_after.date(),
            leaf.fingerprint().short()
        )
    });
    let each: Vec<_> = each.collect();
    format!("the addresses of {} present different certificates: {}", subject.endpoint, each.join("; "))
}

fn inspect(address: SocketAddr, subject: &Subject) -> ShellLine {
    let name = subject.endpoint.host.to_string();
    let (at, name) = (address.to_string(), name.as_str());
    ShellLine::of(["openssl", "s_client", "-connect", &at, "-servername", name]).then("</dev/null")
}
