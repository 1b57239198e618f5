//! What the CAs above the leaf may sign: name constraints (RFC 5280 §4.2.1.10) and demanded policies.

use super::{
    super::{About, Case},
    APPLE, CHROME, CURL, Client, FIREFOX, GNUTLS, GO, JAVA, NODE, NSS, OPENSSL, OPENSSL_STRICT, PYTHON,
    RUSTLS, Rule, WINDOWS, documented, measured,
};
use crate::certificate::{
    general_name::{NameKind, Subtree},
    name::{SubjectName, list},
    parsed::Parsed,
};

/// Those that hold a root to its own name constraints.
const HOLD_ROOTS: &[super::By] =
    &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, GO, CHROME, FIREFOX, NSS, GNUTLS, RUSTLS, APPLE, WINDOWS];

const POLICIES: &str = "2.5.29.32";

pub const RULES: &[Rule] = &[
    measured(About::Constraint, HOLD_ROOTS, |case| case.cas().find_map(|ca| outside(case, ca))),
    // Java holds only intermediates to their constraints.
    measured(About::Constraint, &[JAVA], |case| case.intermediates.iter().find_map(|ca| outside(case, ca))),
    measured(About::Constraint, HOLD_ROOTS, |case| case.cas().find_map(|ca| outside_emails(case, ca))),
    // A wildcard stands for the excluded name, too. Go: CVE-2025-61727.
    measured(About::Constraint, &[Client::Go.since(1, 25), RUSTLS, CHROME], |case| {
        case.cas().find_map(|ca| wildcard(case, ca))
    }),
    measured(About::Constraint, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, RUSTLS, CHROME], |case| {
        let ca = case.cas().find(|ca| ca.subtrees.iter().any(|tree| tree.is_bounded))?;
        Some(format!("the name constraints of {} have a minimum or a maximum", ca.title()))
    }),
    measured(About::Constraint, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, CHROME], |case| {
        case.cas().find_map(|ca| directory(case, ca))
    }),
    // Not understood, and so refused, whatever the leaf's names are.
    measured(About::Constraint, &[GO], |case| {
        of_kinds(case, true, |kind| {
            !matches!(kind, NameKind::Dns | NameKind::Ip | NameKind::Email | NameKind::Uri)
        })
    }),
    measured(About::Constraint, &[GNUTLS], |case| {
        of_kinds(case, false, |kind| {
            !matches!(kind, NameKind::Dns | NameKind::Ip | NameKind::Email | NameKind::Uri)
        })
    }),
    measured(About::Constraint, &[RUSTLS], |case| of_kinds(case, false, |kind| kind == NameKind::Directory)),
    // Any common name of a server is a DNS name to it, if there is no other.
    measured(About::Form, &[GNUTLS], |case| common_name(case, |_| true)),
    // One with a dot in it is, if there is no other (`NAME_CONSTRAINTS_check_CN`).
    measured(About::Constraint, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE], |case| {
        common_name(case, |name| name.contains('.') && !name.contains('*'))
    }),
    documented(About::Constraint, &[GO, JAVA, CHROME], |case| {
        let cas = &case.intermediates;
        let (place, ca) = cas.iter().enumerate().find(|(place, ca)| {
            ca.require_explicit_policy.is_some_and(|skipped| skipped as usize <= *place)
        })?;
        let below = case.leaf.into_iter().chain(cas[..=place].iter().copied());
        let is_named = below.into_iter().all(|one| one.has_extension(POLICIES));
        (!is_named)
            .then(|| format!("{} demands a policy, and the certificates below it have none", ca.title()))
    }),
];

fn outside(case: &Case<'_>, ca: &Parsed) -> Option<String> {
    let outside: Vec<_> = case.leaf?.names.iter().filter(|name| !ca.permitted.permits(name)).collect();
    (!outside.is_empty()).then(|| format!("{} may not sign {}: {}", ca.title(), list(&outside), ca.permitted))
}

