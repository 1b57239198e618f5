//! Extensions and names, as a row of the table writes them.

use super::{
    der::{bits, boolean, element, implicit, integer, octets, oid, sequence, set, tagged},
    key::Key,
};

pub(super) const SUBJECT_KEY_ID: &str = "2.5.29.14";
pub(super) const KEY_USAGE: &str = "2.5.29.15";
pub(super) const SUBJECT_ALT_NAME: &str = "2.5.29.17";
pub(super) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(super) const NAME_CONSTRAINTS: &str = "2.5.29.30";
pub(super) const AUTHORITY_KEY_ID: &str = "2.5.29.35";
pub(super) const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub(super) const COMMON_NAME: &str = "2.5.4.3";
pub(super) const ORGANIZATION: &str = "2.5.4.10";
pub(super) const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";

pub(super) const DIGITAL_SIGNATURE: u8 = 0;
pub(super) const KEY_CERT_SIGN: u8 = 5;
pub(super) const CRL_SIGN: u8 = 6;

/// Whether an extension is marked as critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Critical {
    /// Left out, which means no.
    No,
    /// Marked.
    Yes,
    /// No, said in so many words, which DER forbids.
    ExplicitNo,
}

/// An extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extension {
    pub oid: &'static str,
    pub critical: Critical,
    value: Vec<u8>,
}

impl Extension {
    /// One that is not critical.
    pub(super) fn new(oid: &'static str, value: Vec<u8>) -> Self {
        Self { oid, critical: Critical::No, value }
    }

    /// The same, critical.
    pub(super) fn critical(self) -> Self {
        Self { critical: Critical::Yes, ..self }
    }

    /// As a certificate holds it.
    pub(super) fn der(&self) -> Vec<u8> {
        let critical = match self.critical {
            Critical::No => Vec::new(),
            Critical::Yes => boolean(true),
            Critical::ExplicitNo => boolean(false),
        };
        sequence(&[oid(self.oid), critical, octets(&self.value)])
    }
}

/// Stands in a value for the identifier of the subject's key.
pub(super) const OWN_ID: &[u8] = b"(own key's id)......";
/// Stands in a value for the identifier of the signer's key.
pub(super) const SIGNER_ID: &[u8] = b"(signer's key's id).";

impl Extension {
    /// The same with the identifiers of these keys.
    pub(super) fn with_ids(&self, key: &Key, signer: &Key) -> Self {
        let mut value = self.value.clone();
        for (stand_in, id) in [(OWN_ID, key.id()), (SIGNER_ID, signer.id())] {
            if let Some(at) = value.windows(stand_in.len()).position(|window| window == stand_in) {
                value.splice(at..at + stand_in.len(), id);
            }
        }
        Self { value, ..self.clone() }
    }
}

/// Basic constraints.
pub(super) fn basic_constraints(ca: bool, path_length: Option<u8>) -> Extension {
    let ca = if ca { boolean(true) } else { Vec::new() };
    let length = path_length.map(|length| integer(&[length])).unwrap_or_default();
    Extension::new(BASIC_CONSTRAINTS, sequence(&[ca, length]))
}

/// Key usages, by their bits.
pub(super) fn key_usage(usages: &[u8]) -> Extension {
    Extension::new(KEY_USAGE, bits(usages))
}

/// Extended key usages, by their object identifiers.
pub(super) fn extended_key_usage(usages: &[&str]) -> Extension {
    let usages: Vec<_> = usages.iter().map(|usage| oid(usage)).collect();
    Extension::new(EXTENDED_KEY_USAGE, sequence(&usages))
}

/// Subject alternative names.
pub(super) fn alt_names(names: &[Vec<u8>]) -> Extension {
    Extension::new(SUBJECT_ALT_NAME, sequence(names))
}

/// A DNS name among other names.
pub(super) fn dns(name: &str) -> Vec<u8> {
    implicit(2, name.as_bytes())
}

/// The subject's key identifier.
pub(super) fn subject_key_id(id: &[u8]) -> Extension {
    Extension::new(SUBJECT_KEY_ID, octets(id))
}

/// The authority's key identifier.
pub(super) fn authority_key_id(id: &[u8]) -> Extension {
    Extension::new(AUTHORITY_KEY_ID, sequence(&[implicit(0, id)]))
}

/// The signer's right identifier.
pub(super) fn signers_id() -> Vec<u8> {
    implicit(0, SIGNER_ID)
}

/// Name constraints.
pub(super) fn name_constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Extension {
    let trees = |number, names: &[Vec<u8>]| {
        let trees: Vec<_> = names.iter().map(|name| sequence(std::slice::from_ref(name))).collect();
        if trees.is_empty() { Vec::new() } else { tagged(number, &trees) }
    };
    Extension::new(NAME_CONSTRAINTS, sequence(&[trees(0, permitted), trees(1, excluded)])).critical()
}

/// A distinguished name of `UTF8String` attributes.
pub(super) fn name_of(attributes: &[(&str, &str)]) -> Vec<u8> {
    let tagged: Vec<_> = attributes.iter().map(|(oid, text)| (*oid, 0x0c, text.as_bytes())).collect();
    name_with(&tagged)
}

/// A distinguished name: each attribute's type, its string's tag and its bytes.
pub(super) fn name_with(attributes: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let attributes =
        attributes.iter().map(|(kind, tag, text)| set(&[sequence(&[oid(kind), element(*tag, text)])]));
    sequence(&attributes.collect::<Vec<_>>())
}

/// An authority's key identifier that is the certificate's own.
pub(super) fn own_authority() -> Extension {
    authority_key_id(OWN_ID)
}
