//! The root that may be trusted without asking anybody, because somebody here has already chosen it.

use labtrust_plan::{
    Anchor, Certificate, Endpoint, Host, skip_restarts,
    store::{STORES, Scope, Store},
};

use super::{
    anchors::{leads_to, of_system, parsed},
    engine_trust::pulls_by_system,
};
use crate::{
    certificate::{Parsed, SubjectName, path, verify_served},
    doctor::{Case, Finding, evidence::CertsDSeen},
};

/// A root that somebody here has already chosen to trust.
struct ChosenRoot {
    root: Parsed,
    /// By what, in a few words.
    by: &'static str,
    /// Whether it was chosen for more than one registry.
    is_for_all: bool,
}

/// The root that `chain`, of `host`, leads to, if whoever runs this machine has already chosen it.
fn chosen_root(case: &Case<'_>, chain: &[Parsed], host: &Host) -> Option<ChosenRoot> {
    let trust = &case.evidence.trust;
    let first = |roots: Vec<Parsed>| roots.into_iter().find(|root| leads_to(chain, root));
    let chosen = |root: Option<Parsed>, by, is_for_all| root.map(|root| ChosenRoot { root, by, is_for_all });
    // What a user has laid down for the user's own engine is not root's choice.
    let facts = &case.evidence.facts;
    let is_others = |seen: &&CertsDSeen| {
        facts.is_root() && facts.people().any(|person| seen.path.starts_with(&person.home))
    };
    let certs_d = trust.certs_d.iter().filter(|seen| !is_others(seen));
    let laid =
        certs_d.flat_map(CertsDSeen::files).flat_map(|file| file.certificates.iter().chain(&file.hidden));
    chosen(first(parsed(&trust.known)), "labtrust knows it", true)
        .or_else(|| {
            chosen(with_fingerprint(case, chain, host), "it has the fingerprint that was given", true)
        })
        .or_else(|| chosen(first(of_system(trust.system.as_ref())), "the system store holds it", true))
        .or_else(|| chosen(first(parsed(laid)), "somebody laid it there for this registry", false))
}

/// The root with the fingerprint that was named, if `host` sends it and all else that it sends is good.
fn with_fingerprint(case: &Case<'_>, chain: &[Parsed], host: &Host) -> Option<Parsed> {
    let named = case.evidence.trust.fingerprint?;
    let sent: Vec<_> = chain.iter().map(|certificate| certificate.der().clone()).collect();
    verify_served(&sent, Some(named), host, case.evidence.at).ok().map(|served| served.root)
}

/// `finding` with what makes the stores of `scope` trust the root of `chain`, which `endpoint` presents.
pub(crate) fn with_trust(
    case: &Case<'_>,
    finding: Finding,
    scope: Scope,
    chain: &[Parsed],
    endpoint: &Endpoint,
) -> Finding {
    let chosen = chosen_root(case, chain, &endpoint.host);
    // What was laid down for one registry was not chosen for everything else, unless it can do nothing else.
    let is_narrow =
        |known: &ChosenRoot| known.root.broad_scope(std::slice::from_ref(&endpoint.host)).is_none();
    // A root that can never sign for the host helps nobody.
    let name = SubjectName::from(endpoint.host.clone());
    let can_be = |root: &Parsed| !root.can_sign() || root.permitted.permits(&name);
    let may = |known: &ChosenRoot| {
        can_be(&known.root) && (scope == Scope::PerEndpoint || known.is_for_all || is_narrow(known))
    };
    match chosen.filter(may) {
        Some(known) => with_plan(case, finding, scope, &known),
        None => by_hand(case, finding, chain, endpoint),
    }
}

fn with_plan(case: &Case<'_>, mut finding: Finding, scope: Scope, known: &ChosenRoot) -> Finding {
    let anchor = anchor(case, &known.root);
    // An engine needs no restart for what it reads in certs.d anyway, whatever else trusts the CA now.
    let is_wide = |store: &Store| store.scope == Scope::Everything && scope == Scope::Everything;
    let mut stores: Vec<_> = STORES.iter().filter(|store| store.asks_engines() || is_wide(store)).collect();
    stores.sort_by_key(|store| !store.asks_engines());
    for store in stores {
        let changes = (store.plan)(&case.evidence.facts, &anchor).into_changes();
        finding.fix.changes.extend(changes.into_iter().flatten());
    }
    // Unless its pulls do not read that.
    if !pulls_by_system(case) {
        skip_restarts(&mut finding.fix.changes);
    }
    finding.fix.anchor = Some(anchor);
    finding.advise(format!("the CA is {}: {}", known.root.title(), known.by))
}

/// What is trusted, for the registry.
pub(super) fn anchor(case: &Case<'_>, root: &Parsed) -> Anchor {
    Anchor { certificate: Certificate::from(root), endpoints: vec![case.endpoint()] }
}

/// A fingerprint is compared with what the server's own administrator says, and never taken from the
/// handshake that it is to make sure of.
fn by_hand(case: &Case<'_>, finding: Finding, chain: &[Parsed], endpoint: &Endpoint) -> Finding {
    let top = chain.first().and_then(|leaf| path::above(leaf, &chain[1..]).last().copied().or(Some(leaf)));
    let registry = case.endpoint();
    let (asked, registry) = (endpoint.to_string(), registry.to_string());
    let source = if asked == registry { &[][..] } else { &["--for", &registry] };
    match top.filter(|top| top.is_self_signed()) {
        Some(root) => finding
            .run([&["labtrust", "trust", &asked], source, &["--fingerprint", "SHA256"]].concat())
            .advise(format!(
                "SHA256 is what labtrust status shows on the server; what the server sends here is {}, and must be \
                 the same",
                root.fingerprint()
            )),
        None => finding
            .run(["labtrust", "trust", "FILE", "--for", &registry])
            .advise("FILE is the root's certificate, from the server's administrator: it does not send it"),
    }
}
