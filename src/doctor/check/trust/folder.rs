//! What a container tool makes of a folder in a `certs.d`: which files it reads, which it passes over
//! without a word, and which make it give up.

use labtrust_platform::Endpoint;

use super::root::{leads_to, parsed};
use crate::{
    certificate::Parsed,
    doctor::evidence::{CertsDSeen, FileSeen, FolderSeen, Form},
};

/// The folder in `certs_d` that is read for `endpoint`, if it is there.
pub fn exact<'e>(certs_d: Option<&'e CertsDSeen>, endpoint: &Endpoint) -> Option<&'e FolderSeen> {
    named(certs_d, &endpoint.certs_d_folder())
}

/// The folder `name`.
pub fn named<'e>(certs_d: Option<&'e CertsDSeen>, name: &str) -> Option<&'e FolderSeen> {
    certs_d?.folders.answer()?.iter().find(|folder| folder.name == name)
}

/// Its files; none if they could not be listed.
pub fn files(folder: Option<&FolderSeen>) -> &[FileSeen] {
    folder.and_then(|folder| folder.files.answer()).map(Vec::as_slice).unwrap_or_default()
}

/// Whether a file of this name is read as certificates of CAs (moby, `registry.ReadCertsDirectory`;
/// containers/image, `pkg/tlsclientconfig`). Case matters.
pub fn is_read(file: &FileSeen) -> bool {
    std::path::Path::new(&file.name).extension().is_some_and(|ending| ending == "crt")
}

/// The CAs that are loaded from `folder`.
pub fn loaded(folder: Option<&FolderSeen>) -> Vec<Parsed> {
    parsed(files(folder).iter().filter(|file| is_read(file)).flat_map(|file| &file.certificates))
}

/// The first file of `folder` that is not loaded, or not as a whole, and holds what `chain` leads to.
pub fn ignored<'e>(folder: &'e FolderSeen, chain: &[Parsed]) -> Option<&'e FileSeen> {
    files(Some(folder)).iter().find(|file| {
        let lost = if is_read(file) { None } else { Some(&file.certificates) };
        parsed(lost.into_iter().flatten().chain(&file.hidden)).iter().any(|root| leads_to(chain, root))
    })
}

/// The first file that should be read and in which no certificate is to be found.
pub fn without_any(folder: &FolderSeen) -> Option<&FileSeen> {
    let is_none = |form: &Form| {
        matches!(form, Form::Empty | Form::Other | Form::Utf16 | Form::Key | Form::OtherLabel | Form::Der)
    };
    files(Some(folder)).iter().find(|file| is_read(file) && is_none(&file.form))
}

/// The first client's certificate without its key, or key without its certificate: with one of them
/// there, every request to the registry fails.
pub fn stray(folder: &FolderSeen) -> Option<(&FileSeen, String)> {
    let files = files(Some(folder));
    let partner = |file: &FileSeen| {
        let (stem, ending) = file.name.rsplit_once('.')?;
        let other = match ending {
            "cert" => format!("{stem}.key"),
            "key" => format!("{stem}.cert"),
            _ => return None,
        };
        files.iter().all(|file| file.name != other).then_some(other)
    };
    files.iter().find_map(|file| Some((file, partner(file)?)))
}

/// What a file is, in a few words.
pub fn described(form: &Form) -> String {
    match form {
        Form::Pem => "PEM".into(),
        Form::ByteOrderMark => "PEM after a byte order mark, which hides its first certificate".into(),
        Form::OtherLabel => "PEM with another label than CERTIFICATE".into(),
        Form::Der => "DER (binary)".into(),
        Form::Utf16 => "text in UTF-16".into(),
        Form::Key => "a private key".into(),
        Form::Empty => "empty".into(),
        Form::Other => "no certificate".into(),
        Form::TooLarge => "too large".into(),
        Form::Unreadable(why) => format!("unreadable ({why})"),
    }
}
