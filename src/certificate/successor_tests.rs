//! The roots that are trusted because of another one, and those that are not, from any sender.

use labtrust_plan::DnsName;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyUsagePurpose,
};
use time::{Duration, macros::datetime};

use super::*;
use crate::certificate::{
    LeafOrder, PrivateKey, Sealed,
    parsed::{Flaw, NAME_CONSTRAINTS},
    verify_served,
};

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
const HOST: &str = "gitlab.example.com";

type Chain = Vec<CertificateDer<'static>>;

fn endpoint(host: &str) -> labtrust_plan::Endpoint {
    labtrust_plan::Endpoint::new(host.parse().expect("a host"), 443)
}

fn name() -> SubjectName {
    HOST.parse().expect("a name")
}

fn domain() -> DnsName {
    "corp.example".parse().expect("a name")
}

fn authority(names: &[&str], constrained: bool) -> Authority {
    let names = names.iter().map(|name| name.parse().expect("a name")).collect();
    Authority::make(&Scope { names, permit: vec![domain()], constrained }, KeyType::P384, NOW).expect("a CA")
}

fn served_by(authority: &Authority) -> Chain {
    let public_key = PrivateKey::generate(KeyType::P256).expect("a key").public_key().clone();
    let order = LeafOrder { names: vec![name()], public_key, days: 397 };
    authority.sign(&order, NOW).expect("a leaf").chain
}

/// The CA that follows `authority`, and what its server sends after its root.
fn next(authority: &Authority, wider: &[DnsName], now: OffsetDateTime) -> (Authority, Chain) {
    let scope = authority.root().next_scope(name(), wider);
    let next = Authority::make(&scope, authority.root().next_key_type(), now).expect("a CA");
    let voucher = authority.vouch(next.root(), &scope, NOW).expect("a voucher");
    let extra = vec![voucher.der().clone(), next.root().der().clone()];
    (next, extra)
}

fn judged(chain: &[CertificateDer<'_>], named: Option<Fingerprint>) -> Vec<Succession> {
    let served = verify_served(chain, None, &endpoint(HOST), NOW).expect("good");
    let all = successors(chain, &served, named, NOW);
    all.into_iter().map(|successor| successor.succession).collect()
}

#[test]
fn a_ca_that_follows_has_the_same_limits_and_key() {
    for (names, constrained) in
        [(&[HOST, "192.0.2.10", "*.pages.example.org"][..], true), (&[HOST], true), (&[HOST], false)]
    {
        let old = authority(names, constrained);
        let (new, extra) = next(&old, &[], NOW);
        assert_eq!(new.permitted().is_within(old.permitted()), old.permitted().is_within(new.permitted()));
        assert!(new.permitted().is_within(old.permitted()), "{} / {}", new.permitted(), old.permitted());
        assert_eq!(new.key().public_key().kind(), old.key().public_key().kind());
        assert_ne!(new.root().subject_der, old.root().subject_der);
        assert_eq!(judged(&[served_by(&old), extra].concat(), None), [Succession::Follows]);
        assert_eq!(judged(&served_by(&old), None), []);
    }
}

#[test]
fn a_wider_one_needs_a_word_from_somebody() {
    let old = authority(&[HOST], true);
    let (new, extra) = next(&old, &["wider.example".parse().expect("a name")], NOW);
    let sent = [served_by(&old), extra].concat();
    assert_eq!(judged(&sent, None), [Succession::Wider]);
    assert_eq!(judged(&sent, Some(new.root().fingerprint())), [Succession::Follows]);
    assert_eq!(judged(&sent, Some(old.root().fingerprint())), [Succession::Wider]);
}

#[test]
fn a_stranger_in_the_middle_adds_no_root() {
    let old = authority(&[HOST], true);
    let stranger = authority(&[HOST], true);
    let (follower, of_stranger) = next(&stranger, &[], NOW);
    let (_, extra) = next(&old, &[], NOW);
    let root = |authority: &Authority| authority.root().der().clone();
    for (added, expected) in [
        (vec![root(&stranger)], vec![Succession::Unvouched]),
        // Vouched for by somebody else, who may send all his own.
        (of_stranger.clone(), vec![Succession::Unvouched]),
        ([served_by(&stranger), of_stranger].concat(), vec![Succession::Unvouched; 2]),
        // The real voucher vouches for the real one only.
        (vec![extra[0].clone(), root(&stranger)], vec![Succession::Unvouched]),
        (
            vec![extra[0].clone(), root(&follower), extra[1].clone()],
            vec![Succession::Unvouched, Succession::Follows],
        ),
        (vec![extra[0].clone()], vec![]),
        (vec![extra[1].clone(); 3], vec![Succession::Unvouched]),
    ] {
        let sent = [served_by(&old), added].concat();
        assert_eq!(judged(&sent, Some(stranger.root().fingerprint())), expected);
    }
}

/// What the CA signs for others is no voucher: whoever has a host has such a certificate, and can make a root of
/// his own with its name and key.
#[test]
fn a_servers_certificate_makes_no_successor() {
    let old = authority(&[HOST], false);
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let order = LeafOrder { names: vec![name()], public_key: key.public_key().clone(), days: 397 };
    let leaf = old.sign(&order, NOW).expect("a leaf").leaf;
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, HOST);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = NOW - Duration::DAY;
    params.not_after = NOW + Duration::DAY;
    let root = params.self_signed(&key.signer().expect("a signer")).expect("a root");
    assert_eq!(Parsed::from_der(root.der()).expect("a root").subject_der, leaf.subject_der);
    let sent = [served_by(&old), vec![leaf.der().clone(), root.der().clone()]].concat();
    assert_eq!(judged(&sent, None), [Succession::Unvouched]);
}

