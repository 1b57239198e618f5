//! Files of certificates, in every form that people have them: PEM, DER, PKCS #7, and what a server
//! sends. Whatever is read can be described, judged and written back as the same bytes.
#![no_main]

use labtrust::certificate::{CertificateDer, Inspection, Parsed, pem, read_certificates, verify_served};
use labtrust_plan::{Certificate, Endpoint, Host};
use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;

fuzz_target!(|bytes: &[u8]| {
    let noon = OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
    let (counted, _) = Certificate::read_all(bytes);
    let hash = Certificate::new(bytes).subject_hash();
    assert!(hash.is_none_or(|hash| hash.len() == 8 && hash.bytes().all(|digit| digit.is_ascii_hexdigit())));
    if let Ok(all) = pem::certificates(bytes) {
        // What a store's programs load from a file is read from it, too.
        assert!(counted.iter().all(|one| all.iter().any(|der| **der == *one.der())));
    }
    let Ok(certificates) = read_certificates(bytes, &mut |_| Ok(String::new().into())) else { return };
    let ders: Vec<CertificateDer<'static>> =
        certificates.iter().map(|certificate| certificate.der().clone()).collect();

    let text = pem::write_certificates(&ders);
    assert_eq!(pem::certificates(text.as_bytes()).expect("our own PEM"), ders);
    for certificate in &certificates {
        let again = Parsed::from_der(certificate.der()).expect("what was read can be read");
        assert_eq!(again.fingerprint(), certificate.fingerprint());
        let title = certificate.title();
        assert!(!title.chars().any(char::is_control), "{title:?} would act on a terminal");
    }
    let inspection = Inspection::of(&certificates, noon).expect("there is a first certificate");
    serde_json::to_string(&inspection).expect("an inspection is JSON");

    let host: Host = "mygitlab.example.com".parse().expect("a host");
    let endpoint = Endpoint::new(host.clone(), 443);
    let last = certificates.last().map(Parsed::fingerprint);
    for anchor in [None, last] {
        if let Ok(served) = verify_served(&ders, anchor, &endpoint, noon) {
            assert!(served.leaf.covers(&host) && served.leaf.is_valid_at(noon));
            assert!(served.root.is_self_signed());
            assert!(anchor.is_none_or(|anchor| served.root.fingerprint() == anchor));
        }
    }
});
