//! The certificates and trust objects in `cert9.db`. Each attribute of an object is a column of the table `nssPublic`, named
//! after its number in PKCS#11 (NSS, `lib/softoken/sdb.c`).
//!
//! Since PKCS#11 3.2, NSS stores trust in objects of another class than before. Older tools neither show nor delete those, but
//! newer programs obey them, even after their certificate is deleted.

use labtrust_plan::Certificate;

use super::sqlite::{self, Row};

/// `CKO_CERTIFICATE`, `CKO_TRUST` and NSS's own class of trust before it (`CKO_NSS_TRUST`).
const CERTIFICATE: &str = "00000001";
const TRUST: &str = "0000000b";
const OLD_TRUST: &str = "ce534353";
/// `CKT_TRUST_ANCHOR`, of the new class.
const ANCHOR: &str = "00000002";

/// The contents of a database.
#[derive(Debug)]
pub(crate) struct Contents {
    /// The certificates.
    pub(crate) certificates: Vec<Stored>,
    trusts: Vec<Trust>,
    objects: usize,
}

/// A certificate in a database.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    der: Vec<u8>,
    /// Its nickname; empty if it has none.
    pub(crate) label: String,
    /// Its `CKA_ID`, which NSS makes from its public key.
    pub(crate) id: Vec<u8>,
}

/// A trust object.
#[derive(Debug)]
struct Trust {
    is_new: bool,
    is_anchor: bool,
    issuer: Vec<u8>,
    serial: Vec<u8>,
    /// The SHA-256 of its certificate, in an object of the new class.
    sha256: Option<Vec<u8>>,
}

impl Contents {
    /// Parses the file `cert9.db`; none if it is damaged or of another format.
    pub(crate) fn parse(file: &[u8]) -> Option<Self> {
        let rows = sqlite::rows(file, "nssPublic")?;
        let of_class = |class: &'static str| rows.iter().filter(move |row| is(row, "a0", class));
        let certificate = |row: &Row| {
            let bytes = |name| row.get(name).cloned().unwrap_or_default();
            let label = String::from_utf8_lossy(&bytes("a3")).into_owned();
            // NSS writes three bytes in place of an empty value (`SQLITE_EXPLICIT_NULL`).
            let label = if bytes("a3") == [0xa5, 0, 0x5a] { String::new() } else { label };
            Stored { der: bytes("a11"), label, id: bytes("a102") }
        };
        let trusts = [(TRUST, true), (OLD_TRUST, false)];
        let trusts = trusts.into_iter().flat_map(|(class, is_new)| {
            of_class(class).map(move |row| Trust {
                is_new,
                // CKA_TRUST_SERVER_AUTH.
                is_anchor: is_new && is(row, "a62c", ANCHOR),
                issuer: row.get("a81").cloned().unwrap_or_default(),
                serial: row.get("a82").cloned().unwrap_or_default(),
                // CKA_HASH_OF_CERTIFICATE, if it is a SHA-256.
                sha256: row.get("a635").filter(|hash| hash.len() == 32).cloned(),
            })
        });
        Some(Self {
            certificates: of_class(CERTIFICATE).map(certificate).collect(),
            trusts: trusts.collect(),
            objects: rows.len(),
        })
    }

    /// `certificate`, if the database holds it.
    pub(crate) fn find(&self, certificate: &Certificate) -> Option<&Stored> {
        self.certificates.iter().find(|stored| stored.der == certificate.der())
    }

    /// Whether it holds no object at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.objects == 0
    }

    /// Whether `certificate` is an anchor for servers by an object of the new class; none if there is no such object.
    pub(crate) fn new_trust(&self, certificate: &Certificate) -> Option<bool> {
        let mut new = self.trusts.iter().filter(|trust| trust.is_new && trust.is_of(certificate));
        new.next().map(|first| first.is_anchor || new.any(|trust| trust.is_anchor))
    }

    /// Whether there is a trust object of `certificate`, of any class.
    pub(crate) fn has_trust(&self, certificate: &Certificate) -> bool {
        self.trusts.iter().any(|trust| trust.is_of(certificate))
    }
}

impl Trust {
    /// Whether it is about `certificate`: by its hash, else by its issuer and serial number as they are encoded.
    fn is_of(&self, certificate: &Certificate) -> bool {
        if let Some(sha256) = &self.sha256 {
            return certificate.fingerprint().to_string() == hex(sha256);
        }
        let holds = |part: &[u8]| {
            !part.is_empty() && certificate.der().windows(part.len()).any(|window| window == part)
        };
        holds(&self.issuer) && holds(&self.serial)
    }
}

fn is(row: &Row, column: &str, value: &str) -> bool {
    row.get(column).is_some_and(|bytes| hex(bytes) == value)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
