//! A chain before it is signed: labtrust's profile, changed by a row of the table.

use std::{collections::HashMap, sync::Arc};

use labtrust::certificate::{Authority, Parsed, PrivateKey};
use rustls_pki_types::CertificateDer;
use time::{Duration, OffsetDateTime, macros::format_description};

pub(super) use super::extension::*;
use super::{
    super::client::Question,
    der::{element, integer, sequence, tagged},
    key::{Algorithm, Key, Kind, P256},
};

/// The host of every chain that has no other.
pub(super) const HOST: &str = "mygitlab.example.com";

/// The certificates that a chain may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// Signs itself and [`Part::Middle`].
    Root,
    /// An intermediate that signs [`Part::Middle`] only where a row says so.
    Upper,
    /// Signs the leaf.
    Middle,
    /// The server's certificate.
    Leaf,
    /// Another intermediate with the name of [`Part::Middle`], but a key of its own.
    Twin,
    /// An earlier certificate for the name and the key of [`Part::Middle`]; it has ended.
    Past,
    /// A root that has nothing to do with the chain.
    Stranger,
}
pub(super) use Part::{Leaf, Middle, Past, Root, Stranger, Twin, Upper};

const PARTS: [Part; 7] = [Root, Upper, Middle, Leaf, Twin, Past, Stranger];

/// How a moment is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// As RFC 5280 §4.1.2.5 says: `UTCTime` until 2049.
    Usual,
    /// Always a `GeneralizedTime`.
    Generalized,
    /// A `UTCTime` without seconds.
    Minutes,
    /// A `UTCTime` with an offset instead of `Z`.
    Offset,
}

