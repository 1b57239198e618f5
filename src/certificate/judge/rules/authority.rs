//! Whether the CAs above the leaf may be CAs, and whether each is the one that the certificate below names.

use super::{
    row::{
        CHROME, CURL, EVERYONE, FIREFOX, GNUTLS, GO, JAVA, LIBRESSL, LOOK_AT_ANCHORS, NODE, NSS, OPENSSL,
        OPENSSL_STRICT, PYTHON, RUSTLS, Rule, everyone, of_anchor, of_ca, of_intermediate, rule,
    },
    source,
};
use crate::certificate::{
    judge::{client::Client, refusal::About},
    parsed::Parsed,
};

pub(super) const RULES: &[Rule] = &[
    rule(About::Constraint, EVERYONE, |case| {
        of_intermediate(case, "is not marked as a CA (CA:TRUE)", |ca| !ca.is_ca())
    }),
    rule(About::Constraint, &[OPENSSL_STRICT, Client::Python.since(3, 13), GO, JAVA, FIREFOX], |case| {
        of_anchor(case, "is not marked as a CA (CA:TRUE)", |ca| {
            !ca.is_ca() && (ca.version >= 3 || ca.ca.is_some())
        })
    }),
    // OpenSSL accepts a root without basic constraints if its key usage allows signing (`check_ca`).
    rule(About::Constraint, &[CURL, OPENSSL, PYTHON, NODE, LIBRESSL], |case| {
        of_anchor(case, "is not marked as a CA (CA:TRUE)", |ca| !ca.can_sign())
    }),
    rule(About::Constraint, &[GNUTLS], |case| {
        of_anchor(case, "is not marked as a CA (CA:TRUE)", |ca| ca.ca == Some(false))
    }),
    rule(
        About::Constraint,
        &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, JAVA, GO, CHROME, FIREFOX, GNUTLS],
        |case| {
            of_ca(case, "cannot sign certificates (keyCertSign is not among its key usages)", |ca| {
                !ca.may("keyCertSign")
            })
        },
    ),
    rule(About::Constraint, &[GO, CHROME], |case| of_ca(case, NO_SERVERS, |ca| !ca.may_serve())),
    rule(About::Constraint, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE], |case| {
        of_ca(case, NO_SERVERS, |ca| !ca.may_serve() && !ca.is_gated())
    }),
    rule(About::Constraint, &[RUSTLS, FIREFOX], |case| {
        of_intermediate(case, NO_SERVERS, |ca| !ca.may_serve())
    }),
    rule(About::Constraint, &[GNUTLS], |case| {
        of_intermediate(case, NO_SERVERS, |ca| !ca.may_serve() && !ca.is_gated())
    }),
    rule(About::Constraint, &[NSS], |case| {
        of_intermediate(case, "cannot sign certificates (keyCertSign is not among its key usages)", |ca| {
            !ca.may("keyCertSign")
        })
    }),
    rule(About::Constraint, &[NSS], |case| {
        of_anchor(case, "is not marked as a CA (CA:TRUE)", |ca| ca.ca == Some(false))
    }),
    // NSS stores certificates by these two.
    rule(About::Form, &[NSS], |case| {
        let all: Vec<_> = case.served.iter().chain(case.anchor).collect();
        let is_same = |one: &Parsed, other: &Parsed| {
            one.der() != other.der() && (&one.issuer_der, &one.serial) == (&other.issuer_der, &other.serial)
        };
        let one = all.iter().find(|one| all.iter().any(|other| is_same(one, other)))?;
        Some(format!("{} has the issuer and the serial number of another", one.title()))
    }),
    rule(About::Constraint, &[GNUTLS, NSS, RUSTLS], |case| {
        of_intermediate(case, "can sign for any use, but serverAuth is not named", only_any)
    }),
    rule(About::Constraint, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE], |case| {
        of_ca(case, "can sign for any use, but serverAuth is not named", only_any)
    }),
    // They require a root at the top that names itself as its issuer.
    rule(About::Constraint, &[OPENSSL, OPENSSL_STRICT, Client::Python.before(3, 13), NODE], |case| {
        of_anchor(case, "is trusted, but is not a root", |ca| {
            ca.subject_der != ca.issuer_der || names_another_key(ca, ca)
        })
    }),
    rule(About::Constraint, &everyone(CHROME.read_in(source::CHROME_CHAIN)), |case| {
        too_deep(&case.intermediates)
    }),
    rule(About::Constraint, LOOK_AT_ANCHORS, |case| too_deep(&case.cas().collect::<Vec<_>>())),
    rule(About::Form, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, GNUTLS, NSS], |case| {
        let (below, above) = case.steps().find(|(below, above)| names_another_key(below, above))?;
        Some(names_it_wrongly(below, above))
    }),
    // Java finds the anchor by it.
    rule(About::Form, &[JAVA], |case| {
        let (below, above) = case.steps().last().filter(|(below, above)| names_another_key(below, above))?;
        Some(names_it_wrongly(below, above))
    }),
];

const NO_SERVERS: &str = "cannot sign for servers (serverAuth is not among its extended key usages)";

fn names_it_wrongly(below: &Parsed, above: &Parsed) -> String {
    format!(
        "the authority key identifier of {} is not the subject key identifier of {}",
        below.title(),
        above.title()
    )
}

fn only_any(ca: &Parsed) -> bool {
    let usages = ca.extended_key_usage.as_deref().unwrap_or_default();
    usages.iter().any(|usage| usage == "any") && !usages.iter().any(|usage| usage == "serverAuth")
}

fn too_deep(cas: &[&Parsed]) -> Option<String> {
    let below = |above: usize| cas[..above].iter().filter(|ca| ca.subject_der != ca.issuer_der).count();
    cas.iter().enumerate().find_map(|(place, ca)| {
        let below = below(place);
        let too_deep = ca.path_length.is_some_and(|length| (length as usize) < below);
        too_deep.then(|| format!("{} may not have {below} CAs below it", ca.title()))
    })
}

fn names_another_key(below: &Parsed, above: &Parsed) -> bool {
    let ids = below.authority_key_id.as_ref().zip(above.subject_key_id.as_ref());
    ids.is_some_and(|(named, own)| named != own)
}
