//! Finds the root that `--fix` can trust without a question, because it was already chosen on this machine.

use labtrust_plan::{
    Anchor, Certificate, Endpoint, Host, skip_restarts,
    store::{Planned, STORES, Scope, Store},
};

use super::{
    anchors::{leads_to, of_system, parsed},
    engine_trust::pulls_by_system,
};
use crate::{
    certificate::{Parsed, SubjectName, path, verify_served},
    doctor::{Case, Finding, evidence::CertsDSeen},
};

/// A root that was already chosen on this machine.
struct ChosenRoot {
    root: Parsed,
    /// The reason, in a few words.
    by: &'static str,
    /// Whether it was chosen for more than one registry.
    is_for_all: bool,
}

impl ChosenRoot {
    /// Whether it may sign for `host`: a root that never can does not help.
    fn can_be_of(&self, host: &Host) -> bool {
        !self.root.can_sign() || self.root.permitted.permits(&SubjectName::from(host.clone()))
    }
}

/// The root that `chain` of `host` leads to, if it was already chosen on this machine.
fn chosen_root(case: &Case<'_>, chain: &[Parsed], host: &Host) -> Option<ChosenRoot> {
    let trust = &case.evidence.trust;
    let first = |roots: Vec<Parsed>| roots.into_iter().find(|root| leads_to(chain, root));
    let chosen = |root: Option<Parsed>, by, is_for_all| root.map(|root| ChosenRoot { root, by, is_for_all });
    // A CA that a user installed for the user's own daemon is not root's choice.
    let facts = &case.evidence.facts;
    let is_others = |seen: &&CertsDSeen| {
        facts.is_root() && facts.people().any(|person| seen.path.starts_with(&person.home))
    };
    let certs_d = trust.certs_d.iter().filter(|seen| !is_others(seen));
    let laid =
        certs_d.flat_map(CertsDSeen::files).flat_map(|file| file.certificates.iter().chain(&file.hidden));
    chosen(first(parsed(&trust.known)), "labtrust made it or trusts it already", true)
        .or_else(|| chosen(with_fingerprint(case, chain, host), "it has the fingerprint that you gave", true))
        .or_else(|| chosen(first(of_system(trust.system.as_ref())), "the system store trusts it", true))
        .or_else(|| chosen(first(parsed(laid)), "it is already installed for this registry", false))
}

/// The root with the fingerprint that the user gave, if `host` sends it and the rest of its chain is valid.
fn with_fingerprint(case: &Case<'_>, chain: &[Parsed], host: &Host) -> Option<Parsed> {
    let named = case.evidence.trust.fingerprint?;
    let sent: Vec<_> = chain.iter().map(|certificate| certificate.der().clone()).collect();
    // The port is for messages alone.
    let endpoint = Endpoint::new(host.clone(), 443);
    verify_served(&sent, Some(named), &endpoint, case.evidence.at).ok().map(|served| served.root)
}

/// `finding` with a fix that makes the stores of `scope` trust the root of `chain`, which `endpoint` presents.
pub(crate) fn with_trust(
    case: &Case<'_>,
    finding: Finding,
    scope: Scope,
    chain: &[Parsed],
    endpoint: &Endpoint,
) -> Finding {
    let chosen = chosen_root(case, chain, &endpoint.host);
    // A root that was installed for one registry was not chosen for other hosts, unless it can sign for no other.
    let is_narrow =
        |known: &ChosenRoot| known.root.broad_scope(std::slice::from_ref(&endpoint.host)).is_none();
    let may = |known: &ChosenRoot| {
        known.can_be_of(&endpoint.host)
            && (scope == Scope::PerEndpoint || known.is_for_all || is_narrow(known))
    };
    match chosen.filter(may) {
        Some(known) => with_plan(case, finding, scope, &known),
        None => by_hand(case, finding, chain, endpoint),
    }
}

/// `finding` with the command that trusts the root of the registry in each store.
pub(super) fn with_command(case: &Case<'_>, finding: Finding) -> Finding {
    let endpoint = case.endpoint();
    match chosen_root(case, &case.chain, &endpoint.host).filter(|known| known.can_be_of(&endpoint.host)) {
        Some(known) => finding.advise(format!("the CA is {}: {}", known.root.title(), known.by)).run([
            "labtrust",
            "trust",
            &endpoint.to_string(),
            "--fingerprint",
            &known.root.fingerprint().to_string(),
        ]),
        None => by_hand(case, finding, &case.chain, &endpoint),
    }
}

fn with_plan(case: &Case<'_>, mut finding: Finding, scope: Scope, known: &ChosenRoot) -> Finding {
    let anchor = anchor(case, &known.root);
    // A daemon that reads the CA in certs.d needs no restart, whichever other stores trust it now. The evidence has the facts of
    // the first stores alone.
    let is_asked = |store: &&Store| store.asks_engines() || scope == Scope::Everything;
    let mut stores: Vec<_> = STORES.iter().filter(|store| store.is_first()).filter(is_asked).collect();
    stores.sort_by_key(|store| !store.asks_engines());
    for store in stores {
        let planned = (store.plan)(&case.evidence.facts, &anchor);
        if let Planned::Partly { rest, .. } = &planned {
            finding.fix.commands.extend(rest.iter().flat_map(|step| step.commands.clone()));
        }
        finding.fix.changes.extend(planned.into_changes().into_iter().flatten());
    }
    // Except if its pulls do not read certs.d.
    if !pulls_by_system(case) {
        skip_restarts(&mut finding.fix.changes);
    }
    finding.fix.anchor = Some(anchor);
    finding.advise(format!("the CA is {}: {}", known.root.title(), known.by))
}

/// The anchor of `root` for the registry.
pub(super) fn anchor(case: &Case<'_>, root: &Parsed) -> Anchor {
    Anchor::new(Certificate::from(root), vec![case.endpoint()])
}

/// `finding` with a command for the user. The user gets the fingerprint from the server's administrator; the
/// fingerprint in the handshake proves nothing.
fn by_hand(case: &Case<'_>, finding: Finding, chain: &[Parsed], endpoint: &Endpoint) -> Finding {
    let top = chain.first().and_then(|leaf| path::above(leaf, &chain[1..]).last().copied().or(Some(leaf)));
    let registry = case.endpoint();
    let (asked, registry) = (endpoint.to_string(), registry.to_string());
    let source = if asked == registry { &[][..] } else { &["--for", &registry] };
    match top.filter(|top| top.is_self_signed()) {
        Some(root) => finding
            .run([&["labtrust", "trust", &asked], source, &["--fingerprint", "SHA256"]].concat())
            .advise(format!(
                "replace SHA256 with the fingerprint that `labtrust status` shows on the server. It must equal {}, \
                 which this server sent:",
                root.fingerprint()
            )),
        None => finding
            .run(["labtrust", "trust", "FILE", "--for", &registry])
            .advise("FILE is the root certificate. Get it from the server's administrator, because the server does \
                     not send it:"),
    }
}
