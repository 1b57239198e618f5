//! Signs a server's certificate, and refuses one that a client would refuse later: now the message can still say what to
//! do.

use anyhow::{Context, Result};
use labtrust_plan::{Host, Options};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};
use time::OffsetDateTime;
use x509_parser::{
    certification_request::{X509CertificationRequest, X509CertificationRequestInfo},
    cri_attributes::ParsedCriAttribute,
    extensions::ParsedExtension,
    oid_registry::OID_X509_EXT_SUBJECT_ALT_NAME,
    prelude::FromDer,
};

use super::{
    authority::Authority,
    general_name::shown,
    key::signing,
    name::{SubjectName, list},
    parsed::{Parsed, subject_name},
    pem,
    profile::{self, CA_END_NOTICE, MAX_LEAF_DAYS, Validity},
    public_key::PublicKey,
};
use crate::hint::{fail, hint, shell_line};

/// An order for a certificate.
#[derive(Clone, Debug)]
pub struct LeafOrder {
    /// Its names.
    pub names: Vec<SubjectName>,
    /// Its public key.
    pub public_key: PublicKey,
    /// The days of validity from now.
    pub days: u32,
}

/// A signed certificate.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub leaf: Parsed,
    /// The chain for a server: leaf, intermediates, root. The root takes half a kilobyte, and a client that knows only its
    /// fingerprint can fetch it from the handshake.
    pub chain: Vec<CertificateDer<'static>>,
    /// Notes on differences from the order, in sentences.
    pub notes: Vec<String>,
}

impl Issued {
    /// The chain as PEM.
    pub fn to_pem(&self) -> String {
        pem::write_certificates(&self.chain)
    }
}

impl LeafOrder {
    /// Reads only the key and the names of a request (PKCS #10, RFC 2986): a request can also ask to be a CA. The signature
    /// is verified, so that nobody gets a certificate for another's key. `names`, if given, replace the names in the
    /// request; else every name in it must be valid.
    pub fn from_csr(
        request: &CertificateSigningRequestDer<'_>,
        names: Vec<SubjectName>,
        days: u32,
    ) -> Result<Self> {
        let damaged = |why: &str| {
            fail(
                format!("the certificate signing request is damaged: {why}"),
                "create it again where the key is: openssl req -new -key FILE -addext subjectAltName=DNS:HOST",
            )
        };
        let (rest, parsed) =
            X509CertificationRequest::from_der(request).map_err(|_| damaged("it is not PKCS #10"))?;
        if !rest.is_empty() {
            return Err(damaged("other bytes follow it"));
        }
        let info = &parsed.certification_request_info;
        let public_key = PublicKey::from_spki(info.subject_pki.raw)?;
        public_key.check_usable()?;
        parsed.verify_signature().map_err(|_| damaged("its signature is not by its key"))?;

        let names = if names.is_empty() { requested_names(info)? } else { names };
        Ok(Self { names, public_key, days })
    }
}

/// The hint to create a request with names.
const AGAIN: &str = "create it again with names: openssl req -new -key FILE -addext subjectAltName=DNS:HOST";

/// The names in a request. If one of them cannot be signed, this is an error: a certificate without it would fail only
/// later, in use.
fn requested_names(info: &X509CertificationRequestInfo<'_>) -> Result<Vec<SubjectName>> {
    let extensions = info.iter_attributes().filter_map(|attribute| match attribute.parsed_attribute() {
        ParsedCriAttribute::ExtensionRequest(request) => Some(&request.extensions),
        _ => None,
    });
    let alternative = extensions.flatten().filter(|extension| extension.oid == OID_X509_EXT_SUBJECT_ALT_NAME);
    let mut names = Vec::new();
    for extension in alternative {
        let ParsedExtension::SubjectAlternativeName(alternative) = extension.parsed_extension() else {
            return Err(fail("the names in the certificate signing request are unreadable", AGAIN));
        };
        if alternative.general_names.len() > MOST_NAMES {
            return Err(too_many(alternative.general_names.len()));
        }
        for name in &alternative.general_names {
            names.push(subject_name(name).ok_or_else(|| {
                fail(
                    format!(
                        "the certificate signing request asks for {}, which is not a DNS name or IP address of a \
                         server",
                        shown(&name.to_string())
                    ),
                    "create it again without that name, or pass the names yourself: {labtrust sign NAME --csr FILE}",
                )
            })?);
        }
    }
    if names.is_empty() {
        // Old requests have their name only in the subject.
        let common = info.subject.iter_common_name().filter_map(|name| name.as_str().ok());
        names.extend(common.filter_map(|name| name.parse().ok()));
    }
    if names.is_empty() {
        return Err(fail("the certificate signing request names no DNS name and no IP address", AGAIN));
    }
    Ok(names)
}

