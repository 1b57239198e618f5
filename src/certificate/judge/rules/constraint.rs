//! The limits of the CAs above the leaf: name constraints (RFC 5280 §4.2.1.10) and demanded policies.

use super::{
    row::{
        APPLE, CHROME, CURL, EMPTY_NAME, FIREFOX, GNUTLS, GO, JAVA, NODE, NSS, OPENSSL, OPENSSL_STRICT,
        PYTHON, RUSTLS, Rule, WINDOWS, rule,
    },
    source,
};
use crate::certificate::{
    anatomy::Fields,
    general_name::{GeneralName, NameKind, Subtree},
    judge::{
        case::Case,
        client::{By, Client},
        refusal::About,
    },
    name::{SubjectName, list},
    parsed::Parsed,
};

/// The clients that apply a root's own name constraints.
const HOLD_ROOTS: &[By] = &hold_roots(CHROME);

const fn hold_roots(chrome: By) -> [By; 13] {
    [CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, GO, chrome, FIREFOX, NSS, GNUTLS, RUSTLS, APPLE, WINDOWS]
}

const POLICIES: &str = "2.5.29.32";
const NAME_CONSTRAINTS: &str = "2.5.29.30";
const EMAIL_ADDRESS: &str = "1.2.840.113549.1.9.1";

pub(super) const RULES: &[Rule] = &[
    rule(About::Constraint, HOLD_ROOTS, |case| case.cas().find_map(|ca| outside(case, ca))),
    // Java applies only the constraints of intermediates.
    rule(About::Constraint, &[JAVA], |case| case.intermediates.iter().find_map(|ca| outside(case, ca))),
    rule(About::Constraint, HOLD_ROOTS, |case| case.cas().find_map(|ca| outside_emails(case, ca))),
    rule(About::Constraint, &[JAVA], |case| {
        case.intermediates.iter().find_map(|ca| outside_emails(case, ca))
    }),
    rule(About::Constraint, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, NSS, GO, RUSTLS], |case| {
        case.cas().find_map(|ca| outside_uris(case, ca))
    }),
    rule(About::Constraint, &[JAVA], |case| case.intermediates.iter().find_map(|ca| outside_uris(case, ca))),
    // It cannot compare e-mail addresses and URIs with constraints of that kind, and refuses them all.
    rule(About::Constraint, &[RUSTLS], |case| {
        let kinds = [NameKind::Email, NameKind::Uri];
        let is_held = |kind| case.cas().any(|ca| ca.subtrees.iter().any(|tree| tree.base.kind == kind));
        let name =
            case.leaf?.general_names.iter().find(|name| kinds.contains(&name.kind) && is_held(name.kind))?;
        Some(format!("a CA has name constraints of the kind of {name}"))
    }),
    rule(About::Constraint, &hold_roots(CHROME.read_in(source::CHROME_CONSTRAINTS)), |case| {
        case.cas().find_map(|ca| outside_oddly(case, ca))
    }),
    rule(About::Constraint, &[JAVA], |case| case.intermediates.iter().find_map(|ca| outside_oddly(case, ca))),
    rule(About::Constraint, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, GNUTLS, NSS], |case| {
        let email = email_of_subject(&case.leaf?.subject_der)?;
        let ca = case.cas().find(|ca| is_outside_email(&email, ca))?;
        Some(format!("{} cannot sign the e-mail address {email} in the subject", ca.title()))
    }),
    rule(About::Constraint, &[GNUTLS, GO], |case| {
        let is_odd = |tree: &Subtree| tree.base.kind == NameKind::Ip && !is_network(&tree.base.value);
        let ca = case.cas().find(|ca| ca.subtrees.iter().any(is_odd))?;
        Some(format!("the name constraints of {} have an address that is not a network", ca.title()))
    }),
    rule(About::Constraint, &[GO], |case| {
        let ca = case.cas().find(|ca| ca.has_extension(NAME_CONSTRAINTS) && ca.subtrees.is_empty())?;
        Some(format!("the name constraints of {} are empty", ca.title()))
    }),
    // Java throws at an empty name, which matches all.
    rule(About::Constraint, &[JAVA], |case| {
        let all = |tree: &Subtree| {
            tree.excluded
                && matches!(tree.base.kind, NameKind::Email | NameKind::Uri)
                && tree.base.value.is_empty()
        };
        let ca = case.cas().find(|ca| ca.subtrees.iter().any(all))?;
        Some(format!("{} excludes all names of a type (empty value)", ca.title()))
    }),
    // The wildcard also matches the excluded name. Go: CVE-2025-61727.
    rule(About::Constraint, &[Client::Go.since(1, 25), RUSTLS, CHROME], |case| {
        case.cas().find_map(|ca| wildcard(case, ca))
    }),
    rule(About::Constraint, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, RUSTLS, CHROME], |case| {
        let ca = case.cas().find(|ca| ca.subtrees.iter().any(|tree| tree.is_bounded))?;
        Some(format!("the name constraints of {} have a minimum or a maximum", ca.title()))
    }),
    rule(About::Constraint, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, NSS, CHROME], |case| {
        case.cas().find_map(|ca| directory(case, ca))
    }),
    // Go refuses kinds that it does not support, whatever the leaf's names are.
    rule(About::Constraint, &[GO], |case| {
        of_kinds(case, true, |kind| {
            !matches!(kind, NameKind::Dns | NameKind::Ip | NameKind::Email | NameKind::Uri)
        })
    }),
    rule(About::Constraint, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, RUSTLS], |case| {
        let is_held = |name: &&GeneralName| {
            let same = |ca: &Parsed| ca.subtrees.iter().any(|tree| tree.base.kind == NameKind::Other);
            name.kind == NameKind::Other && case.cas().any(same)
        };
        let name = case.leaf?.general_names.iter().find(is_held)?;
        Some(format!("a CA has name constraints of the kind of {name}"))
    }),
    rule(About::Constraint, &[JAVA], |case| case.intermediates.iter().find_map(|ca| directory(case, ca))),
    rule(About::Constraint, &[GNUTLS], |case| of_kinds(case, false, |kind| kind == NameKind::RegisteredId)),
    rule(About::Constraint, &[GNUTLS], |case| {
        let ca = case.cas().find(|ca| trees(ca, NameKind::Directory, true).next().is_some())?;
        Some(format!("{} excludes a directory name", ca.title()))
    }),
    rule(About::Constraint, &[RUSTLS], |case| of_kinds(case, false, |kind| kind == NameKind::Directory)),
    // These take any common name of a server for a DNS name, if there is no other.
    rule(About::Form, &[GNUTLS, NSS], |case| common_name(case, |_| true)),
    // OpenSSL takes a common name with a dot for a DNS name, if there is no other (`NAME_CONSTRAINTS_check_CN`).
    rule(About::Constraint, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE], |case| {
        common_name(case, |name| name.contains('.') && !name.contains('*'))
    }),
    rule(About::Constraint, &[GO, JAVA, CHROME], |case| {
        let cas = &case.intermediates;
        let (place, ca) = cas.iter().enumerate().find(|(place, ca)| {
            ca.require_explicit_policy.is_some_and(|skipped| skipped as usize <= *place)
        })?;
        let below = case.leaf.into_iter().chain(cas[..=place].iter().copied());
        let is_named = below.into_iter().all(|one| one.has_extension(POLICIES));
        (!is_named)
            .then(|| format!("{} requires a policy, and the certificates below it have none", ca.title()))
    }),
];

