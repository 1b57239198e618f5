//! Fingerprints and certificates that do not fit together, and those that do.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer};
use time::{Duration, macros::datetime};

use super::*;
use crate::{
    certificate::{Authority, KeyType, LeafOrder, PrivateKey, Scope},
    hint::hint_of,
};

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
const HOST: &str = "gitlab.example.com";

type Chain = Vec<CertificateDer<'static>>;

fn endpoint(host: &str) -> Endpoint {
    Endpoint::new(host.parse().expect("a host"), 443)
}

fn authority() -> Authority {
    let scope = Scope { names: vec![HOST.parse().expect("a name")], permit: Vec::new(), constrained: true };
    Authority::make(&scope, KeyType::P256, NOW).expect("a CA")
}

fn served_by(authority: &Authority) -> Chain {
    let public_key = PrivateKey::generate(KeyType::P256).expect("a key").public_key().clone();
    let order = LeafOrder { names: vec![HOST.parse().expect("a name")], public_key, days: 397 };
    authority.sign(&order, NOW).expect("a leaf").chain
}

fn verify(chain: &[CertificateDer<'_>], anchor: Option<Fingerprint>, host: &str) -> Result<Served> {
    verify_served(chain, anchor, &endpoint(host), NOW)
}

/// A self-signed certificate, as people create it with one command.
fn home_made(is_ca: IsCa) -> CertificateDer<'static> {
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let mut params = CertificateParams::new([HOST.to_owned()]).expect("names");
    params.is_ca = is_ca;
    params.not_before = NOW - Duration::DAY;
    params.not_after = NOW + Duration::DAY;
    params.self_signed(&key.signer().expect("a signer")).expect("a certificate").into()
}

#[test]
fn the_roots_fingerprint_is_met() {
    let chain = served_by(&authority());
    let root = Fingerprint::of(&chain[2]);
    let mut mixed =
        vec![chain[0].clone(), chain[2].clone(), served_by(&authority())[2].clone(), chain[1].clone()];
    for sent in [&chain, &mixed] {
        let served = verify(sent, Some(root), HOST).expect("good");
        assert_eq!(served.root.fingerprint(), root);
        let ders: Vec<_> = served.chain.iter().map(|one| one.der().clone()).collect();
        assert_eq!(ders, chain, "the way is in order, whatever was sent");
    }
    assert_eq!(verify(&mixed, None, HOST).expect("good").root.fingerprint(), root);
    mixed.truncate(2);
    verify(&mixed, Some(root), HOST).expect_err("the intermediate is missing");
}

#[test]
fn a_leaf_that_signed_itself_is_its_own_root() {
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let leaf = home_made(is_ca);
        let own = Fingerprint::of(&leaf);
        for anchor in [Some(own), None] {
            let served = verify(std::slice::from_ref(&leaf), anchor, HOST).expect("good");
            assert_eq!((served.root.fingerprint(), served.chain.len()), (own, 1));
        }
        verify(std::slice::from_ref(&leaf), Some(own), "other.example.com").expect_err("another name");
        let later = NOW + Duration::DAY * 2;
        verify_served(&[leaf], Some(own), &endpoint(HOST), later).expect_err("ended");
    }
}

#[test]
fn what_does_not_fit_is_told_apart() {
    let ca = authority();
    let chain = served_by(&ca);
    let stranger = served_by(&authority());
    let self_made = home_made(IsCa::NoCa);
    let of = |index: usize| Some(Fingerprint::of(&chain[index]));
    let with_stranger = [&chain[..2], &stranger[2..]].concat();
    let no_root = chain[..2].to_vec();
    let self_and_root = vec![self_made.clone(), chain[2].clone()];
    let mut damaged = chain.clone();
    damaged[0] = CertificateDer::from(chain[0][..100].to_vec());
    let mut forged = chain.clone();
    let mut bytes = chain[0].to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    forged[0] = bytes.into();
    let unknown = Some(Fingerprint::of(b"another CA"));

    let cases: [(&str, &Chain, Option<Fingerprint>, &str, &str); 14] = [
        ("leaf's", &chain, of(0), HOST, "belongs to the server's certificate (CN=gitlab"),
        ("intermediate's", &chain, of(1), HOST, "belongs to an intermediate CA"),
        ("nobody's", &chain, unknown, HOST, "its root is O=labtrust"),
        ("nobody's, self-signed", &vec![self_made], unknown, HOST, "its root is CN=rcgen"),
        ("no root", &no_root, of(2), HOST, "does not send its root"),
        ("no root, none asked", &no_root, None, HOST, "does not send its root"),
        ("another root", &with_stranger, Some(Fingerprint::of(&stranger[2])), HOST, "does not lead there"),
        ("another root, none asked", &with_stranger, None, HOST, "does not send its root"),
        ("a root beside", &self_and_root, of(2), HOST, "does not lead there"),
        ("another host", &chain, of(2), "other.example.com", "is for gitlab.example.com, not for other"),
        ("an address", &chain, of(2), "192.0.2.10", "is for gitlab.example.com, not for 192.0.2.10"),
        ("damaged", &damaged, of(2), HOST, "damaged"),
        ("forged", &forged, of(2), HOST, "does not lead there"),
        ("nothing", &Vec::new(), of(2), HOST, "sent no certificate"),
    ];
    for (case, sent, anchor, host, what) in cases {
        let error = verify(sent, anchor, host).expect_err(case);
        assert!(error.to_string().contains(what), "{case}: {error}");
        assert!(hint_of(&error).is_some(), "{case}: {error}");
    }
}

#[test]
fn dates_are_told_with_the_clock() {
    let chain = served_by(&authority());
    let root = Some(Fingerprint::of(&chain[2]));
    for (days, what) in
        [(-2, "valid only from"), (398, "the server's certificate (CN=gitlab.example.com) expired")]
    {
        let now = NOW + Duration::days(days);
        let error = verify_served(&chain, root, &endpoint(HOST), now).expect_err(what);
        assert!(error.to_string().contains(what), "{error}");
        assert!(hint_of(&error).is_some_and(|hint| hint.as_str().contains("clock")), "{error}");
    }
}

#[test]
fn constraints_are_held_to() {
    let ca = authority();
    let mut params = CertificateParams::new(["other.example.com".to_owned()]).expect("names");
    params.is_ca = IsCa::ExplicitNoCa;
    params.not_before = NOW - Duration::DAY;
    params.not_after = NOW + Duration::DAY;
    let issuer: Issuer<'_, _> = ca.rcgen_issuer().expect("an issuer");
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let leaf = params.signed_by(&key.signer().expect("a signer"), &issuer).expect("a leaf");
    let chain = [leaf.der().clone(), ca.issuer().der().clone(), ca.root().der().clone()];
    let error = verify(&chain, Some(ca.root().fingerprint()), "other.example.com").expect_err("outside");
    assert!(error.to_string().contains("name constraints forbid"), "{error}");
}