/// A deviation from the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Leaves out an extension.
    Drop(Part, &'static str),
    /// Leaves out all.
    DropAll(Part),
    /// Adds an extension, or replaces the one of its kind.
    Put(Part, Extension),
    /// Adds one also where there is one of its kind.
    Add(Part, Extension),
    /// Marks an extension.
    Mark(Part, &'static str, Critical),
    /// Sets the subject.
    Subject(Part, Vec<u8>),
    /// Sets the issuer to what is not the signer's subject.
    Issuer(Part, Vec<u8>),
    /// Has another part sign.
    SignedBy(Part, Part),
    /// Sets the serial number's bytes.
    Serial(Part, Vec<u8>),
    /// Sets the version.
    Version(Part, u8),
    /// Sets the validity, in days from now.
    Days(Part, i64, i64),
    /// Writes the moments in another way.
    Written(Part, Clock),
    /// Gives it another kind of key.
    Key(Part, Kind),
    /// Signs it in another way.
    Sign(Part, Algorithm),
    /// Names another algorithm inside than outside.
    Inside(Part, Algorithm),
    /// Spoils the signature.
    Spoil(Part),
    /// Serves these, in this order.
    Serve(&'static [Part]),
    /// Trusts this one.
    Trust(Part),
    /// Connects to this host.
    Host(&'static str),
}

#[derive(Clone, Debug)]
struct Certificate {
    part: Part,
    version: u8,
    serial: Vec<u8>,
    signer: Part,
    issuer: Option<Vec<u8>>,
    days: (i64, i64),
    clock: Clock,
    subject: Vec<u8>,
    kind: Kind,
    algorithm: Option<Algorithm>,
    inside: Option<Algorithm>,
    spoilt: bool,
    extensions: Vec<Extension>,
    known_key: Option<Arc<Key>>,
}

/// A chain before it is signed.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    certificates: Vec<Certificate>,
    served: Vec<Part>,
    trusted: Part,
    host: &'static str,
    /// Certificates that were there before.
    given: HashMap<Part, CertificateDer<'static>>,
}

impl Plan {
    /// The profile without its name constraints, which have rows of their own.
    pub(super) fn good() -> Self {
        Self {
            certificates: PARTS.into_iter().map(Certificate::good).collect(),
            served: vec![Leaf, Middle, Root],
            trusted: Root,
            host: HOST,
            given: HashMap::new(),
        }
    }

    /// The same with deviations.
    pub(super) fn with<'c>(changes: impl IntoIterator<Item = &'c Change>) -> Self {
        let mut plan = Self::good();
        for change in changes {
            plan.change(change.clone());
        }
        plan
    }

    /// The same below a CA of the program, as a thief of its key would have it.
    pub(super) fn under(self, authority: &Authority) -> Self {
        self.below(authority.issuer(), authority.key(), authority.root())
    }

    /// The same by the holder of `key`, with `issuer` in the place of the intermediate.
    pub(super) fn below(mut self, issuer: &Parsed, key: &PrivateKey, root: &Parsed) -> Self {
        let middle = self.part(Middle);
        middle.subject.clone_from(&issuer.subject_der);
        middle.known_key = Some(Arc::new(Key::known(&key.to_pem())));
        let id = issuer.subject_key_id.as_deref().expect("an identifier");
        self.change(Change::Put(Leaf, authority_key_id(id)));
        self.given = HashMap::from([(Middle, issuer.der().clone()), (Root, root.der().clone())]);
        self
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Drop(part, oid) => self.part(part).extensions.retain(|one| one.oid != oid),
            Change::DropAll(part) => self.part(part).extensions.clear(),
            Change::Put(part, extension) => {
                let extensions = &mut self.part(part).extensions;
                match extensions.iter_mut().find(|one| one.oid == extension.oid) {
                    Some(one) => *one = extension,
                    None => extensions.push(extension),
                }
            }
            Change::Add(part, extension) => self.part(part).extensions.push(extension),
            Change::Mark(part, oid, critical) => {
                for one in self.part(part).extensions.iter_mut().filter(|one| one.oid == oid) {
                    one.critical = critical;
                }
            }
            Change::Subject(part, name) => self.part(part).subject = name,
            Change::Issuer(part, name) => self.part(part).issuer = Some(name),
            Change::SignedBy(part, signer) => self.part(part).signer = signer,
            Change::Serial(part, bytes) => self.part(part).serial = bytes,
            Change::Version(part, version) => self.part(part).version = version,
            Change::Days(part, from, to) => self.part(part).days = (from, to),
            Change::Written(part, clock) => self.part(part).clock = clock,
            Change::Key(part, kind) => self.part(part).kind = kind,
            Change::Sign(part, algorithm) => self.part(part).algorithm = Some(algorithm),
            Change::Inside(part, algorithm) => self.part(part).inside = Some(algorithm),
            Change::Spoil(part) => self.part(part).spoilt = true,
            Change::Serve(parts) => self.served = parts.to_vec(),
            Change::Trust(part) => self.trusted = part,
            Change::Host(host) => self.host = host,
        }
    }

    fn part(&mut self, part: Part) -> &mut Certificate {
        &mut self.certificates[part as usize]
    }

    /// The question that this chain puts to a client.
    pub(super) fn question(&self, now: OffsetDateTime) -> Question {
        let mut made: HashMap<Part, CertificateDer<'static>> = HashMap::new();
        let parts = self.served.iter().chain([&self.trusted]);
        let mut chain: Vec<_> = parts
            // No two signatures are the same, so each is made once.
            .map(|part| made.entry(*part).or_insert_with(|| self.der(*part, now).into()).clone())
            .collect();
        let trusted = chain.pop().expect("the anchor");
        let key = self.certificates[self.served[0] as usize].key();
        Question::with_key(&chain, &trusted, &key.pem, self.host)
    }

    fn der(&self, part: Part, now: OffsetDateTime) -> Vec<u8> {
        if let Some(given) = self.given.get(&part) {
            return given.to_vec();
        }
        let certificate = &self.certificates[part as usize];
        let signer = &self.certificates[certificate.signer as usize];
        let signer_key = signer.key();
        let algorithm = certificate.algorithm.filter(|algorithm| algorithm.fits(signer.kind));
        let algorithm = algorithm.unwrap_or_else(|| Algorithm::usual(signer.kind));
        let key = certificate.key();
        let version = certificate.version;
        let extensions: Vec<_> =
            certificate.extensions.iter().map(|one| one.with_ids(&key, &signer_key).der()).collect();
        let moment = |days| certificate.clock.write(now + Duration::days(days));
        let body = sequence(&[
            if version > 1 { tagged(0, &[integer(&[version - 1])]) } else { Vec::new() },
            integer(&certificate.serial),
            certificate.inside.unwrap_or(algorithm).der(),
            certificate.issuer.clone().unwrap_or_else(|| signer.subject.clone()),
            sequence(&[moment(certificate.days.0), moment(certificate.days.1)]),
            certificate.subject.clone(),
            key.public.clone(),
            if extensions.is_empty() { Vec::new() } else { tagged(3, &[sequence(&extensions)]) },
        ]);
        let mut signature = signer_key.sign(&algorithm, &body);
        if certificate.spoilt {
            let last = signature.len() - 1;
            signature[last] ^= 1;
        }
        sequence(&[body, algorithm.der(), signature])
    }
}

