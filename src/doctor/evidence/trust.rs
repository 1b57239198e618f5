//! Evidence about the stores of this machine: the CAs that the servers' chains may lead to.

use std::path::PathBuf;

use labtrust_plan::{Certificate, Fingerprint};
use serde::{Deserialize, Serialize};

use super::{Asked, Redacted};

/// The stores of this machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TrustSeen {
    /// The system's bundle, where there is one.
    pub system: Option<BundleSeen>,
    /// The folders in which container tools keep the CAs of one registry each.
    #[serde(default)]
    pub certs_d: Vec<CertsDSeen>,
    /// The CAs that labtrust made or trusted here and that a server's chain may lead to.
    #[serde(default)]
    pub known: Vec<Certificate>,
    /// The CAs that labtrust made or trusted here for this host.
    #[serde(default)]
    pub expected: Vec<Certificate>,
    /// The root's fingerprint, if the user gave it.
    #[serde(default)]
    pub fingerprint: Option<Fingerprint>,
}

/// A bundle of anchors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BundleSeen {
    /// The file.
    pub path: PathBuf,
    /// The time of its last change, in milliseconds since 1970.
    pub written: Option<u64>,
    /// Its certificates that signed, by name, a certificate of a server, or that a server sent.
    pub candidates: Asked<Vec<Certificate>>,
}

/// A `certs.d`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CertsDSeen {
    /// The folder.
    pub path: PathBuf,
    /// Its folders whose names look like this host; empty if it does not exist.
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
    /// Its name; empty for files in the `certs.d` itself, where no file belongs.
    pub name: String,
    /// Its files.
    pub files: Asked<Vec<FileSeen>>,
}

/// A file in such a folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileSeen {
    /// Its name.
    pub name: String,
    /// Its form.
    pub form: FileForm,
    /// The certificates that a reader of plain PEM finds in it and that a server's chain may lead to.
    #[serde(default)]
    pub certificates: Vec<Certificate>,
    /// The certificates in it that only other readers find.
    #[serde(default)]
    pub hidden: Vec<Certificate>,
}

/// The form of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileForm {
    /// PEM with a certificate in it.
    Pem,
    /// PEM with a certificate and a private key, which is not stored.
    PemWithKey,
    /// A certificate in PEM after the three bytes that some editors put first, which hide the first certificate.
    ByteOrderMark,
    /// PEM whose label is not `CERTIFICATE`, such as OpenSSL's `TRUSTED CERTIFICATE`.
    OtherLabel,
    /// A certificate in DER (binary).
    Der,
    /// Text in UTF-16.
    Utf16,
    /// A private key, which is not stored.
    Key,
    /// Empty.
    Empty,
    /// Another form.
    Other,
    /// It is too large for a certificate.
    TooLarge,
    /// A folder.
    Folder,
    /// A link to a file that does not exist.
    Dangling,
    /// Not a regular file; with its kind.
    NoFile(Redacted),
    /// It could not be read; with the reason.
    Unreadable(Redacted),
}
