//! Tells which clients would refuse a certificate, and why, before they do. Their own errors seldom name the cause.

mod case;
mod client;
mod refusal;
mod rules;

use time::OffsetDateTime;

use self::case::Case;
pub use self::{
    client::{By, Client, KnownFrom, Version, Versions},
    refusal::{About, Refusal},
};
use super::parsed::Parsed;

/// The clients that refuse the first of the `served` certificates if they trust `anchor`. The order of the other
/// certificates does not matter.
///
/// Without an anchor, the served root at the end of the chain is taken; without that, rules about the anchor are left
/// out.
pub fn judge(served: &[Parsed], anchor: Option<&Parsed>, now: OffsetDateTime) -> Vec<Refusal> {
    Case::new(served, anchor, now).map_or_else(Vec::new, |case| refusals(&case))
}

/// The clients that refuse every certificate of `root`, because of `root` itself.
pub fn judge_root(root: &Parsed, now: OffsetDateTime) -> Vec<Refusal> {
    refusals(&Case::of_root(root, now))
}

fn refusals(case: &Case<'_>) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = Vec::new();
    for Hit { by, about, why, .. } in hits_of(case) {
        let is_same = |one: &&mut Refusal| (one.about, &one.why) == (about, &why);
        match refusals.iter_mut().find(is_same) {
            Some(same) => same.by.extend(by),
            None => refusals.push(Refusal { by: by.to_vec(), why, about }),
        }
    }
    refusals
}

/// The refusal that makes a chain useless: by all clients, or else by both Docker and git. Dates do not count: other code
/// checks them.
pub fn useless(refusals: &[Refusal]) -> Option<&Refusal> {
    let lasting = || refusals.iter().filter(|refusal| refusal.about != About::Dates);
    let by = |client| lasting().find(|refusal| refusal.is_by(client));
    lasting().find(|refusal| refusal.is_by_all()).or_else(|| by(Client::Curl).and(by(Client::Go)))
}

/// The leaf, if the server sent no certificate of its issuer. Every client then needs that CA's certificate.
pub fn lone_leaf(served: &[Parsed]) -> Option<&Parsed> {
    let leaf = served.first().filter(|leaf| !leaf.is_self_signed() && leaf.may_be_served())?;
    let way = super::path::search_above(leaf, served);
    (way.certificates.is_empty() && way.given_up_at.is_none()).then_some(leaf)
}

/// The reason why it is not known whether the `served` certificates lead to a root among them, if it is not.
pub fn undecided(served: &[Parsed], now: OffsetDateTime) -> Option<String> {
    Case::new(served, None, now)?.given_up
}

/// A broken rule.
pub struct Hit {
    /// The rule's index in the table.
    pub rule: usize,
    /// The clients that refuse.
    pub by: &'static [By],
    about: About,
    why: String,
}

/// The broken rules, one by one: tests compare them with the clients' answers.
pub fn hits(served: &[Parsed], anchor: Option<&Parsed>, now: OffsetDateTime) -> Vec<Hit> {
    Case::new(served, anchor, now).map_or_else(Vec::new, |case| hits_of(&case))
}

fn hits_of(case: &Case<'_>) -> Vec<Hit> {
    let hit = |(place, rule): (usize, &rules::row::Rule)| {
        (rule.check)(case).map(|why| Hit { rule: place, by: rule.by, about: rule.about, why })
    };
    rules::all().enumerate().filter_map(hit).collect()
}

