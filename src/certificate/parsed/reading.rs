//! Reads a certificate: first its fields, by their outer structure, then each extension.

use std::sync::OnceLock;

use anyhow::Result;
use rustls_pki_types::CertificateDer;
use x509_parser::{
    extensions::{ParsedExtension, X509Extension},
    oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS,
    prelude::FromDer as _,
    x509::X509Name,
};

use super::{Flaw, NAME_CONSTRAINTS, NETSCAPE_TYPE, Parsed, SUBJECT_ALTERNATIVE_NAME};
use crate::{
    certificate::{
        anatomy::{Anatomy, Extension, Fields},
        general_name::{self, GeneralName, Subtree, shown},
        permitted::Permitted,
        public_key::PublicKey,
    },
    hint::fail,
};

impl Parsed {
    /// Reads one DER certificate, with nothing after it.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let damaged = |why: &str| {
            fail(
                format!("the certificate is damaged: {why}"),
                "copy it again from its source; this command shows the readable parts: openssl x509 -in FILE -noout -text",
            )
        };
        let anatomy = Anatomy::of(der).ok_or_else(|| damaged("it is not X.509"))?;
        if Fields(der).next().is_none_or(|outer| outer.whole.len() != der.len()) {
            return Err(damaged("other bytes follow it"));
        }
        let (not_before, not_after) =
            anatomy.moments().ok_or_else(|| damaged("its validity dates cannot be read"))?;
        let public_key = PublicKey::from_spki(anatomy.key).map_err(|_| damaged("its key is unreadable"))?;
        let algorithm = Fields::of_sequence(anatomy.algorithm).and_then(|mut parts| parts.next()?.oid());
        let mut parsed = Self {
            der: CertificateDer::from(der.to_vec()),
            public_key,
            self_signed: OnceLock::new(),
            subject: general_name::name_text(anatomy.subject),
            issuer: general_name::name_text(anatomy.issuer),
            subject_der: anatomy.subject.to_vec(),
            issuer_der: anatomy.issuer.to_vec(),
            common_name: common_name(anatomy.subject),
            serial: anatomy.serial.to_vec(),
            version: anatomy.version,
            names: Vec::new(),
            other_names: Vec::new(),
            general_names: Vec::new(),
            subtrees: Vec::new(),
            not_before: not_before.at,
            not_after: not_after.at,
            ca: None,
            path_length: None,
            key_usage: None,
            extended_key_usage: None,
            subject_key_id: None,
            authority_key_id: None,
            netscape_type: None,
            require_explicit_policy: None,
            permitted: Permitted::everything(),
            constraints_critical: false,
            signature_algorithm: algorithm.ok_or_else(|| damaged("its signature is unreadable"))?,
            issuer_url: None,
            extensions: Vec::new(),
            flaws: flaws(&anatomy, not_before.is_well_written && not_after.is_well_written),
        };
        for extension in &anatomy.extensions {
            if parsed.extensions.iter().any(|(oid, _)| *oid == extension.oid) {
                parsed.flaws.push(Flaw::Doubled(extension.oid.clone()));
            }
            if parsed.take(extension).is_none() {
                parsed.flaws.push(Flaw::Unreadable(extension.oid.clone()));
            }
            parsed.extensions.push((extension.oid.clone(), extension.critical));
        }
        Ok(parsed)
    }

    /// Stores the values of an extension, as far as they are readable; none if a part is not.
    fn take(&mut self, extension: &Extension<'_>) -> Option<()> {
        match extension.oid.as_str() {
            SUBJECT_ALTERNATIVE_NAME => {
                let mut fields = Fields::of_sequence(extension.value)?;
                let names: Vec<_> = fields.by_ref().map_while(|field| GeneralName::of(&field)).collect();
                for name in &names {
                    match name.subject_name() {
                        Some(name) => self.names.push(name),
                        None => self.other_names.push(name.to_string()),
                    }
                }
                self.general_names.extend(names);
                fields.0.is_empty().then_some(())
            }
            NAME_CONSTRAINTS => {
                self.constraints_critical = extension.critical;
                self.subtrees = Subtree::all(extension.value)?;
                self.permitted = Permitted::from_subtrees(&self.subtrees);
                Some(())
            }
            NETSCAPE_TYPE => {
                let bits = Fields(extension.value).next()?;
                self.netscape_type = bits.content.get(1).copied();
                Some(())
            }
            _ => self.take_parsed(&X509Extension::from_der(extension.whole).ok()?.1),
        }
    }

    fn take_parsed(&mut self, extension: &X509Extension<'_>) -> Option<()> {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(constraints) => {
                self.ca = Some(constraints.ca);
                self.path_length = constraints.path_len_constraint;
            }
            ParsedExtension::KeyUsage(usage) => {
                let named = KEY_USAGES.iter().enumerate();
                let set = named.filter(|(bit, _)| usage.flags >> bit & 1 == 1).map(|(_, name)| *name);
                self.key_usage = Some(set.collect());
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let named = [
                    (usage.any, "any"),
                    (usage.server_auth, "serverAuth"),
                    (usage.client_auth, "clientAuth"),
                    (usage.code_signing, "codeSigning"),
                    (usage.email_protection, "emailProtection"),
                    (usage.time_stamping, "timeStamping"),
                    (usage.ocsp_signing, "OCSPSigning"),
                ];
                let named = named.iter().filter(|(set, _)| *set).map(|(_, name)| (*name).to_owned());
                let other = usage.other.iter().map(x509_parser::oid_registry::Oid::to_id_string);
                self.extended_key_usage = Some(named.chain(other).collect());
            }
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                self.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
            ParsedExtension::PolicyConstraints(constraints) => {
                self.require_explicit_policy = constraints.require_explicit_policy;
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                let issuers = access
                    .accessdescs
                    .iter()
                    .filter(|one| one.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS);
                self.issuer_url = issuers.into_iter().find_map(|one| match one.access_location {
                    x509_parser::extensions::GeneralName::URI(url) => Some(shown(url)),
                    _ => None,
                });
            }
            ParsedExtension::ParseError { .. } => return None,
            _ => {}
        }
        Some(())
    }
}

/// The bits of `KeyUsage` in their order (RFC 5280 §4.2.1.3).
const KEY_USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

fn common_name(subject: &[u8]) -> Option<String> {
    let (_, subject) = X509Name::from_der(subject).ok()?;
    let name = subject.iter_common_name().last()?;
    name.as_str().ok().map(shown)
}

fn flaws(anatomy: &Anatomy<'_>, has_plain_moments: bool) -> Vec<Flaw> {
    let serial = match anatomy.serial {
        [] => true,
        [0, second, ..] => second & 0x80 == 0,
        [0xff, second, ..] => second & 0x80 != 0,
        _ => false,
    };
    let algorithms = anatomy.algorithm != anatomy.inner_algorithm;
    [(serial, Flaw::LongSerial), (!has_plain_moments, Flaw::Moment), (algorithms, Flaw::Algorithms)]
        .into_iter()
        .filter_map(|(is_so, flaw)| is_so.then_some(flaw))
        .collect()
}
