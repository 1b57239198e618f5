//! A certificate as plain values, read once. All other modules use these values, and do not read ASN.1 themselves.

mod reading;

use std::sync::OnceLock;

use labtrust_plan::{Certificate, Fingerprint, Host};
use rustls_pki_types::CertificateDer;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use x509_parser::{
    asn1_rs::BitString,
    error::X509Error,
    prelude::FromDer as _,
    verify::verify_signature,
    x509::{AlgorithmIdentifier, SubjectPublicKeyInfo},
};

use super::{
    anatomy::Anatomy,
    general_name::{GeneralName, Subtree, address},
    name::SubjectName,
    name_match,
    permitted::Permitted,
    public_key::{KeyKind, PublicKey},
};

/// The days from `now` to `end`, rounded down; negative after it.
pub(crate) fn days_until(end: OffsetDateTime, now: OffsetDateTime) -> i64 {
    (end - now).whole_seconds().div_euclid(86_400)
}

/// A certificate and its fields (RFC 5280 §4).
#[derive(Clone, Debug)]
pub struct Parsed {
    der: CertificateDer<'static>,
    public_key: PublicKey,
    /// Computed at the first use, because it is used often.
    self_signed: OnceLock<bool>,
    /// The subject as text, most general attribute first.
    pub subject: String,
    /// The issuer as text.
    pub issuer: String,
    /// The subject's DER encoding.
    pub subject_der: Vec<u8>,
    /// The issuer's DER encoding.
    pub issuer_der: Vec<u8>,
    /// The subject's last common name.
    pub common_name: Option<String>,
    /// The serial number's bytes as encoded: a first bit of 1 means that it is negative.
    pub serial: Vec<u8>,
    /// X.509 version: 3 in practice.
    pub version: u32,
    /// The DNS names and addresses among the subject alternative names that are well-formed.
    pub names: Vec<SubjectName>,
    /// The other subject alternative names, as text: `email:a@example.com`.
    pub other_names: Vec<String>,
    /// All subject alternative names in order, up to the first unreadable one.
    pub general_names: Vec<GeneralName>,
    /// All name constraints.
    pub subtrees: Vec<Subtree>,
    /// First moment of validity.
    pub not_before: OffsetDateTime,
    /// Last moment of validity.
    pub not_after: OffsetDateTime,
    /// Whether it is a CA, if it has basic constraints.
    pub ca: Option<bool>,
    /// The number of intermediates that may follow below this CA.
    pub path_length: Option<u32>,
    /// Key usages, if they are limited, with the names of RFC 5280 §4.2.1.3.
    pub key_usage: Option<Vec<&'static str>>,
    /// Extended key usages, if they are limited, as names or object identifiers.
    pub extended_key_usage: Option<Vec<String>>,
    /// Subject key identifier.
    pub subject_key_id: Option<Vec<u8>>,
    /// Authority key identifier, if the extension holds one.
    pub authority_key_id: Option<Vec<u8>>,
    /// The bits of Netscape's certificate type; the highest bit is the first.
    pub netscape_type: Option<u8>,
    /// The number of CAs below this one after which a policy is required (RFC 5280 §4.2.1.11).
    pub require_explicit_policy: Option<u32>,
    /// What the certificate's name constraints permit; everything if there are none.
    pub permitted: Permitted,
    /// Whether the name constraints are marked critical.
    pub constraints_critical: bool,
    /// The signature's algorithm, by object identifier.
    pub signature_algorithm: String,
    /// The URL of the issuer's certificate (RFC 5280 §4.2.2.1).
    pub issuer_url: Option<String>,
    /// The object identifiers of all extensions in order, and whether each is critical.
    pub extensions: Vec<(String, bool)>,
    /// The encodings that break RFC 5280, and that some clients cannot read.
    pub flaws: Vec<Flaw>,
}

/// An encoding that some clients refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// An extension with invalid content, by object identifier.
    Unreadable(String),
    /// An extension that is there twice.
    Doubled(String),
    /// A serial number with needless bytes.
    LongSerial,
    /// A moment of validity that does not end in seconds and Z.
    Moment,
    /// A signature's algorithm that differs from the one in the signed part.
    Algorithms,
}

impl From<&Parsed> for Certificate {
    fn from(parsed: &Parsed) -> Self {
        Self::new(parsed.der().to_vec())
    }
}

impl Parsed {
    /// Whether it has this extension, by object identifier.
    pub fn has_extension(&self, oid: &str) -> bool {
        self.extensions.iter().any(|(known, _)| known == oid)
    }