/// A CA of limits below a root without any hands on no more than its own.
#[test]
fn limits_between_leaf_and_root_count_too() {
    let open = authority(&[HOST], false);
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let scope = Scope { names: vec![name()], permit: Vec::new(), constrained: true };
    let title = profile::CaTitle::new(&scope).expect("a title");
    let validity = Validity::days(100, NOW).expect("days");
    let top =
        profile::root(&title, &Scope { constrained: false, ..scope.clone() }, validity).expect("a root");
    let signer = PrivateKey::generate(KeyType::P256).expect("a key");
    let root = top.self_signed(&signer.signer().expect("a signer")).expect("a root").der().clone();
    let params = profile::intermediate(&title, &scope, validity).expect("an intermediate");
    let issuer = Issuer::from_params(&top, signer.signer().expect("a signer"));
    let public = key.public_key().for_rcgen().expect("a key");
    let between = params.signed_by(&public, &issuer).expect("an intermediate").der().clone();
    let limited = Authority::open(&[between, root], key).expect("a CA");
    let voucher = limited
        .vouch(open.root(), &Scope { constrained: false, ..scope }, NOW)
        .expect("whoever has the key signs anything");
    let sent = [served_by(&limited), vec![voucher.der().clone(), open.root().der().clone()]].concat();
    assert_eq!(judged(&sent, None), [Succession::Wider]);
}

#[test]
fn dates_count() {
    let old = authority(&[HOST], true);
    let (_, extra) = next(&old, &[], NOW + Duration::days(30));
    assert_eq!(judged(&[served_by(&old), extra].concat(), None), [Succession::Outdated]);
}

