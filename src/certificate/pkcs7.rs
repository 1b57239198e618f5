//! Takes the certificates out of PKCS #7 (`.p7b`, what Windows CAs hand out), by walking to them:
//! writers do not sort the set of certificates as DER asks, so a strict reader finds none.

use anyhow::Result;
use rustls_pki_types::CertificateDer;
use x509_parser::asn1_rs::{Class, Oid, Tag, oid};

use super::{
    asn1::{first, is_sequence, sequence},
    pem::MAX_SECTIONS,
};
use crate::hint::fail;

/// `signedData` (RFC 5652 §5.1).
const SIGNED_DATA: Oid<'static> = oid!(1.2.840.113549.1.7.2);

/// The certificates in a `SignedData`, in their order; its signatures, if any, are of no account.
pub(super) fn certificates(der: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let damaged = || {
        fail(
            "the PKCS #7 file is damaged, or holds no certificates",
            "convert it, and give the new file: openssl pkcs7 -inform DER -in FILE -print_certs -out NEW.pem",
        )
    };
    let set = certificate_set(der).ok_or_else(damaged)?;
    let mut rest = set;
    let mut certificates = Vec::new();
    while let Some((any, after)) = first(rest) {
        // The other choices of a CertificateSet are tagged, and in no use (RFC 5652 §10.2.2).
        if is_sequence(&any) {
            certificates.push(CertificateDer::from(rest[..rest.len() - after.len()].to_vec()));
        }
        if certificates.len() > MAX_SECTIONS {
            return Err(damaged());
        }
        rest = after;
    }
    if certificates.is_empty() { Err(damaged()) } else { Ok(certificates) }
}

/// The content of `[0] IMPLICIT CertificateSet` in `SignedData` in `[0] EXPLICIT` in `ContentInfo`.
fn certificate_set(der: &[u8]) -> Option<&[u8]> {
    let (content_type, rest) = first(sequence(der)?)?;
    if content_type.oid().ok()? != SIGNED_DATA {
        return None;
    }
    let (explicit, _) = first(rest)?;
    let mut rest = sequence(explicit.data)?;
    while let Some((any, after)) = first(rest) {
        if any.class() == Class::ContextSpecific && any.tag() == Tag(0) {
            return Some(any.data);
        }
        rest = after;
    }
    None
}
