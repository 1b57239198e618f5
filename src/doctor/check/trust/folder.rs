//! Judges a folder of a `certs.d` as a container tool reads it: which files it loads, which it ignores without an
//! error, and which make it reject the folder.

use labtrust_plan::{Endpoint, text};

use super::anchors::{leads_to, parsed};
use crate::{
    certificate::Parsed,
    doctor::evidence::{CertsDSeen, FileForm, FileSeen, FolderSeen},
};

/// The folder in `certs_d` for `endpoint`, if it exists.
pub(super) fn exact<'e>(certs_d: Option<&'e CertsDSeen>, endpoint: &Endpoint) -> Option<&'e FolderSeen> {
    named(certs_d, &endpoint.certs_d_folder())
}

/// The folder `name` in `certs_d`, if it exists.
pub(super) fn named<'e>(certs_d: Option<&'e CertsDSeen>, name: &str) -> Option<&'e FolderSeen> {
    certs_d?.folders.answer()?.iter().find(|folder| folder.name == name)
}

/// Why a tool's folder `name` in `certs_d`, or a CA file in it, could not be read. Where such a file might hold the CA, its
/// absence is not known.
pub(super) fn fault(certs_d: Option<&CertsDSeen>, name: &str) -> Option<String> {
    let certs_d = certs_d?;
    if let Some(why) = certs_d.folders.fault() {
        return Some(why.to_owned());
    }
    let folder = named(Some(certs_d), name)?;
    let unreadable_file = || {
        files(Some(folder)).iter().filter(|file| is_read(file)).find_map(|file| match &file.form {
            FileForm::Unreadable(why) => {
                let path = text::path(&certs_d.path.join(&folder.name).join(&file.name));
                Some(if why.contains(&path) { why.to_string() } else { format!("{path}: {why}") })
            }
            _ => None,
        })
    };
    folder.files.fault().map(str::to_owned).or_else(unreadable_file)
}

/// The files of `folder`; none if they could not be listed.
pub(super) fn files(folder: Option<&FolderSeen>) -> &[FileSeen] {
    folder.and_then(|folder| folder.files.answer()).map(Vec::as_slice).unwrap_or_default()
}

/// Whether `folder` has containerd's settings, which then decide which CAs it trusts.
pub(super) fn has_settings(folder: &FolderSeen) -> bool {
    files(Some(folder)).iter().any(|file| file.name == "hosts.toml")
}

/// Whether a tool reads the file as CA certificates (moby, `registry.ReadCertsDirectory`; containers/image,
/// `pkg/tlsclientconfig`). Case matters.
pub(super) fn is_read(file: &FileSeen) -> bool {
    std::path::Path::new(&file.name).extension().is_some_and(|ending| ending == "crt")
}

/// The CAs that a tool loads from `folder`.
pub(super) fn loaded(folder: Option<&FolderSeen>) -> Vec<Parsed> {
    parsed(files(folder).iter().filter(|file| is_read(file)).flat_map(|file| &file.certificates))
}

/// The first file of `folder` that holds the CA of `chain`, but that the tool does not load, or only in part.
pub(super) fn ignored<'e>(folder: &'e FolderSeen, chain: &[Parsed]) -> Option<&'e FileSeen> {
    files(Some(folder)).iter().find(|file| {
        let lost = if is_read(file) { None } else { Some(&file.certificates) };
        parsed(lost.into_iter().flatten().chain(&file.hidden)).iter().any(|root| leads_to(chain, root))
    })
}

/// The first CA file that contains no certificate in PEM.
pub(super) fn without_any(folder: &FolderSeen) -> Option<&FileSeen> {
    files(Some(folder)).iter().find(|file| is_read(file) && holds_none(&file.form))
}

/// Whether a file of this form contains no certificate in PEM.
fn holds_none(form: &FileForm) -> bool {
    matches!(
        form,
        FileForm::Empty
            | FileForm::Other
            | FileForm::Utf16
            | FileForm::Key
            | FileForm::OtherLabel
            | FileForm::Der
    )
}

/// A file that makes a tool reject the whole folder.
pub(super) enum Fatal<'e> {
    /// A client certificate without its key, or a key without its certificate; with the name of the missing file.
    HalfPair(&'e FileSeen, String),
    /// A file with a name that the tool reads, but that it cannot read.
    Unreadable(&'e FileSeen),
}

/// The tool that reads a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Docker,
    Podman,
    Containerd,
}

/// The first file that makes `reader` reject the folder (moby, `registry.loadTLSConfig`; containers/image,
/// `pkg/tlsclientconfig`; containerd, `core/remotes/docker/config/hosts.go`). A file that only this program cannot
/// read does not count.
pub(super) fn fatal(folder: &FolderSeen, reader: Reader) -> Option<Fatal<'_>> {
    let files = files(Some(folder));
    let has_no_partner = |file: &FileSeen| {
        let (stem, ending) = file.name.rsplit_once('.')?;
        let other = match ending {
            // containerd also looks for the key in the certificate's file, and ignores a key without a certificate.
            "cert" if reader == Reader::Containerd && file.form == FileForm::PemWithKey => return None,
            "key" if reader == Reader::Containerd => return None,
            "cert" => format!("{stem}.key"),
            "key" => format!("{stem}.cert"),
            _ => return None,
        };
        files.iter().all(|file| file.name != other).then_some(other)
    };
    let is_unreadable = |file: &FileSeen| match &file.form {
        // containerd ignores folders.
        FileForm::Folder => reader != Reader::Containerd,
        FileForm::NoFile(_) => true,
        // podman ignores a CA file that vanishes between its two reads; containerd ignores such a key.
        FileForm::Dangling => match reader {
            Reader::Docker => true,
            Reader::Podman => !is_read(file),
            Reader::Containerd => file.name.rsplit_once('.').is_none_or(|(_, ending)| ending != "key"),
        },
        form => reader == Reader::Containerd && is_read(file) && holds_none(form),
    };
    files.iter().find_map(|file| match has_no_partner(file) {
        Some(other) => Some(Fatal::HalfPair(file, other)),
        None => (is_opened(file) && is_unreadable(file)).then_some(Fatal::Unreadable(file)),
    })
}

/// Whether a tool opens the file: a CA, a client certificate or a client key.
fn is_opened(file: &FileSeen) -> bool {
    let endings = ["crt", "cert", "key"];
    file.name.rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending))
}

/// The form of a file, in a few words.
pub(super) fn described(form: &FileForm) -> String {
    match form {
        FileForm::Pem => "PEM".into(),
        FileForm::PemWithKey => "PEM with a private key".into(),
        FileForm::ByteOrderMark => "PEM after a byte order mark, which hides its first certificate".into(),
        FileForm::OtherLabel => "PEM with another label than CERTIFICATE".into(),
        FileForm::Der => "DER (binary)".into(),
        FileForm::Utf16 => "text in UTF-16".into(),
        FileForm::Key => "a private key".into(),
        FileForm::Empty => "empty".into(),
        FileForm::Other => "not a certificate".into(),
        FileForm::TooLarge => "too large".into(),
        FileForm::Folder => "a folder".into(),
        FileForm::Dangling => "a link that leads to nothing".into(),
        FileForm::NoFile(what) => what.to_string(),
        FileForm::Unreadable(why) => format!("unreadable ({why})"),
    }
}