impl Certificate {
    fn good(part: Part) -> Self {
        let (name, signer, extensions) = match part {
            Root => ("Matrix Root CA", Root, authority(Some(1))),
            Stranger => ("Strange Root CA", Stranger, authority(None)),
            Upper => ("Matrix Upper CA", Root, below(authority(Some(1)))),
            Middle | Twin | Past => ("Matrix Issuing CA", Root, below(authority(Some(0)))),
            Leaf => (HOST, Middle, leaf()),
        };
        let (days, serial) = match part {
            Leaf => ((-1, 396), 1),
            Past => ((-400, -2), 2),
            Twin => ((-1, 3650), 3),
            Upper => ((-1, 3650), 4),
            Middle => ((-1, 3650), 5),
            Root | Stranger => ((-1, 3650), 6),
        };
        Self {
            part,
            version: 3,
            serial: [&[0x5a; 15][..], &[serial]].concat(),
            signer,
            issuer: None,
            days,
            clock: Clock::Usual,
            subject: name_of(&[(ORGANIZATION, "Matrix"), (COMMON_NAME, name)]),
            kind: P256,
            algorithm: None,
            inside: None,
            spoilt: false,
            extensions,
            known_key: None,
        }
    }

    fn key(&self) -> Arc<Key> {
        if let Some(known) = &self.known_key {
            return Arc::clone(known);
        }
        // A renewed certificate keeps its key.
        let owner = if self.part == Past { Middle } else { self.part };
        Key::of(owner.name(), self.kind)
    }
}

impl Part {
    fn name(self) -> &'static str {
        ["root", "upper", "middle", "leaf", "twin", "past", "stranger"][self as usize]
    }
}

impl Clock {
    fn write(self, at: OffsetDateTime) -> Vec<u8> {
        let long =
            at.format(format_description!("[year][month][day][hour][minute][second]Z")).expect("a date");
        match self {
            Self::Usual if at.year() >= 2050 => element(0x18, long.as_bytes()),
            Self::Usual => element(0x17, &long.as_bytes()[2..]),
            Self::Generalized => element(0x18, long.as_bytes()),
            Self::Minutes => element(0x17, format!("{}Z", &long[2..12]).as_bytes()),
            Self::Offset => element(0x17, format!("{}+0000", &long[2..14]).as_bytes()),
        }
    }
}

fn authority(path_length: Option<u8>) -> Vec<Extension> {
    vec![
        basic_constraints(true, path_length).critical(),
        key_usage(&[KEY_CERT_SIGN, CRL_SIGN]).critical(),
        subject_key_id(OWN_ID),
    ]
}

fn below(mut extensions: Vec<Extension>) -> Vec<Extension> {
    extensions.push(extended_key_usage(&[SERVER_AUTH]));
    extensions.push(authority_key_id(SIGNER_ID));
    extensions
}

fn leaf() -> Vec<Extension> {
    vec![
        basic_constraints(false, None).critical(),
        key_usage(&[DIGITAL_SIGNATURE]).critical(),
        extended_key_usage(&[SERVER_AUTH]),
        alt_names(&[dns(HOST)]),
        subject_key_id(OWN_ID),
        authority_key_id(SIGNER_ID),
    ]
}

impl Change {
    /// What it changes: of which certificate, and what there.
    fn target(&self) -> (Option<Part>, &'static str) {
        match self {
            Self::Drop(part, oid) | Self::Mark(part, oid, _) => (Some(*part), oid),
            Self::Put(part, extension) | Self::Add(part, extension) => (Some(*part), extension.oid),
            Self::DropAll(part) | Self::Version(part, _) => (Some(*part), ALL),
            Self::Subject(part, _) => (Some(*part), "subject"),
            Self::Issuer(part, _) => (Some(*part), "issuer"),
            Self::SignedBy(part, _) => (Some(*part), "signer"),
            Self::Serial(part, _) => (Some(*part), "serial"),
            Self::Days(part, ..) | Self::Written(part, _) => (Some(*part), "validity"),
            Self::Key(part, _) => (Some(*part), "key"),
            Self::Sign(part, _) | Self::Inside(part, _) | Self::Spoil(part) => (Some(*part), "signature"),
            Self::Serve(_) => (None, "served"),
            Self::Trust(_) => (None, "trusted"),
            Self::Host(_) => (None, "host"),
        }
    }

    /// Whether both change the same.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let ((part, what), (other_part, other_what)) = (self.target(), other.target());
        part == other_part && (what == other_what || (part.is_some() && [what, other_what].contains(&ALL)))
    }
}

/// Stands for all extensions of a certificate.
const ALL: &str = "extensions";
