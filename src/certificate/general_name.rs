//! The alternative names of a certificate, and the name constraints of a CA (RFC 5280 §4.2.1.6, §4.2.1.10), with all kinds
//! of names.

use std::{fmt, net::IpAddr};

use labtrust_plan::text;
use x509_parser::{asn1_rs::Class, prelude::FromDer as _, x509::X509Name};

use super::{
    anatomy::{Field, Fields},
    name::SubjectName,
};

/// A name of some kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralName {
    /// Its kind.
    pub kind: NameKind,
    /// Its content: the text of a DNS name, the bytes of an address.
    pub value: Vec<u8>,
}

/// The kinds of names, in the order of their tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A name of a private kind, such as a user principal name.
    Other,
    /// An e-mail address.
    Email,
    /// A DNS name.
    Dns,
    /// An X.400 address.
    X400,
    /// A directory's name, as subjects have it.
    Directory,
    /// An EDI party.
    Edi,
    /// A URI.
    Uri,
    /// An IP address.
    Ip,
    /// A registered object identifier.
    RegisteredId,
}

const KINDS: [(NameKind, &str); 9] = [
    (NameKind::Other, "otherName"),
    (NameKind::Email, "email"),
    (NameKind::Dns, "DNS"),
    (NameKind::X400, "X.400"),
    (NameKind::Directory, "directory"),
    (NameKind::Edi, "EDI"),
    (NameKind::Uri, "URI"),
    (NameKind::Ip, "IP"),
    (NameKind::RegisteredId, "registered ID"),
];

/// A subtree of names that a CA can sign, or cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subtree {
    /// Whether it is excluded.
    pub excluded: bool,
    /// Its root.
    pub base: GeneralName,
    /// Whether it has a minimum or a maximum, which RFC 5280 forbids.
    pub is_bounded: bool,
}

impl GeneralName {
    pub(super) fn of(field: &Field<'_>) -> Option<Self> {
        let (kind, _) = KINDS.get(usize::try_from(field.tag.0).ok()?)?;
        (field.class == Class::ContextSpecific).then(|| Self { kind: *kind, value: field.content.to_vec() })
    }

    /// Its text, if it is of a kind that is text.
    pub fn text(&self) -> Option<&str> {
        let is_text = matches!(self.kind, NameKind::Email | NameKind::Dns | NameKind::Uri);
        std::str::from_utf8(&self.value).ok().filter(|_| is_text)
    }

    /// This name as the name of a server, if it is a well-formed one.
    pub fn subject_name(&self) -> Option<SubjectName> {
        match self.kind {
            NameKind::Dns => self.text()?.parse().ok().filter(|name: &SubjectName| name.dns().is_some()),
            NameKind::Ip => address(&self.value).map(|address| SubjectName::Ip(address.to_canonical())),
            _ => None,
        }
    }
}

impl Subtree {
    /// All subtrees of name constraints.
    pub(super) fn all(constraints: &[u8]) -> Option<Vec<Self>> {
        let mut trees = Vec::new();
        for list in Fields::of_sequence(constraints)? {
            let excluded = list.is_context(1);
            for tree in Fields(list.content) {
                let mut parts = Fields::of_sequence(tree.whole)?;
                let base = GeneralName::of(&parts.next()?)?;
                trees.push(Self {
                    excluded,
                    base,
                    is_bounded: parts.any(|part| !(part.is_context(0) && part.content == [0])),
                });
            }
        }
        Some(trees)
    }
}

/// A subject's or issuer's name as text; its bytes in hex if it is not readable.
pub(super) fn name_text(name: &[u8]) -> String {
    match X509Name::from_der(name) {
        Ok((_, name)) => shown(&name.to_string()),
        Err(_) => shown(&hex(name)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `email:a@example.com`, `IP:192.0.2.0/255.255.255.0`
impl fmt::Display for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, kind) = KINDS[self.kind as usize];
        let halves = self.value.split_at(self.value.len() / 2);
        let content = match (self.kind, self.text()) {
            (_, Some(text)) => shown(text),
            (NameKind::Directory, _) => name_text(&self.value),
            (NameKind::Ip, _) => match (address(&self.value), address(halves.0), address(halves.1)) {
                (Some(address), ..) if self.value.len() != 8 => address.to_string(),
                (_, Some(address), Some(mask)) => format!("{address}/{mask}"),
                _ => hex(&self.value),
            },
            (NameKind::RegisteredId, _) => {
                x509_parser::asn1_rs::Oid::new(self.value.as_slice().into()).to_id_string()
            }
            _ => shown(&hex(&self.value)),
        };
        write!(f, "{kind}:{content}")
    }
}

/// The most characters of a certificate's text that are shown.
const LONGEST_TEXT: usize = 300;

/// A text that a stranger chose, on one line, short, and without control characters.
pub(super) fn shown(text: &str) -> String {
    let text = text::in_line(text);
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

/// An address from its four or sixteen bytes.
pub(super) fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}
