//! The programs that verify certificates, one row each: rules use their ids, and people read their names.

use std::fmt;

use serde::{Serialize, Serializer};

/// A program or a platform that verifies a server's certificate, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// curl, and git where it is built with OpenSSL: a handshake by OpenSSL's defaults.
    Curl,
    /// The command `openssl verify`.
    OpenSsl,
    /// The command `openssl verify -x509_strict`.
    OpenSslStrict,
    /// Python's ssl module: OpenSSL's handshake, strict by default since 3.13.
    Python,
    /// Node.js with its own OpenSSL.
    Node,
    /// The default trust manager of the JDK.
    Java,
    /// Go's crypto/x509: Docker, Podman, glab, GitLab Runner, Terraform.
    Go,
    /// Chrome, Edge and other browsers on Chromium.
    Chrome,
    /// Firefox, by `mozilla::pkix`.
    Firefox,
    /// NSS's own verification, as `certutil -V` does it.
    Nss,
    /// GnuTLS: wget, and git as Debian and Ubuntu build it.
    GnuTls,
    /// rustls-webpki: programs in Rust.
    Rustls,
    /// Safari, and every program that uses the platform's verification, on macOS and iOS.
    Apple,
    /// `CryptoAPI` and Schannel.
    Windows,
    /// Android apps.
    Android,
    /// `LibreSSL`: macOS's curl, and `OpenBSD`.
    LibreSsl,
}

/// A client in the table.
struct ClientRow {
    client: Client,
    /// The id for scripts.
    id: &'static str,
    /// The name for people.
    name: &'static str,
    /// The program that a version belongs to.
    program: &'static str,
    /// The evidence for its behaviour, if a rule names no other.
    known_from: KnownFrom,
}

/// The evidence for the behaviour of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "known_from", content = "source", rename_all = "lowercase")]
pub enum KnownFrom {
    /// The client was run; the tests contain its answers.
    Measured,
    /// Its documentation or source code, named here.
    Documentation(&'static str),
}
use KnownFrom::{Documentation, Measured};

const ROWS: [ClientRow; 16] = [
    ClientRow {
        client: Client::Curl,
        id: "curl",
        name: "curl and git (OpenSSL)",
        program: "OpenSSL",
        known_from: Measured,
    },
    ClientRow {
        client: Client::OpenSsl,
        id: "openssl",
        name: "openssl verify",
        program: "OpenSSL",
        known_from: Measured,
    },
    ClientRow {
        client: Client::OpenSslStrict,
        id: "openssl-strict",
        name: "openssl verify -x509_strict",
        program: "OpenSSL",
        known_from: Measured,
    },
    ClientRow {
        client: Client::Python,
        id: "python",
        name: "Python",
        program: "Python",
        known_from: Measured,
    },
    ClientRow { client: Client::Node, id: "node", name: "Node", program: "Node", known_from: Measured },
    ClientRow { client: Client::Java, id: "java", name: "Java", program: "Java", known_from: Measured },
    ClientRow { client: Client::Go, id: "go", name: "Go and Docker", program: "Go", known_from: Measured },
    ClientRow {
        client: Client::Chrome,
        id: "chrome",
        name: "Chrome",
        program: "Chrome",
        known_from: Measured,
    },
    ClientRow {
        client: Client::Firefox,
        id: "firefox",
        name: "Firefox",
        program: "Firefox",
        known_from: Documentation("mozilla::pkix (security/nss/lib/mozpkix)"),
    },
    ClientRow {
        client: Client::Nss,
        id: "nss",
        name: "NSS (certutil)",
        program: "NSS",
        known_from: Measured,
    },
    ClientRow {
        client: Client::GnuTls,
        id: "gnutls",
        name: "GnuTLS (wget)",
        program: "GnuTLS",
        known_from: Measured,
    },
    ClientRow {
        client: Client::Rustls,
        id: "rustls",
        name: "rustls",
        program: "rustls-webpki",
        known_from: Measured,
    },
    ClientRow {
        client: Client::Apple,
        id: "apple",
        name: "Apple",
        program: "macOS",
        known_from: Documentation("Apple's SecPolicyServer.c"),
    },
    ClientRow {
        client: Client::Windows,
        id: "windows",
        name: "Windows",
        program: "Windows",
        known_from: Documentation("learn.microsoft.com: CERT_TRUST_STATUS"),
    },
    ClientRow {
        client: Client::Android,
        id: "android",
        name: "Android apps",
        program: "Android",
        known_from: Documentation("Conscrypt's TrustManagerImpl"),
    },
    ClientRow {
        client: Client::LibreSsl,
        id: "libressl",
        name: "LibreSSL",
        program: "LibreSSL",
        known_from: Documentation("LibreSSL's x509_verify.c"),
    },
];

/// A version by its first two numbers, such as 3.13.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16, pub u16);

/// The versions of a client that a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Versions {
    /// All versions in use.
    All,
    /// This version and later ones.
    Since(Version),
    /// Versions before this one.
    Before(Version),
}

