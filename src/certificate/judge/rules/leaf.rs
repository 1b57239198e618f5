//! The server's own certificate: its purpose, its names, its validity.

use time::Duration;

use super::{
    row::{
        APPLE, CHROME, CURL, EMPTY_NAME, EVERYONE, FIREFOX, GNUTLS, GO, JAVA, NODE, NSS, OPENSSL,
        OPENSSL_STRICT, PYTHON, RUSTLS, Rule, WINDOWS, all_of, everyone, rule,
    },
    source,
};
use crate::certificate::{
    general_name::{GeneralName, NameKind},
    judge::{case::Case, client::Client, refusal::About},
    name::SubjectName,
    parsed::{Parsed, SERVER_USAGES, SUBJECT_ALTERNATIVE_NAME},
    profile::MAX_LEAF_DAYS,
    public_key::KeyKind,
};

/// Netscape's bit for servers of TLS.
const NETSCAPE_SERVER: u8 = 0x40;

pub(super) const RULES: &[Rule] = &[
    rule(About::Purpose, EVERYONE, |case| {
        let leaf = case.leaf.filter(|leaf| !leaf.may_serve() && !leaf.is_gated())?;
        (!has_no_purpose(leaf)).then(|| NO_SERVER.into())
    }),
    // The purpose of servers before serverAuth: server-gated cryptography, by Netscape and by Microsoft.
    rule(
        About::Purpose,
        &[GNUTLS, GO, RUSTLS, CHROME.read_in(source::CHROME_CHAIN), FIREFOX, APPLE, WINDOWS],
        |case| case.leaf.filter(|leaf| !leaf.may_serve() && leaf.is_gated()).map(|_| NO_SERVER.into()),
    ),
    rule(About::Purpose, &[NSS], |case| {
        let of_microsoft = |leaf: &&Parsed| !leaf.may_serve() && leaf.has_usage("1.3.6.1.4.1.311.10.3.3");
        case.leaf.filter(of_microsoft).map(|_| NO_SERVER.into())
    }),
    rule(
        About::Purpose,
        &[
            CURL,
            OPENSSL,
            OPENSSL_STRICT,
            PYTHON,
            NODE,
            JAVA,
            NSS,
            RUSTLS,
            CHROME.read_in(source::CHROME_CHAIN),
            FIREFOX,
            APPLE,
            WINDOWS,
        ],
        |case| case.leaf.filter(|leaf| has_no_purpose(leaf)).map(|_| NO_SERVER.into()),
    ),
    rule(About::Purpose, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, FIREFOX, NSS, RUSTLS], |case| {
        let usages = case.leaf?.extended_key_usage.as_ref()?;
        let only_any =
            usages.iter().any(|usage| usage == "any") && !usages.iter().any(|usage| usage == "serverAuth");
        only_any.then(|| "serverAuth is not among its extended key usages, only anyExtendedKeyUsage".into())
    }),
    rule(About::Purpose, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, JAVA], |case| {
        let bits = case.leaf?.netscape_type?;
        (bits & NETSCAPE_SERVER == 0)
            .then(|| "it may not serve TLS (the bit for servers is not set in its Netscape type)".into())
    }),
    // OpenSSL's `KU_TLS`: one of them must be there.
    rule(About::Purpose, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE], |case| {
        let leaf = case.leaf.filter(|leaf| leaf.key_usage.is_some() && !has_empty_key_usage(leaf))?;
        (!SERVER_USAGES.iter().any(|usage| leaf.may(usage)))
            .then(|| "none of its key usages is one that a server needs".into())
    }),
    // Chrome: RSAKeyUsageForLocalAnchorsEnabled.
    // Java does not check a leaf that is trusted itself.
    rule(About::Form, &[JAVA], |case| {
        let leaf = case.leaf.filter(|leaf| !leaf.is_self_signed() && !leaf.may("digitalSignature"));
        leaf.map(|_| "digitalSignature is not among its key usages".into())
    }),
    rule(About::Form, &[CHROME, FIREFOX, GNUTLS], |case| {
        (!case.leaf?.may("digitalSignature")).then(|| "digitalSignature is not among its key usages".into())
    }),
    // `certificateUsageSSLServer` by the kind of key.
    rule(About::Form, &[NSS], |case| {
        let leaf = case.leaf?;
        let needed: &[&str] = match leaf.public_key().kind() {
            KeyKind::Rsa(_) => &["keyEncipherment"],
            _ => &["digitalSignature", "keyAgreement"],
        };
        (!needed.iter().any(|usage| leaf.may(usage)))
            .then(|| format!("{} is not among its key usages", needed.join(" or ")))
    }),
    rule(About::Encoding, &[OPENSSL, OPENSSL_STRICT], empty_key_usage),
    rule(
        About::Encoding,
        &[
            CURL.read_in(source::OPENSSL_EXTENSIONS),
            PYTHON.read_in(source::OPENSSL_EXTENSIONS),
            NODE.read_in(source::OPENSSL_EXTENSIONS),
        ],
        empty_key_usage,
    ),
    rule(About::Form, &[APPLE.read_in(source::APPLE_ON_TLS)], |case| {
        case.leaf?
            .extended_key_usage
            .is_none()
            .then(|| "it has no extended key usage; serverAuth is required".into())
    }),
    rule(About::Life, &[APPLE.read_in(source::APPLE_ON_TLS)], |case| {
        let leaf = case.leaf?;
        let days = (leaf.not_after - leaf.not_before + Duration::SECOND).whole_days();
        let too_long = leaf.not_after - leaf.not_before >= Duration::days(MAX_LEAF_DAYS.into());
        too_long.then(|| format!("it is valid for {days} days; at most {MAX_LEAF_DAYS} are allowed"))
    }),
    rule(About::Names, &[APPLE.read_in("github.com/vercel-labs/portless/issues/416")], |case| {
        let single = |name: &&SubjectName| matches!(name, SubjectName::Wildcard(parent) if !parent.as_str().contains('.'));
        case.leaf?
            .names
            .iter()
            .find(single)
            .map(|name| format!("{name} is among its names, which matches a whole top-level domain"))
    }),
    // Java 17 refuses to connect to such a name: "Contains non-LDH ASCII characters".
    rule(About::Names, &[JAVA], |case| {
        let name = case.leaf?.names.iter().find(|name| name.has_underscore())?;
        Some(format!("{name} has an underscore, and no host name may have one"))
    }),
    rule(
        About::Names,
        &[
            GO,
            CHROME,
            FIREFOX.read_in("Firefox 101's release notes"),
            RUSTLS,
            APPLE.read_in(source::APPLE_ON_TLS),
        ],
        |case| {
            let names = &case.leaf?.general_names;
            (!names.iter().any(|name| matches!(name.kind, NameKind::Dns | NameKind::Ip)))
                .then(|| "it has no subject alternative name; the common name does not count".into())
        },
    ),
    rule(About::Authority, &[FIREFOX, NSS, RUSTLS], |case| {
        case.leaf?.is_ca().then(|| "it is marked as a CA (CA:TRUE), not as a server".into())
    }),
    rule(About::Form, &[RUSTLS], |case| {
        let old = case.leaf.filter(|leaf| leaf.version < 3)?;
        Some(format!("it is of X.509 version {}", old.version))
    }),
    rule(About::Form, &[NSS], |case| {
        let leaf = case.self_signed().filter(|leaf| leaf.ca == Some(false))?;
        Some(format!("{} signed itself, and is marked as not a CA (CA:FALSE)", leaf.title()))
    }),
    // GnuTLS then requires an OCSP response from the server, and a private CA has no OCSP responder.
    rule(About::Form, &[GNUTLS], |case| {
        let stapled = case.leaf.into_iter().chain(case.intermediates.iter().copied());
        let stapled = stapled.into_iter().find(|one| one.has_extension(TLS_FEATURE))?;
        Some(format!(
            "{} requires OCSP stapling (tlsFeature), which no server of a private CA can offer",
            stapled.title()
        ))
    }),
    rule(About::Chain, &[OPENSSL, OPENSSL_STRICT, Client::Python.before(3, 13), NODE, NSS, RUSTLS], |case| {
        let leaf = case.leaf.filter(|leaf| case.trusts_leaf && !leaf.is_self_signed())?;
        Some(format!("{} is trusted itself, but is not a root", leaf.title()))
    }),
    rule(About::Form, &[CURL], |case| {
        case.leaf.filter(|leaf| leaf.issuer_der == EMPTY_NAME).map(|_| "its issuer has no name".into())
    }),
    rule(About::Names, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, GNUTLS, RUSTLS], |case| {
        let is_mapped = |name: &GeneralName| {
            let bytes = <[u8; 16]>::try_from(name.value.as_slice()).ok();
            name.kind == NameKind::Ip
                && bytes.is_some_and(|bytes| std::net::Ipv6Addr::from(bytes).to_ipv4_mapped().is_some())
        };
        let names = &case.leaf?.general_names;
        let name = names.first().filter(|_| names.iter().all(is_mapped))?;
        Some(format!("its name {name} is an IPv4 address written as IPv6"))
    }),
    rule(About::Names, &everyone(CHROME.read_in(source::CHROME_HOSTS)), |case| {
        let leaf = case.leaf?;
        (leaf.general_names.is_empty() && leaf.subject_der == EMPTY_NAME)
            .then(|| "it has no name at all".into())
    }),
    rule(About::Names, &everyone(CHROME.read_in(source::CHROME_HOSTS)), |case| {
        let leaf = case.leaf.filter(|leaf| !leaf.general_names.is_empty())?;
        let is_never =
            |name: &GeneralName| name.kind == NameKind::Dns && name.text().is_none_or(is_of_no_host);
        leaf.general_names.iter().all(is_never).then(|| "no host can have any of its names".into())
    }),
    rule(
        About::Names,
        &[CURL, GO, PYTHON, RUSTLS, CHROME.read_in(source::CHROME_HOSTS), FIREFOX, APPLE],
        |case| {
            let partial = |name: &str| {
                name.split_once('.').is_some_and(|(label, _)| label.len() > 1 && label.contains('*'))
            };
            only(case, partial).map(|name| format!("its name {name} has a wildcard for a part of a label"))
        },
    ),
    // GnuTLS and NSS each refuse a different half of them.
    rule(About::Names, &[GNUTLS], |case| {
        let partial = |name: &str| name.split_once('.').is_some_and(|(label, _)| label.find('*') > Some(0));
        only(case, partial).map(|name| format!("its name {name} has a wildcard after the start of a label"))
    }),
    rule(About::Names, &[NSS], |case| {
        let partial = |name: &str| {
            name.split_once('.').is_some_and(|(label, _)| label.len() > 1 && label.starts_with('*'))
        };
        only(case, partial).map(|name| format!("its name {name} has a wildcard before the end of a label"))
    }),
    rule(About::Names, &[OPENSSL, OPENSSL_STRICT, PYTHON, JAVA], |case| {
        let odd = |name: &str| name.starts_with("*.") && name.contains('_');
        only(case, odd).map(|name| format!("its name {name} has a wildcard and an underscore"))
    }),
    rule(About::Names, &[OPENSSL, OPENSSL_STRICT, GNUTLS, JAVA, PYTHON, NODE], |case| {
        let leaf = case.leaf.filter(|leaf| leaf.general_names.is_empty())?;
        let address: std::net::IpAddr = leaf.common_name.as_ref()?.parse().ok()?;
        Some(format!("its only name is the common name {address}, and clients accept no address there"))
    }),
    rule(About::Encoding, &[GNUTLS], |case| {
        let empty = |name: &GeneralName| name.value.is_empty();
        case.leaf?.general_names.iter().any(empty).then(|| "one of its names is empty".into())
    }),
    rule(About::Form, &[OPENSSL_STRICT, Client::Python.since(3, 13), GNUTLS, JAVA, GO], |case| {
        let leaf = case.leaf.filter(|leaf| leaf.version < 3 && !leaf.extensions.is_empty())?;
        Some(format!("it is of X.509 version {}, which has no extensions", leaf.version))
    }),
    rule(About::Form, &[JAVA, RUSTLS], |case| {
        let leaf = case.leaf.filter(|leaf| leaf.version > 3)?;
        Some(format!("it is of X.509 version {}, which does not exist", leaf.version))
    }),
    rule(
        About::Names,
        &[
            CURL,
            OPENSSL,
            OPENSSL_STRICT,
            PYTHON,
            NODE,
            GNUTLS,
            NSS,
            GO,
            RUSTLS,
            CHROME.read_in(source::CHROME_HOSTS),
            FIREFOX,
            APPLE,
        ],
        |case| {
            let inner = |name: &str| name.split_once('.').is_some_and(|(_, rest)| rest.contains('*'));
            only(case, inner)
                .map(|name| format!("its name {name} has a wildcard that is not its first label"))
        },
    ),
    rule(
        About::Names,
        &[
            CURL,
            OPENSSL,
            OPENSSL_STRICT,
            PYTHON,
            NODE,
            GNUTLS,
            NSS,
            RUSTLS,
            CHROME.read_in(source::CHROME_HOSTS),
            FIREFOX,
            APPLE,
        ],
        |case| {
            let top = |name: &str| name.strip_prefix("*.").is_some_and(|rest| !rest.contains('.'));
            only(case, top).map(|name| format!("its name {name} matches a whole top-level domain"))
        },
    ),
    rule(About::Names, &[OPENSSL, OPENSSL_STRICT, GNUTLS, NSS, JAVA, GO, PYTHON, RUSTLS], |case| {
        only(case, |name| name.ends_with('.')).map(|name| format!("its name {name} ends with a dot"))
    }),
    // No client connects to a host by such a name.
    rule(About::Names, &[JAVA], |case| {
        only(case, |name| !name.starts_with("*.") && name.contains('_'))
            .map(|name| format!("its name {name} has an underscore"))
    }),
    rule(About::Names, &[RUSTLS, JAVA], |case| {
        only(case, |name| name.starts_with('-')).map(|name| format!("its name {name} starts with a hyphen"))
    }),
    rule(About::Form, &[JAVA], |case| {
        let leaf = case.leaf.filter(|leaf| !leaf.is_self_signed() && leaf.subject_der == EMPTY_NAME)?;
        (!leaf.is_critical(SUBJECT_ALTERNATIVE_NAME))
            .then(|| "its subject is empty, and its subject alternative names are not marked critical".into())
    }),
    // mozilla::pkix requires a CA above every leaf, and accepts no CA as a leaf.
    rule(About::Form, &[FIREFOX], |case| {
        case.self_signed().map(|_| "it is self-signed: the user must add an exception for it".into())
    }),
];