/// A signature that cannot be verified is none, though chains are found by the identifiers then.
#[test]
fn what_cannot_be_verified_vouches_for_nothing() {
    let old = authority(&[HOST], true);
    let (_, extra) = next(&old, &[], NOW);
    let mut broken = extra[0].to_vec();
    let last = broken.len() - 1;
    broken[last] ^= 1;
    let mut unknown = extra[0].to_vec();
    // ecdsa-with-SHA384 becomes ecdsa-with-SHA1, in both places.
    let known = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
    let places: Vec<_> = unknown.windows(8).enumerate().filter(|(_, bytes)| *bytes == known).collect();
    let places: Vec<_> = places.into_iter().map(|(at, _)| at).collect();
    assert_eq!(places.len(), 2);
    for at in places {
        unknown[at + 7] = 0x0f;
    }
    for voucher in [broken, unknown] {
        let sent = [served_by(&old), vec![voucher.into(), extra[1].clone()]].concat();
        assert_eq!(judged(&sent, None), [Succession::Unvouched]);
    }
}

/// What a thief of the intermediate's key would change in a root of the thief's own.
type Change = fn(&mut CertificateParams);

/// Everything in which a root can be wider, a row each, and what is said of it. The first row is as narrow as the CA.
const THEFTS: &[(&str, Change)] = &[
    ("", |_| {}),
    ("more names", |root| root.name_constraints = None),
    ("more names", |root| permitted(root).push(GeneralSubtree::DnsName("bank.example".into()))),
    ("more names", |root| permitted(root)[0] = GeneralSubtree::DnsName("example.com".into())),
    ("more names", |root| permitted(root)[0] = GeneralSubtree::DnsName(String::new())),
    ("more names", |root| permitted(root)[0] = GeneralSubtree::DnsName(".".into())),
    // A lone dot closes off nothing.
    ("more names", |root| {
        permitted(root)[0] = GeneralSubtree::DnsName("com".into());
        excluded(root).push(GeneralSubtree::DnsName(".".into()));
    }),
    ("more names", |root| excluded(root).clear()),
    ("more names", |root| excluded(root).truncate(1)),
    ("types of name", |root| permitted(root).retain(|tree| !matches!(tree, GeneralSubtree::Rfc822Name(_)))),
    ("types of name", |root| permitted(root).push(GeneralSubtree::Rfc822Name("example.com".into()))),
    ("its key may be used for more", |root| root.key_usages.clear()),
    ("its key may be used for more", |root| root.key_usages.push(KeyUsagePurpose::DigitalSignature)),
    ("extended key usage", |root| root.extended_key_usages.clear()),
    ("extended key usage", |root| root.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth)),
    ("extended key usage", |root| root.extended_key_usages.push(ExtendedKeyUsagePurpose::Any)),
    ("path length", |root| root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
    ("path length", |root| root.is_ca = IsCa::Ca(BasicConstraints::Constrained(2))),
    ("ends later", |root| root.not_after += Duration::days(3651)),
    ("ends later", |root| root.not_after = datetime!(9999-12-31 23:59:59 UTC)),
];

fn permitted(root: &mut CertificateParams) -> &mut Vec<GeneralSubtree> {
    &mut root.name_constraints.as_mut().expect("limits").permitted_subtrees
}

fn excluded(root: &mut CertificateParams) -> &mut Vec<GeneralSubtree> {
    &mut root.name_constraints.as_mut().expect("limits").excluded_subtrees
}

/// A root that `change` was made to, and what `old` vouches for it with, by the profile or wide itself.
fn stolen(old: &Authority, change: Change, is_voucher_wide: bool) -> (Parsed, Parsed) {
    stolen_with(old, change, is_voucher_wide, without_uris)
}

