//! What is trusted on this machine, as far as it matters to the chains that were served.

use std::path::PathBuf;

use labtrust_plan::{Certificate, Fingerprint};
use serde::{Deserialize, Serialize};

use super::{Asked, Redacted};

/// What is trusted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TrustSeen {
    /// The system's bundle, where there is one.
    pub system: Option<BundleSeen>,
    /// The folders by which container tools trust one registry at a time.
    #[serde(default)]
    pub certs_d: Vec<CertsDSeen>,
    /// Those CAs that labtrust made or trusted here and that a served chain may lead to.
    #[serde(default)]
    pub known: Vec<Certificate>,
    /// Those CAs that labtrust made or trusted here for this host.
    #[serde(default)]
    pub expected: Vec<Certificate>,
    /// The root's fingerprint, if whoever asks has named it.
    #[serde(default)]
    pub fingerprint: Option<Fingerprint>,
}

/// A bundle of anchors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BundleSeen {
    /// The file.
    pub path: PathBuf,
    /// When it was written, in milliseconds since 1970.
    pub written: Option<u64>,
    /// Those of its certificates whose subject is the issuer of a certificate that was served, or that
    /// were served themselves.
    pub candidates: Asked<Vec<Certificate>>,
}

/// A `certs.d`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CertsDSeen {
    /// The folder.
    pub path: PathBuf,
    /// What is in it for this host, by a right name or a wrong one; none if it is not there.
    pub folders: Asked<Vec<FolderSeen>>,
}

impl CertsDSeen {
    /// All files in it that could be listed.
    pub fn files(&self) -> impl Iterator<Item = &FileSeen> {
        let folders = self.folders.answer().into_iter().flatten();
        folders.filter_map(|folder| folder.files.answer()).flatten()
    }
}

/// A folder of a `certs.d`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FolderSeen {
    /// Its name; empty for the `certs.d` itself, where no file belongs.
    pub name: String,
    /// Its files.
    pub files: Asked<Vec<FileSeen>>,
}

/// A file in such a folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileSeen {
    /// Its name.
    pub name: String,
    /// What it is.
    pub form: FileForm,
    /// The certificates that whoever reads plain PEM finds in it, as far as a served chain may lead to them.
    #[serde(default)]
    pub certificates: Vec<Certificate>,
    /// Those that only others find in it.
    #[serde(default)]
    pub hidden: Vec<Certificate>,
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileForm {
    /// PEM with a certificate in it.
    Pem,
    /// The same, and a private key, which is not kept.
    PemWithKey,
    /// A certificate in PEM after the three bytes that some editors put first, which hide the first certificate.
    ByteOrderMark,
    /// PEM whose label is not `CERTIFICATE`, such as OpenSSL's `TRUSTED CERTIFICATE`.
    OtherLabel,
    /// Binary.
    Der,
    /// Text in UTF-16.
    Utf16,
    /// A private key; it is not kept.
    Key,
    /// There is nothing in it.
    Empty,
    /// Something else.
    Other,
    /// It is too large for a certificate.
    TooLarge,
    /// A folder.
    Folder,
    /// A link that leads to nothing.
    Dangling,
    /// Something that can be opened by nobody, or by nobody who wants to read a file; with what it is.
    NoFile(Redacted),
    /// It could not be read; with the reason.
    Unreadable(Redacted),
}