fn outside(case: &Case<'_>, ca: &Parsed) -> Option<String> {
    let outside: Vec<_> = case.leaf?.names.iter().filter(|name| !ca.permitted.permits(name)).collect();
    (!outside.is_empty()).then(|| format!("{} cannot sign {}: {}", ca.title(), list(&outside), ca.permitted))
}

fn trees(ca: &Parsed, kind: NameKind, excluded: bool) -> impl Iterator<Item = &Subtree> {
    ca.subtrees.iter().filter(move |tree| tree.base.kind == kind && tree.excluded == excluded)
}

/// The names that are not a [`SubjectName`], compared with the subtrees letter by letter.
fn outside_oddly(case: &Case<'_>, ca: &Parsed) -> Option<String> {
    let mut names = case.leaf?.general_names.iter().filter(|name| name.kind == NameKind::Dns);
    let bases: Vec<String> = trees(ca, NameKind::Dns, false)
        .map(|tree| tree.base.text().unwrap_or_default().to_ascii_lowercase())
        .collect();
    let is_within = |name: &str, base: &str| {
        let bare = base.strip_prefix('.').unwrap_or(base);
        base.is_empty() || name == bare || (!bare.is_empty() && name.ends_with(&format!(".{bare}")))
    };
    let outside = names.find(|name| {
        let is_odd = name.subject_name().is_none();
        let name = name.text().unwrap_or_default().to_ascii_lowercase();
        !bases.is_empty() && is_odd && !bases.iter().any(|base| is_within(&name, base))
    })?;
    Some(format!("{} cannot sign {outside}", ca.title()))
}

fn is_network(value: &[u8]) -> bool {
    let mask: Vec<u8> = value[value.len() / 2..].to_vec();
    let ones = mask.iter().take_while(|byte| **byte == 0xff).count();
    let rest = mask.get(ones..).unwrap_or_default();
    let is_mask = rest.first().is_none_or(|byte| byte.leading_ones() + byte.trailing_zeros() >= 8)
        && rest.iter().skip(1).all(|byte| *byte == 0);
    [8, 32].contains(&value.len()) && is_mask
}