/// All rules by index: each client that refuses, and the evidence for it.
pub fn rules() -> impl Iterator<Item = (usize, &'static By)> {
    rules::all().enumerate().flat_map(|(place, rule)| rule.by.iter().map(move |by| (place, by)))
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;
    use crate::certificate::{Authority, KeyType, LeafOrder, PrivateKey, Scope};

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn clients(refusals: &[Refusal]) -> Vec<String> {
        let mut clients: Vec<_> = refusals.iter().flat_map(Refusal::clients).collect();
        clients.dedup();
        clients
    }

    #[test]
    fn a_root_alone_is_judged_as_no_server_would_be() {
        use rcgen::{IsCa, KeyUsagePurpose as Usage, SanType};
        let dns = |name: &str| SanType::DnsName(name.try_into().expect("a name"));
        let email = SanType::Rfc822Name("ca@corp.example".try_into().expect("a name"));
        let ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let signs = [Usage::KeyCertSign, Usage::CrlSign];
        let rows: [(_, &[SanType], &[Usage], bool); 7] = [
            (ca, &[], &signs, true),
            (ca, &[email], &signs, true),
            (ca, &[dns("My Corp Root CA")], &signs, true),
            (ca, &[dns("ca.corp.example")], &signs, true),
            (IsCa::NoCa, &[], &signs, true),
            // Home-made certificates of servers.
            (ca, &[dns("gitlab.corp.example")], &[], false),
            (ca, &[dns("gitlab.corp.example")], &[Usage::DigitalSignature, Usage::KeyCertSign], false),
        ];
        for (is_ca, names, usages, is_root) in rows {
            let mut params = rcgen::CertificateParams::default();
            (params.is_ca, params.key_usages, params.subject_alt_names) =
                (is_ca, usages.to_vec(), names.to_vec());
            (params.not_before, params.not_after) = (NOW - Duration::DAY, NOW + Duration::days(300));
            let signed = params.self_signed(&rcgen::KeyPair::generate().expect("a key")).expect("a root");
            let root = Parsed::from_der(signed.der()).expect("a certificate");
            let of_leaf =
                |one: &Refusal| matches!(one.about, About::Purpose | About::Names | About::Authority);
            let refusals = judge(std::slice::from_ref(&root), None, NOW);
            assert_eq!(!refusals.iter().any(of_leaf), is_root, "{names:?} {usages:?} {refusals:?}");
            let refusals = judge_root(&root, NOW);
            assert!(!refusals.iter().any(of_leaf), "{names:?} {usages:?} {refusals:?}");
        }
    }

    #[test]
    fn an_old_root_is_no_server_unless_it_has_the_name_of_one() {
        let pem = include_bytes!("judge/version_1.pem");
        let ders = crate::certificate::pem::certificates(pem).expect("certificates");
        let [root, server] = [0, 1].map(|at| Parsed::from_der(&ders[at]).expect("a certificate"));
        assert_eq!((root.version, server.version), (1, 1));
        let of_leaf = |one: &Refusal| one.about == About::Names;
        assert!(!judge(std::slice::from_ref(&root), None, NOW).iter().any(of_leaf));
        assert!(judge(std::slice::from_ref(&server), None, NOW).iter().any(of_leaf));
    }

    #[test]
    fn of_a_file_of_roots_the_first_needs_none_of_the_others() {
        let make = |name: &str| {
            let scope =
                Scope { names: vec![name.parse().expect("a name")], permit: Vec::new(), constrained: true };
            Authority::make(&scope, KeyType::P256, NOW).expect("a CA").root().clone()
        };
        let roots = [make("gitlab.example.com"), make("nas.example.com")];
        assert!(judge(&roots, None, NOW).iter().all(|one| one.about != About::Chain));
    }

    #[test]
    fn clients_that_were_not_asked_are_not_said_to_be_measured() {
        let mut params = rcgen::CertificateParams::new(["gitlab.example.com".to_owned()]).expect("a name");
        let no_usage = rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 15], vec![3, 2, 7, 0]);
        params.custom_extensions.push(no_usage);
        let signed = params.self_signed(&rcgen::KeyPair::generate().expect("a key")).expect("a leaf");
        let leaf = [Parsed::from_der(signed.der()).expect("a certificate")];
        let refusals = judge(&leaf, None, NOW);
        let refusal = refusals.iter().find(|one| one.about == About::Encoding).expect("a refusal");
        let source = |client| refusal.by.iter().find(|by| by.client == client).map(By::source);
        assert_eq!(source(Client::OpenSsl), Some(None));
        assert!(matches!(source(Client::Curl), Some(Some(_))), "{refusal:?}");
        assert!(refusal.who().ends_with(" (from documentation: curl and git (OpenSSL), Python, Node)"));
    }

    #[test]
    fn of_clients_that_never_ran_nothing_is_measured() {
        let never = [Client::Firefox, Client::Apple, Client::Windows, Client::Android, Client::LibreSsl];
        let measured = rules().filter(|(_, by)| by.source().is_none());
        let wrong: Vec<_> = measured.filter(|(_, by)| never.contains(&by.client)).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn only_the_old_refuse_what_we_make() {
        for constrained in [true, false] {
            let names = vec!["gitlab.example.com".parse().expect("a name")];
            let scope = Scope { names: names.clone(), permit: Vec::new(), constrained };
            let ca = Authority::make(&scope, KeyType::P256, NOW).expect("a CA");
            let public_key = PrivateKey::generate(KeyType::P256).expect("a key").public_key().clone();
            let leaf = ca.sign(&LeafOrder { names, public_key, days: 825 }, NOW).expect("a leaf").leaf;
            let chain = [leaf, ca.issuer().clone(), ca.root().clone()];
            let old: &[&str] = if constrained { &["Apple (before macOS 10.13)", "LibreSSL"] } else { &[] };
            let expected = [old, &["Android apps"]].concat();
            assert_eq!(clients(&judge(&chain, None, NOW)), expected);
            assert_eq!(clients(&judge(&chain[2..], None, NOW)), expected, "the root alone");
            let later = NOW + Duration::days(900);
            assert_eq!(judge(&chain, None, later)[0].clients(), ["every client"]);
        }
        assert!(judge(&[], None, NOW).is_empty());
    }
}