fn trees(ca: &Parsed, kind: NameKind, excluded: bool) -> impl Iterator<Item = &Subtree> {
    ca.subtrees.iter().filter(move |tree| tree.base.kind == kind && tree.excluded == excluded)
}

fn outside_emails(case: &Case<'_>, ca: &Parsed) -> Option<String> {
    let emails = case.leaf?.general_names.iter().filter(|name| name.kind == NameKind::Email);
    let mut emails = emails.filter_map(|name| name.text());
    let within = |email: &str, tree: &Subtree| {
        let base = tree.base.text().unwrap_or_default().to_ascii_lowercase();
        let (email, host) = (email.to_ascii_lowercase(), email.rsplit('@').next().unwrap_or_default());
        match base.split_once('@') {
            Some(_) => email == base,
            None if base.starts_with('.') => host.to_ascii_lowercase().ends_with(&base),
            None => host.eq_ignore_ascii_case(&base),
        }
    };
    let is_outside = |email: &&str| {
        let mut permitted = trees(ca, NameKind::Email, false).peekable();
        let is_permitted = permitted.peek().is_none() || permitted.any(|tree| within(email, tree));
        !is_permitted || trees(ca, NameKind::Email, true).any(|tree| within(email, tree))
    };
    emails.find(is_outside).map(|email| format!("{} may not sign the e-mail address {email}", ca.title()))
}

fn wildcard(case: &Case<'_>, ca: &Parsed) -> Option<String> {
    let is_hit = |name: &&SubjectName| match name {
        SubjectName::Wildcard(parent) => ca
            .permitted
            .excluded_dns
            .iter()
            .any(|domain| domain.base.split_once('.').is_some_and(|(_, rest)| rest == parent.as_str())),
        _ => false,
    };
    let name = case.leaf?.names.iter().find(is_hit)?;
    Some(format!("{} may not sign all that {name} stands for", ca.title()))
}

/// Whether the subject lies outside the constraints on directory names: a prefix of the subject's parts.
fn directory(case: &Case<'_>, ca: &Parsed) -> Option<String> {
    let subject = &case.leaf?.subject_der;
    let within = |tree: &Subtree| is_prefix(&tree.base.value, subject);
    let mut permitted = trees(ca, NameKind::Directory, false).peekable();
    let is_permitted = permitted.peek().is_none() || permitted.any(within);
    let is_outside = !is_permitted || trees(ca, NameKind::Directory, true).any(within);
    is_outside.then(|| {
        format!(
            "{} may not sign the subject {}",
            ca.title(),
            case.leaf.map(Parsed::title).unwrap_or_default()
        )
    })
}

/// Whether the parts of one name, in DER, are the first of another's.
fn is_prefix(base: &[u8], name: &[u8]) -> bool {
    let parts = |name| {
        crate::certificate::anatomy::Fields::of_sequence(name).map(|parts| parts.map(|part| part.whole))
    };
    let (Some(base), Some(mut name)) = (parts(base), parts(name)) else { return false };
    base.into_iter().all(|part| name.next() == Some(part))
}

fn of_kinds(case: &Case<'_>, only_critical: bool, is_odd: fn(NameKind) -> bool) -> Option<String> {
    case.cas().filter(|ca| ca.constraints_critical || !only_critical).find_map(|ca| {
        let odd = ca.subtrees.iter().find(|tree| is_odd(tree.base.kind))?;
        Some(format!("{} has a name constraint of a kind that is not understood ({})", ca.title(), odd.base))
    })
}

fn common_name(case: &Case<'_>, is_dns: fn(&str) -> bool) -> Option<String> {
    let leaf = case.leaf.filter(|leaf| leaf.general_names.iter().all(|name| name.kind != NameKind::Dns))?;
    let name = leaf.common_name.as_ref().filter(|name| is_dns(name))?;
    case.cas()
        .any(|ca| !ca.permitted.permits_dns(name))
        .then(|| format!("its common name {name} is no DNS name that the CA may sign"))
}
