//! Reads the certificates of PKCS #7 (`.p7b`, the format of Windows CAs). It walks through the structure: writers do not
//! sort the set of certificates as DER requires, so a strict reader finds none.

use anyhow::Result;
use labtrust_machine::pkcs12::asn1::{elements, first, is_sequence, sequence, tagged};
use rustls_pki_types::CertificateDer;
use x509_parser::asn1_rs::{Oid, oid};

use super::pem::MAX_SECTIONS;
use crate::hint::fail;

/// `signedData` (RFC 5652 §5.1).
const SIGNED_DATA: Oid<'static> = oid!(1.2.840.113549.1.7.2);

/// The certificates in a `SignedData`, in order; signatures are ignored.
pub(super) fn certificates(der: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let damaged = || {
        fail(
            "the PKCS #7 file is damaged, or holds no certificates",
            "convert it, and pass the new file: openssl pkcs7 -inform DER -in FILE -print_certs -out NEW.pem",
        )
    };
    let mut set = elements(certificate_set(der).ok_or_else(damaged)?);
    // The other choices of a CertificateSet are tagged, and nobody uses them (RFC 5652 §10.2.2).
    let members = set.by_ref().filter(|(any, _)| is_sequence(any)).take(MAX_SECTIONS + 1);
    let certificates: Vec<_> = members.map(|(_, encoded)| encoded.to_vec().into()).collect();
    let is_whole = set.are_all() && !certificates.is_empty();
    if is_whole { Ok(certificates) } else { Err(damaged()) }
}

/// The content of `[0] IMPLICIT CertificateSet` in `SignedData` in `[0] EXPLICIT` in `ContentInfo`.
fn certificate_set(der: &[u8]) -> Option<&[u8]> {
    let (content_type, rest) = first(sequence(der)?)?;
    if content_type.oid().ok()? != SIGNED_DATA {
        return None;
    }
    let (explicit, _) = first(rest)?;
    let mut fields = elements(sequence(explicit.data)?);
    fields.find_map(|(any, _)| tagged(&any, 0))
}