/// The same, where `limit` comes last.
fn stolen_with(
    old: &Authority,
    change: Change,
    is_voucher_wide: bool,
    limit: fn(CertificateParams) -> Result<CertificateParams>,
) -> (Parsed, Parsed) {
    let scope = old.root().next_scope(name(), &[]);
    let title = profile::CaTitle::new(&scope).expect("a title");
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let mut params = profile::root(&title, &scope, Validity::days(3650, NOW).expect("days")).expect("a root");
    change(&mut params);
    let params = limit(params).expect("limits");
    let root = params.self_signed(&key.signer().expect("a signer")).expect("a root");
    let root = Parsed::from_der(root.der()).expect("a root");
    // Whoever has the key signs anything.
    let mut voucher =
        profile::voucher(&root, &scope, Validity::days(100, NOW).expect("days")).expect("a voucher");
    if is_voucher_wide {
        change(&mut voucher);
    }
    let voucher = limit(voucher).expect("limits");
    let public = key.public_key().for_rcgen().expect("a key");
    let voucher = voucher.signed_by(&public, &old.rcgen_issuer().expect("an issuer")).expect("a voucher");
    (root, Parsed::from_der(voucher.der()).expect("a voucher"))
}

#[test]
fn a_stolen_key_vouches_for_no_wider_root() {
    let old = authority(&[HOST], true);
    let chain = served_by(&old);
    for (says, change) in THEFTS {
        for is_voucher_wide in [false, true] {
            let (root, voucher) = stolen(&old, *change, is_voucher_wide);
            let sent = [chain.clone(), vec![voucher.der().clone(), root.der().clone()]].concat();
            let served = verify_served(&sent, None, &endpoint(HOST), NOW).expect("good");
            let all = successors(&sent, &served, None, NOW);
            let [judged] = all.as_slice() else { panic!("{says}: {all:?}") };
            let expected = if says.is_empty() { Succession::Follows } else { Succession::Wider };
            assert_eq!(judged.succession, expected, "{says}: {judged:?}");
            assert_eq!(judged.wider.is_empty(), says.is_empty(), "{says}: {judged:?}");
            assert!(judged.wider.join("; ").contains(says), "{says}: {:?}", judged.wider);
        }
    }
}

#[test]
fn a_root_that_leaves_uris_open_is_wider_than_ours() {
    let old = authority(&[HOST], true);
    let (root, voucher) = stolen_with(&old, |_| {}, false, Ok);
    let sent = [served_by(&old), vec![voucher.der().clone(), root.der().clone()]].concat();
    let served = verify_served(&sent, None, &endpoint(HOST), NOW).expect("good");
    let all = successors(&sent, &served, None, NOW);
    assert_eq!(all[0].succession, Succession::Wider);
    assert!(all[0].wider.join("; ").contains("types of name"), "{:?}", all[0].wider);
}

/// An older root, or a company's, may have no such limits; then they are not asked of the next one.
#[test]
fn what_the_root_does_not_limit_is_no_matter() {
    let of = |change: Change| stolen(&authority(&[HOST], true), change, false).0;
    let open = of(|root| {
        root.name_constraints = None;
        root.key_usages.clear();
        root.extended_key_usages.clear();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    });
    let plain = of(|_| {});
    assert_eq!(wider(&plain, &[&open], &open), [""; 0]);
    assert_eq!(wider(&plain, &[&plain], &plain), [""; 0]);
    assert_eq!(wider(&open, &[&plain], &open).len(), 5);
    assert_eq!(wider(&plain, &[], &plain).len(), 1);
}

/// RFC 5280 §4.1.2.5 has this end for what has none.
#[test]
fn a_root_without_an_end_is_followed_by_one_of_any_end() {
    let of = |change: Change| stolen(&authority(&[HOST], true), change, false).0;
    let endless = of(|root| root.not_after = datetime!(9999-12-31 23:59:59 UTC));
    let late = of(|root| root.not_after = datetime!(9998-06-01 00:00 UTC));
    for (next, root) in [(&endless, &endless), (&late, &endless), (&endless, &late)] {
        assert_eq!(wider(next, &[root], root), [""; 0]);
    }
}

fn directory(name: &str) -> GeneralSubtree {
    let mut all = rcgen::DistinguishedName::new();
    all.push(DnType::CommonName, name);
    GeneralSubtree::DirectoryName(all)
}

