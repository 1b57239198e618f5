//! Requests a certificate from another CA: the request contains the public key, the names, and the usages of a server's
//! certificate. The CA may override the usages.

use anyhow::{Context, Result};
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
    let params = profile::request(&names, key.public_key().kind())?;
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
        let order = LeafOrder::from_csr(&request, Vec::new(), 397).expect("an order");
        assert_eq!((order.names, &order.public_key), (names, key.public_key()));
        let text = pem::write_request(&request);
        let Some(pem::Section::Request(again)) = pem::read(text.as_bytes()).expect("PEM").pop() else {
            panic!("no request")
        };
        assert_eq!(again, request);
    }
}