const NO_SERVER: &str = "it may not serve TLS (serverAuth is not among its extended key usages)";
const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
fn has_no_purpose(leaf: &Parsed) -> bool {
    leaf.extended_key_usage.as_ref().is_some_and(Vec::is_empty)
}

/// Whether no host can have this name: it has other letters, or is an address or a lone wildcard.
fn is_of_no_host(name: &str) -> bool {
    let is_odd = |letter: char| !(letter.is_ascii_alphanumeric() || "-_.*".contains(letter));
    name == "*" || name.contains(is_odd) || name.parse::<std::net::IpAddr>().is_ok()
}

/// The first name, if all names are DNS names for which `is` is true.
fn only(case: &Case<'_>, is: fn(&str) -> bool) -> Option<String> {
    let names = &case.leaf?.general_names;
    let all = names.iter().all(|name| name.kind == NameKind::Dns && name.text().is_some_and(is));
    all.then(|| names.first()?.text().map(str::to_owned)).flatten()
}

fn empty_key_usage(case: &Case<'_>) -> Option<String> {
    let empty = all_of(case).find(|one| has_empty_key_usage(one))?;
    Some(format!("{} has an empty key usage extension", empty.title()))
}

fn has_empty_key_usage(one: &Parsed) -> bool {
    one.key_usage.as_ref().is_some_and(Vec::is_empty)
}