/// Types of name that are neither DNS names nor addresses.
#[test]
fn other_types_of_name_stay_limited() {
    let of = |change: Change| stolen_with(&authority(&[HOST], true), change, false, Ok).0;
    let one: Change = |root| permitted(root).push(directory("one"));
    let other: Change = |root| permitted(root).push(directory("another"));
    let none: Change = |root| excluded(root).push(directory("one"));
    let both: Change = |root| permitted(root).extend([directory("one"), directory("another")]);
    for (root, next, is_wider) in [
        (one, one, false),
        (one, (|_| {}) as Change, true),
        (one, other, true),
        (one, both, true),
        (both, one, false),
        (none, none, false),
        (none, one, true),
        (|_| {}, one, false),
    ] {
        let (root, next) = (of(root), of(next));
        // Some readers stop at a 60th second; its limits are limits all the same.
        for root in [with_leap_second(&root), root] {
            let found = wider(&next, &[&root], &next);
            assert_eq!(found.iter().any(|what| what.contains("types of name")), is_wider, "{found:?}");
        }
    }
}

fn with_leap_second(root: &Parsed) -> Parsed {
    let (before, after) = (b"260228120000Z", b"260228120060Z");
    let mut der = root.der().to_vec();
    let at = der.windows(before.len()).position(|bytes| bytes == before).expect("a start of validity");
    der[at..at + after.len()].copy_from_slice(after);
    assert!(x509_parser::parse_x509_certificate(&der).is_err());
    Parsed::from_der(&der).expect("a root")
}

/// Of two extensions a client may read either; one that cannot be read may say anything.
#[test]
fn limits_that_cannot_be_read_for_certain_are_none() {
    let plain = stolen(&authority(&[HOST], true), |_| {}, false).0;
    assert_eq!(plain.broad_scope(&[]), None);
    for flaw in [Flaw::Unreadable, Flaw::Doubled] {
        let mut odd = plain.clone();
        odd.flaws.push(flaw(NAME_CONSTRAINTS.to_owned()));
        for (next, root) in [(&odd, &plain), (&plain, &odd)] {
            assert_eq!(wider(next, &[root], root), ["it can sign more names"]);
        }
        assert!(odd.broad_scope(&[]).is_some_and(|reason| reason.contains("cannot be read")));
    }
}

#[test]
fn a_sealed_ca_is_followed_only_by_a_root_whose_fingerprint_is_given() {
    let scope = Scope { names: vec![name()], permit: Vec::new(), constrained: true };
    let sealed = Sealed::make(&scope, &[name()], 397, KeyType::P256, NOW).expect("a CA");
    let period = &sealed.periods()[0];
    let next = Authority::make(&scope, KeyType::P256, NOW).expect("a CA");
    let root = next.root();
    // The voucher of a thief who has the key of the certificate in place.
    let validity = Validity::days(100, NOW).expect("days");
    let params = without_uris(profile::voucher(root, &scope, validity).expect("a voucher")).expect("limits");
    let thief = Issuer::from_ca_cert_der(period.leaf.der(), period.key.signer().expect("a key"));
    let public = root.public_key().for_rcgen().expect("a key");
    let voucher = params.signed_by(&public, &thief.expect("an issuer")).expect("a voucher");
    for extra in [vec![], vec![voucher.der().clone()]] {
        let chain = [sealed.issued(period).chain, extra, vec![root.der().clone()]].concat();
        assert_eq!(judged(&chain, None), [Succession::Unnamed]);
        assert_eq!(judged(&chain, Some(sealed.root().fingerprint())), [Succession::Unnamed]);
        assert_eq!(judged(&chain, Some(root.fingerprint())), [Succession::Follows]);
    }
    let ended = Authority::make(&scope, KeyType::P256, NOW - Duration::days(4000)).expect("a CA");
    let chain = [sealed.issued(period).chain, vec![ended.root().der().clone()]].concat();
    assert_eq!(judged(&chain, Some(ended.root().fingerprint())), [Succession::Outdated]);
}