impl Authority {
    /// Signs a certificate by `order`.
    pub fn sign(&self, order: &LeafOrder, now: OffsetDateTime) -> Result<Issued> {
        self.check_dates(now)?;
        order.public_key.check_usable()?;
        let names = checked_names(&order.names)?;
        self.check_permitted(&names)?;
        let (validity, mut notes) = self.leaf_validity(order.days, now)?;
        let underscored: Vec<_> = names.iter().filter(|name| name.has_underscore()).collect();
        if !underscored.is_empty() {
            notes.push(format!("Java rejects names with an underscore: {}.", list(&underscored)));
        }

        let params = profile::leaf(&names, order.public_key.kind(), validity)?;
        let title = || list(&names);
        let public = order.public_key.for_rcgen()?;
        let issuer = self.rcgen_issuer()?;
        let leaf =
            signing(&format!("the certificate for {}", title()), || params.signed_by(&public, &issuer))?;
        let leaf = Parsed::from_der(leaf.der()).context("the new certificate cannot be read back")?;
        if !leaf.repeats_name_of(self.issuer()) || !leaf.is_signed_by(self.issuer()) {
            return Err(fail(
                format!(
                    "the new certificate for {} does not lead back to {}",
                    title(),
                    self.issuer().title()
                ),
                "let the CA's own tools sign a request, and import the certificate: {labtrust import --cert FILE --key FILE}",
            ));
        }
        let chain =
            std::iter::once(&leaf).chain(self.chain()).map(|certificate| certificate.der().clone()).collect();
        Ok(Issued { leaf, chain, notes })
    }

    /// Refuses names that the constraints of a CA in the chain do not permit.
    pub fn check_permitted(&self, names: &[SubjectName]) -> Result<()> {
        for certificate in self.chain() {
            let outside: Vec<_> = names.iter().filter(|name| !certificate.permitted.permits(name)).collect();
            if !outside.is_empty() {
                return Err(never_signs(&outside, certificate));
            }
        }
        Ok(())
    }

    fn leaf_validity(&self, days: u32, now: OffsetDateTime) -> Result<(Validity, Vec<String>)> {
        check_days(days)?;
        let validity = Validity::leaf(days, now)?;
        let not_before =
            self.chain().map(|certificate| certificate.not_before).fold(validity.not_before, Ord::max);
        let not_after = validity.not_after.min(self.not_after());
        let notes = if not_after < validity.not_after {
            vec![format!(
                "It is valid until {}, when the CA expires, instead of for {days} days.",
                not_after.date()
            )]
        } else if self.not_after() - now <= CA_END_NOTICE {
            vec![format!("The CA and its certificates expire on {}.", self.not_after().date())]
        } else {
            Vec::new()
        };
        Ok((Validity { not_before, not_after }, notes))
    }
}

/// Refuses a number of days that no leaf can have.
pub(super) fn check_days(days: u32) -> Result<()> {
    if (1..=MAX_LEAF_DAYS).contains(&days) {
        return Ok(());
    }
    Err(fail(
        format!(
            "a certificate cannot be valid for {days} days: Apple's clients reject more than {MAX_LEAF_DAYS}"
        ),
        hint!("pass a number of days from 1 to {}", MAX_LEAF_DAYS),
    ))
}

/// The most names of one certificate: clients read all of them at each handshake.
const MOST_NAMES: usize = 1000;

fn too_many(count: usize) -> anyhow::Error {
    fail(
        format!("{count} names are too many for one certificate: at most {MOST_NAMES} are allowed"),
        "name fewer hosts, or use a wildcard: {labtrust sign '*.example.com'}",
    )
}

/// The names without repetitions; an error if there are none, or some client refuses them.
pub(super) fn checked_names(names: &[SubjectName]) -> Result<Vec<SubjectName>> {
    if names.len() > MOST_NAMES {
        return Err(too_many(names.len()));
    }
    let mut checked: Vec<SubjectName> = Vec::new();
    for name in names {
        if matches!(name, SubjectName::Wildcard(parent) if !parent.as_str().contains('.')) {
            return Err(fail(
                format!("the name {name} is not possible: Apple's clients reject a certificate with it"),
                "pass the hosts one by one, or use a wildcard below a domain of your own",
            ));
        }
        if !checked.contains(name) {
            checked.push(name.clone());
        }
    }
    if checked.is_empty() {
        return Err(fail("a certificate needs at least one name", "pass a host name or an IP address"));
    }
    Ok(checked)
}

/// The error that the CA `certificate` can never sign for `outside`.
fn never_signs(outside: &[&SubjectName], certificate: &Parsed) -> anyhow::Error {
    let domains: Option<Vec<_>> = outside.iter().map(|name| name.dns()).collect();
    let hint = if let Some(domains) = domains {
        let options: Vec<_> =
            domains.iter().map(|domain| shell_line!("--permit {}", domain.to_string())).collect();
        hint!("create a next CA with wider limits: {labtrust rotate start{}}", Options(&options))
    } else {
        // A rotation adds domains alone.
        let host = certificate.permitted.hosts().first().map_or_else(|| "HOST".into(), Host::in_url);
        let names: Vec<_> = outside.iter().map(|name| shell_line!("--name {}", name.to_string())).collect();
        hint!(
            "start over with a CA for that address: {labtrust setup --undo}; {labtrust setup {}{}}",
            host,
            Options(&names)
        )
    };
    let list = list(outside);
    fail(format!("the CA can never sign {list}: it can sign {}", certificate.permitted), hint)
}

#[cfg(test)]
mod tests;
