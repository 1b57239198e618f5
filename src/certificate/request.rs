//! Asks another CA for a certificate: the request carries the key's public half and the names, and
//! nothing that a CA would have to strip.

use anyhow::{Context, Result};
use rcgen::CertificateParams;
use rustls_pki_types::CertificateSigningRequestDer;

use super::{
    key::{PrivateKey, signing},
    name::{SubjectName, list},
    profile,
    sign::checked_names,
};

/// A certificate signing request (PKCS #10, RFC 2986) for `key` and `names`.
pub fn request(names: &[SubjectName], key: &PrivateKey) -> Result<CertificateSigningRequestDer<'static>> {
    key.public_key().check_usable()?;
    let names = checked_names(names)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = profile::leaf_subject(&names);
    params.subject_alt_names = profile::subject_alt_names(&names)?;
    let signer = key.signer()?;
    let request = signing(&format!("the request for {}", list(&names)), || params.serialize_request(&signer));
    request.map(Into::into).context("cannot make a certificate signing request")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{KeyType, LeafOrder, pem};

    #[test]
    fn what_is_requested_can_be_ordered() {
        let key = PrivateKey::generate(KeyType::P384).expect("a key");
        let names: Vec<SubjectName> = ["gitlab.example.com", "*.gitlab.example.com", "192.0.2.10"]
            .map(|name| name.parse().expect(name))
            .into();
        let request = request(&names, &key).expect("a request");
        let order = LeafOrder::from_csr(&request, 397).expect("an order");
        assert_eq!((order.names, &order.public_key), (names, key.public_key()));
        let text = pem::write_request(&request);
        let Some(pem::Section::Request(again)) = pem::read(text.as_bytes()).expect("PEM").pop() else {
            panic!("no request")
        };
        assert_eq!(again, request);
    }
}