    /// Whether it has this extension as a critical one.
    pub fn is_critical(&self, oid: &str) -> bool {
        self.extensions.iter().any(|(known, critical)| known == oid && *critical)
    }

    /// Whether its name constraints, if any, are readable and not there twice: of two, a client may read either.
    pub fn has_plain_constraints(&self) -> bool {
        !self
            .flaws
            .iter()
            .any(|flaw| matches!(flaw, Flaw::Unreadable(oid) | Flaw::Doubled(oid) if oid == NAME_CONSTRAINTS))
    }

    /// The certificate itself.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// The key that it certifies.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Its identity.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.der)
    }

    /// Whether it is a CA certificate (basic constraints with CA:TRUE).
    pub fn is_ca(&self) -> bool {
        self.ca == Some(true)
    }

    /// Whether some client takes it for a CA, also without basic constraints. OpenSSL and others accept a root of version
    /// 1, and one whose key usage allows signing (OpenSSL's `check_ca`).
    pub fn can_sign(&self) -> bool {
        let is_silent = self.ca.is_none() && self.is_self_signed();
        let is_named = self.key_usage.as_ref().is_some_and(|usages| usages.contains(&"keyCertSign"));
        self.is_ca() || (is_silent && (self.version < 3 || is_named))
    }

    /// Whether it can be a server's own certificate. A home-made server certificate is often marked as a CA, but it has a
    /// host's name. A CA certificate whose key usages allow signing certificates and no server usage is not a server's.
    pub fn may_be_served(&self) -> bool {
        let signs_alone = self.key_usage.as_ref().is_some_and(|usages| {
            usages.contains(&"keyCertSign") && !SERVER_USAGES.iter().any(|usage| usages.contains(usage))
        });
        // A root of version 1 has no extensions: its common name alone tells it from a server's certificate.
        let is_old_root = self.version < 3 && self.can_sign() && !self.has_common_name_of_host();
        let is_ca_alone = self.is_ca() && self.names.is_empty() || signs_alone && self.can_sign();
        !(is_ca_alone || is_old_root)
    }

    fn has_common_name_of_host(&self) -> bool {
        self.common_name.as_ref().is_some_and(|name| name.parse::<SubjectName>().is_ok())
    }

    /// Whether the key usage is permitted: it is listed, or usages are not limited.
    pub fn may(&self, usage: &str) -> bool {
        self.key_usage.as_ref().is_none_or(|usages| usages.contains(&usage))
    }

    /// Whether it may serve TLS: `serverAuth` or `any` is listed, or extended usages are not limited.
    pub fn may_serve(&self) -> bool {
        self.extended_key_usage
            .as_ref()
            .is_none_or(|usages| usages.iter().any(|usage| usage == "serverAuth" || usage == "any"))
    }

    /// Whether an extended key usage is listed, by its name or its object identifier.
    pub fn has_usage(&self, usage: &str) -> bool {
        self.extended_key_usage.iter().flatten().any(|one| one == usage)
    }

    /// Whether it is for server-gated cryptography, Netscape's or Microsoft's, which some clients accept as serverAuth.
    pub fn is_gated(&self) -> bool {
        ["2.16.840.1.113730.4.1", "1.3.6.1.4.1.311.10.3.3"].iter().any(|usage| self.has_usage(usage))
    }

    /// Whether its own key signed it, as for a root.
    pub fn is_self_signed(&self) -> bool {
        self.subject_der == self.issuer_der && *self.self_signed.get_or_init(|| self.is_signed_by(self))
    }

    /// Its DNS names and addresses as text; of a wildcard, the domain without the star.
    pub fn host_names(&self) -> Vec<String> {
        self.names.iter().map(|name| name.base().to_string()).collect()
    }

    /// Whether `issuer` signed it: the names match, in any spelling, and the signature is verified.
    ///
    /// This finds chains; [`super::verify`] decides on trust. For signatures that ring does not support (such as P-521),
    /// matching names are enough if the key identifiers do not differ, because servers use such chains.
    pub fn is_signed_by(&self, issuer: &Parsed) -> bool {
        match self.verify(issuer) {
            Some(Err(X509Error::SignatureUnsupportedAlgorithm)) => {
                let (own, its) = (&self.authority_key_id, &issuer.subject_key_id);
                own.as_ref().zip(its.as_ref()).is_none_or(|(own, its)| own == its)
            }
            verified => matches!(verified, Some(Ok(()))),
        }
    }

    /// The same, and the signature is certainly verified: for certificates that are trusted because of it.
    pub fn is_provably_signed_by(&self, issuer: &Parsed) -> bool {
        self.repeats_name_of(issuer) && matches!(self.verify(issuer), Some(Ok(())))
    }

    /// Whether its issuer name equals the subject of `issuer` byte by byte, as some clients require.
    pub fn repeats_name_of(&self, issuer: &Parsed) -> bool {
        self.issuer_der == issuer.subject_der
    }

    /// The same in any spelling, as RFC 5280 §7.1 compares names.
    pub fn names_issuer(&self, issuer: &Parsed) -> bool {
        name_match::BY_THE_BOOK.is_same(&self.issuer_der, &issuer.subject_der)
    }

    /// The result of verifying its signature with the key of `issuer`; none if the names differ.
    fn verify(&self, issuer: &Parsed) -> Option<Result<(), X509Error>> {
        if !self.names_issuer(issuer) {
            return None;
        }
        let unknown = Some(Err(X509Error::SignatureUnsupportedAlgorithm));
        if matches!(issuer.public_key.kind(), KeyKind::Rsa(bits) if !(2048..=8192).contains(bits)) {
            return unknown;
        }
        let anatomy = Anatomy::of(&self.der)?;
        let Ok((_, algorithm)) = AlgorithmIdentifier::from_der(anatomy.algorithm) else { return unknown };
        let Ok((_, key)) = SubjectPublicKeyInfo::from_der(issuer.public_key.spki()) else { return unknown };
        let signature = BitString::new(0, anatomy.signature);
        Some(verify_signature(&key, &algorithm, &signature, anatomy.signed))
    }

    /// Whether one of its names covers the host (never the common name: no client looks there).
    pub fn covers(&self, host: &Host) -> bool {
        self.names.iter().any(|name| name.covers(host))
    }

    /// Whether `now` lies within its validity.
    pub fn is_valid_at(&self, now: OffsetDateTime) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// The reason why it is not valid at `now`, if it is not.
    pub fn out_of_date(&self, now: OffsetDateTime) -> Option<String> {
        let title = self.title();
        if now < self.not_before {
            Some(format!("{title} is valid only from {}", self.not_before.date()))
        } else {
            (now > self.not_after).then(|| format!("{title} expired on {}", self.not_after.date()))
        }
    }

    /// The days that are left at `now`, rounded down; negative after it has expired.
    pub fn days_left(&self, now: OffsetDateTime) -> i64 {
        days_until(self.not_after, now)
    }

    /// The date to renew it: when a third of its validity is left. That is a month for Let's Encrypt's three, and leaves
    /// time for a person if the renewal fails.
    pub fn due(&self) -> OffsetDateTime {
        self.not_after - (self.not_after - self.not_before) / 3
    }

    /// Its validity at `now`, in a few words.
    pub fn validity_status(&self, now: OffsetDateTime) -> String {
        if now < self.not_before {
            return format!("not valid until {}", self.not_before.date());
        }
        match self.days_left(now) {
            ..0 => "expired".into(),
            days => format!("{days} days left"),
        }
    }

    /// Its subject; if that is empty, its first name or its fingerprint.
    pub fn title(&self) -> String {
        match (&self.subject, self.names.first()) {
            (subject, _) if !subject.is_empty() => subject.clone(),
            (_, Some(name)) => name.to_string(),
            _ => format!("SHA-256 {}", self.fingerprint()),
        }
    }
}

/// The key usages of a TLS server; it needs one of them.
pub const SERVER_USAGES: [&str; 3] = ["digitalSignature", "keyEncipherment", "keyAgreement"];

/// Subject alternative names.
pub const SUBJECT_ALTERNATIVE_NAME: &str = "2.5.29.17";
/// Name constraints.
pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
/// Netscape's certificate type.
pub const NETSCAPE_TYPE: &str = "2.16.840.1.113730.1.1";

/// A moment to the second, as RFC 3339 writes it.
pub(super) fn moment(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0).unwrap_or(at).format(&Rfc3339).unwrap_or_default()
}

/// The name of a server that a request asks for.
pub(super) fn subject_name(name: &x509_parser::extensions::GeneralName<'_>) -> Option<SubjectName> {
    use x509_parser::extensions::GeneralName as Asked;
    match name {
        Asked::DNSName(name) => name.parse().ok().filter(|name: &SubjectName| name.dns().is_some()),
        Asked::IPAddress(bytes) => address(bytes).map(|address| SubjectName::Ip(address.to_canonical())),
        _ => None,
    }
}