/// Some versions of a client, and the evidence for their behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct By {
    /// The client.
    pub client: Client,
    /// Its versions.
    pub versions: Versions,
    /// The evidence.
    pub known_from: KnownFrom,
}

impl Client {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.client)
    }

    const fn row(self) -> &'static ClientRow {
        &ROWS[self as usize]
    }

    /// The id that scripts read, such as `go`.
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// The name that people know, such as `Go and Docker`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// All its versions.
    pub const fn any(self) -> By {
        By { client: self, versions: Versions::All, known_from: self.row().known_from }
    }

    /// Its versions from this one on.
    pub(super) const fn since(self, major: u16, minor: u16) -> By {
        By { versions: Versions::Since(Version(major, minor)), ..self.any() }
    }

    /// Its versions before this one.
    pub(super) const fn before(self, major: u16, minor: u16) -> By {
        By { versions: Versions::Before(Version(major, minor)), ..self.any() }
    }
}

impl By {
    /// The same, with this document or source file as the evidence: the tests cannot run the client.
    pub(super) const fn read_in(self, source: &'static str) -> By {
        By { known_from: Documentation(source), ..self }
    }

    /// The document or source file that is the evidence; none if the client was run.
    pub fn source(&self) -> Option<&'static str> {
        match self.known_from {
            Measured => None,
            Documentation(source) => Some(source),
        }
    }
}

impl Versions {
    /// Whether `version` is among them.
    pub fn contain(self, version: Version) -> bool {
        match self {
            Self::All => true,
            Self::Since(first) => version >= first,
            Self::Before(end) => version < end,
        }
    }
}

impl Serialize for Client {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            0 => write!(f, "{}", self.0),
            minor => write!(f, "{}.{minor}", self.0),
        }
    }
}

/// `Python 3.13 and later`, `Go and Docker (since Go 1.23)`, `Apple (before macOS 10.13)`.
impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ClientRow { name, program, .. } = self.client.row();
        match self.versions {
            Versions::All => f.write_str(name),
            Versions::Since(first) if name == program => write!(f, "{name} {first} and later"),
            Versions::Since(first) => write!(f, "{name} (since {program} {first})"),
            Versions::Before(end) if name == program => write!(f, "{name} before {end}"),
            Versions::Before(end) => write!(f, "{name} (before {program} {end})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_row() {
        for (index, row) in ROWS.iter().enumerate() {
            assert_eq!(row.client as usize, index, "{}", row.id);
        }
        for (by, text) in [
            (Client::Java.any(), "Java"),
            (Client::Python.since(3, 13), "Python 3.13 and later"),
            (Client::Go.since(1, 23), "Go and Docker (since Go 1.23)"),
            (Client::Apple.before(10, 13), "Apple (before macOS 10.13)"),
            (Client::Node.before(24, 0), "Node before 24"),
        ] {
            assert_eq!(by.to_string(), text);
        }
    }
}
