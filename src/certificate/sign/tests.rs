use rcgen::{CertificateParams, DnType, IsCa, SanType};
use time::{Duration, macros::datetime};

use super::*;
use crate::certificate::{KeyType, PrivateKey, Scope};

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn names(names: &[&str]) -> Vec<SubjectName> {
    names.iter().map(|name| name.parse().expect(name)).collect()
}

fn authority(scope: &[&str]) -> Authority {
    let scope = Scope { names: names(scope), permit: Vec::new(), constrained: true };
    Authority::make(&scope, KeyType::P256, NOW).expect("a CA")
}

fn order(of: &[&str], days: u32) -> LeafOrder {
    let public_key = PrivateKey::generate(KeyType::P384).expect("a key").public_key().clone();
    LeafOrder { names: names(of), public_key, days }
}

#[test]
fn a_leaf_has_the_profile() {
    let ca = authority(&["gitlab.example.com", "192.0.2.10"]);
    let order =
        order(&["192.0.2.10", "gitlab.example.com", "gitlab.example.com", "*.gitlab.example.com"], 397);
    let issued = ca.sign(&order, NOW).expect("a leaf");
    let leaf = &issued.leaf;
    assert_eq!(leaf.names, names(&["192.0.2.10", "gitlab.example.com", "*.gitlab.example.com"]));
    assert_eq!(leaf.subject, "CN=gitlab.example.com");
    assert_eq!(leaf.ca, Some(false));
    assert_eq!(leaf.key_usage.as_deref(), Some(&["digitalSignature"][..]));
    assert_eq!(leaf.extended_key_usage.as_deref(), Some(&["serverAuth".to_owned()][..]));
    assert_eq!(leaf.authority_key_id, ca.issuer().subject_key_id);
    assert!(leaf.subject_key_id.is_some());
    assert_eq!(leaf.public_key(), &order.public_key);
    assert_eq!(leaf.not_after, NOW + Duration::days(397));
    assert!(leaf.not_before <= NOW - Duration::HOUR && issued.notes.is_empty());
    let chain: Vec<_> = [leaf, ca.issuer(), ca.root()].map(|one| one.der().clone()).into();
    assert_eq!(issued.chain, chain);
    assert_eq!(pem::certificates(issued.to_pem().as_bytes()).expect("PEM"), chain);
}

#[test]
fn an_address_is_never_a_common_name() {
    let issued = authority(&["192.0.2.10"]).sign(&order(&["192.0.2.10"], 1), NOW).expect("a leaf");
    assert_eq!(issued.leaf.subject, "O=labtrust");
}

#[test]
fn what_clients_would_refuse_is_refused() {
    let ca = authority(&["gitlab.example.com"]);
    for (of, days, what) in [
        (
            &["gitlab.example.com", "example.com", "192.0.2.10"][..],
            397,
            "sign example.com and 192.0.2.10: it can",
        ),
        (&["*.lan"], 397, "the name *.lan is not possible"),
        (&[], 397, "at least one name"),
        (&["gitlab.example.com"], 826, "826 days"),
        (&["gitlab.example.com"], 0, "0 days"),
    ] {
        let error = ca.sign(&order(of, days), NOW).expect_err(what);
        assert!(error.to_string().contains(what), "{error}");
        let hint = crate::hint::hint_of(&error).expect("a hint");
        if what.starts_with("sign ") {
            let again = "labtrust setup gitlab.example.com --name example.com --name 192.0.2.10";
            assert!(hint.as_str().ends_with(again), "{hint:?}");
        }
    }
    let error = ca.sign(&order(&["gitlab.example.com"], 1), NOW + Duration::days(4000)).expect_err("ended");
    assert!(error.to_string().contains("expired"), "{error}");
}

#[test]
fn a_leaf_never_outlives_its_issuer() {
    let ca = authority(&["gitlab.example.com"]);
    let issued = ca.sign(&order(&["gitlab.example.com"], 397), NOW + Duration::days(3600)).expect("a leaf");
    assert_eq!(issued.leaf.not_after, ca.root().not_after);
    assert!(issued.notes[0].contains("when the CA expires"), "{:?}", issued.notes);
    // Its end is announced whatever the certificate's own.
    let notes = |day| {
        let issued = ca.sign(&order(&["gitlab.example.com"], 30), NOW + Duration::days(day));
        issued.expect("a leaf").notes
    };
    assert_eq!(notes(3200), [""; 0]);
    assert!(notes(3400)[0].contains("The CA and its certificates expire on"), "{:?}", notes(3400));
}

#[test]
fn a_name_that_cannot_be_signed_is_named_and_never_dropped() {
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let request = |others: &[&str], extra: Vec<SanType>| {
        let mut params = CertificateParams::new(others.iter().map(ToString::to_string).collect::<Vec<_>>())
            .expect("names");
        params.subject_alt_names.extend(extra);
        params.distinguished_name.push(DnType::CommonName, "gitlab.example.com");
        params.serialize_request(&key.signer().expect("a signer")).expect("a request")
    };
    let text = |text: &str| text.try_into().expect("ASCII");
    for (others, extra, named) in [
        (&[][..], SanType::Rfc822Name(text("me@example.com")), "me@example.com"),
        (&["gitlab.example.com"], SanType::URI(text("https://gitlab.example.com")), "https://gitlab"),
        (&[], SanType::DnsName(text("gitlab example.com")), "gitlab example.com"),
        (&[], SanType::DnsName(text("*.*.example.com")), "*.*.example.com"),
    ] {
        let request = request(others, vec![extra]);
        let error = LeafOrder::from_csr(request.der(), Vec::new(), 30).expect_err(named);
        assert!(error.to_string().contains(named), "{error}");
        assert!(crate::hint::hint_of(&error).is_some_and(|hint| hint.as_str().contains("sign NAME --csr")));
        let meant = names(&["gitlab.example.com"]);
        let order = LeafOrder::from_csr(request.der(), meant.clone(), 30).expect("names are given");
        assert_eq!(order.names, meant);
    }
    let order = LeafOrder::from_csr(request(&[], Vec::new()).der(), Vec::new(), 30).expect("a common name");
    assert_eq!(order.names, names(&["gitlab.example.com"]));
}

#[test]
fn a_name_may_have_underscores() {
    let ca = authority(&["my_gitlab.example.com"]);
    let issued = ca.sign(&order(&["my_gitlab.example.com", "*.my_gitlab.example.com"], 397), NOW);
    let issued = issued.expect("a leaf");
    assert_eq!(issued.leaf.names, names(&["my_gitlab.example.com", "*.my_gitlab.example.com"]));
    assert!(issued.notes.iter().any(|note| note.contains("Java")), "{:?}", issued.notes);
}

#[test]
fn of_a_request_only_key_and_names_are_taken() {
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let mut params = CertificateParams::new(["gitlab.example.com".to_owned()]).expect("names");
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let request = params.serialize_request(&key.signer().expect("a signer")).expect("a request");
    let order = LeafOrder::from_csr(request.der(), Vec::new(), 30).expect("an order");
    assert_eq!(order.names, names(&["gitlab.example.com"]));
    let issued = authority(&["gitlab.example.com"]).sign(&order, NOW).expect("a leaf");
    assert!(!issued.leaf.is_ca() && key.matches(&issued.leaf));

    let mut forged = request.der().to_vec();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    for (request, what) in [(forged, "signature"), (b"nonsense".to_vec(), "not PKCS #10")] {
        let error = LeafOrder::from_csr(&request.into(), Vec::new(), 30).expect_err(what);
        assert!(error.to_string().contains(what), "{error}");
    }
}
