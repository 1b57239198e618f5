//! Certificate signing requests: only their key and their names are taken, and what is signed for
//! them stays within what the CA can sign.
#![no_main]

use std::sync::LazyLock;

use labtrust::certificate::{Authority, KeyType, LeafOrder, Parsed, Scope, pem};
use libfuzzer_sys::fuzz_target;
use rustls_pki_types::CertificateSigningRequestDer;
use time::OffsetDateTime;

static CA: LazyLock<(Authority, OffsetDateTime)> = LazyLock::new(|| {
    let now = OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
    let name = "mygitlab.example.com".parse().expect("a name");
    let scope = Scope { names: vec![name], permit: Vec::new(), constrained: true };
    (Authority::make(&scope, KeyType::P256, now).expect("a CA"), now)
});

fuzz_target!(|bytes: &[u8]| {
    let mut requests = vec![CertificateSigningRequestDer::from(bytes)];
    if let Ok(sections) = pem::read(bytes) {
        requests.extend(sections.into_iter().filter_map(|section| match section {
            pem::Section::Request(request) => Some(request),
            _ => None,
        }));
    }
    let (authority, now) = &*CA;
    for request in requests {
        let Ok(order) = LeafOrder::from_csr(&request, Vec::new(), 397) else { continue };
        assert!(!order.names.is_empty());
        let Ok(issued) = authority.sign(&order, *now) else { continue };
        let leaf = Parsed::from_der(&issued.chain[0]).expect("our own certificate");
        assert!(!leaf.is_ca() && leaf.is_signed_by(authority.issuer()));
        assert!(leaf.names.iter().all(|name| authority.permitted().permits(name)));
    }
});