fn outside_uris(case: &Case<'_>, ca: &Parsed) -> Option<String> {
    let mut uris = case.leaf?.general_names.iter().filter(|name| name.kind == NameKind::Uri);
    let host = |uri: &str| {
        let (_, rest) = uri.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
        Some(authority.split(':').next()?.to_ascii_lowercase())
    };
    let within = |uri: &str, tree: &Subtree| {
        let base = tree.base.text().unwrap_or_default().to_ascii_lowercase();
        host(uri).is_some_and(|host| if base.starts_with('.') { host.ends_with(&base) } else { host == base })
    };
    let outside = uris.find(|name| {
        let uri = name.text().unwrap_or_default();
        let mut permitted = trees(ca, NameKind::Uri, false).peekable();
        let is_permitted = permitted.peek().is_none() || permitted.any(|tree| within(uri, tree));
        !is_permitted || trees(ca, NameKind::Uri, true).any(|tree| within(uri, tree))
    })?;
    Some(format!("{} cannot sign {outside}", ca.title()))
}

fn outside_emails(case: &Case<'_>, ca: &Parsed) -> Option<String> {
    let emails = case.leaf?.general_names.iter().filter(|name| name.kind == NameKind::Email);
    let mut emails = emails.filter_map(|name| name.text());
    let outside = emails.find(|email| is_outside_email(email, ca))?;
    Some(format!("{} cannot sign the e-mail address {outside}", ca.title()))
}

fn is_outside_email(email: &str, ca: &Parsed) -> bool {
    let within = |tree: &Subtree| {
        let base = tree.base.text().unwrap_or_default().to_ascii_lowercase();
        let (email, host) = (email.to_ascii_lowercase(), email.rsplit('@').next().unwrap_or_default());
        match base.split_once('@') {
            Some(_) => email == base,
            None if base.starts_with('.') => host.to_ascii_lowercase().ends_with(&base),
            None => host.eq_ignore_ascii_case(&base),
        }
    };
    let mut permitted = trees(ca, NameKind::Email, false).peekable();
    let is_permitted = permitted.peek().is_none() || permitted.any(within);
    !is_permitted || trees(ca, NameKind::Email, true).any(within)
}

/// The e-mail address in a subject, from before alternative names existed.
fn email_of_subject(subject: &[u8]) -> Option<String> {
    let parts = Fields::of_sequence(subject)?.flat_map(|part| Fields(part.content));
    let email = parts.filter_map(|attribute| {
        let mut fields = Fields(attribute.content);
        fields.next().filter(|kind| kind.oid().is_some_and(|oid| oid == EMAIL_ADDRESS))?;
        String::from_utf8(fields.next()?.content.to_vec()).ok()
    });
    email.into_iter().next()
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
    Some(format!("{} cannot sign every name that {name} matches", ca.title()))
}

/// Whether the subject lies outside the constraints on directory names: a prefix of the subject's parts.
fn directory(case: &Case<'_>, ca: &Parsed) -> Option<String> {
    let subject = &case.leaf.filter(|leaf| leaf.subject_der != EMPTY_NAME)?.subject_der;
    let within = |tree: &Subtree| is_prefix(&tree.base.value, subject);
    let mut permitted = trees(ca, NameKind::Directory, false).peekable();
    let is_permitted = permitted.peek().is_none() || permitted.any(within);
    let is_outside = !is_permitted || trees(ca, NameKind::Directory, true).any(within);
    is_outside.then(|| {
        format!("{} cannot sign the subject {}", ca.title(), case.leaf.map(Parsed::title).unwrap_or_default())
    })
}

/// Whether the parts of one name, in DER, are the first of another's.
fn is_prefix(base: &[u8], name: &[u8]) -> bool {
    let parts = |name| Fields::of_sequence(name).map(|parts| parts.map(|part| part.whole));
    let (Some(base), Some(mut name)) = (parts(base), parts(name)) else { return false };
    base.into_iter().all(|part| name.next() == Some(part))
}

fn of_kinds(case: &Case<'_>, only_critical: bool, is_odd: fn(NameKind) -> bool) -> Option<String> {
    case.cas().filter(|ca| ca.constraints_critical || !only_critical).find_map(|ca| {
        let odd = ca.subtrees.iter().find(|tree| is_odd(tree.base.kind))?;
        Some(format!("{} has a name constraint of an unsupported kind ({})", ca.title(), odd.base))
    })
}

fn common_name(case: &Case<'_>, is_dns: fn(&str) -> bool) -> Option<String> {
    let leaf = case.leaf.filter(|leaf| leaf.general_names.iter().all(|name| name.kind != NameKind::Dns))?;
    let name = leaf.common_name.as_ref().filter(|name| is_dns(name))?;
    case.cas()
        .any(|ca| !ca.permitted.permits_dns(name))
        .then(|| format!("its common name {name} is not a DNS name that the CA can sign"))
}
