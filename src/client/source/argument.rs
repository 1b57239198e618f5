//! Parses `SOURCE`. Only the text decides, never the files in the current folder: anybody may put a file there that is
//! named like a host.

use std::path::{Path, PathBuf};

use labtrust_plan::{Fingerprint, Target, text};

use anyhow::Result;

use crate::{
    client::reader::KINDS,
    exit::{Misuse, misuse, no_host},
    hint::{Hint, hint},
};

/// A source of certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Input,
    /// A server's handshake.
    Server(Target),
}

/// Endings of certificate files. None is a top-level domain.
const ENDINGS: [&str; 8] = ["crt", "cer", "pem", "der", "p7b", "p7c", "pfx", "p12"];

impl Source {
    /// Parses `text`. A file name has a slash in it.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if text == "-" {
            return Ok(Self::Input);
        }
        if is_file(text) {
            return Ok(Self::File(text.into()));
        }
        if has_ending(text) && !text.contains('/') {
            let hint = file_hint(text).unwrap_or_else(|| KINDS.into());
            return Err(misuse(format!("{text:?} has no slash in it, so it is not taken as a file"), hint));
        }
        if Fingerprint::looks_like(text) {
            return Err(misuse(
                format!("{text:?} is a fingerprint, not a source"),
                "pass the certificate's source as well: {labtrust trust HOST:4567 --fingerprint SHA256}",
            ));
        }
        text.parse().map(Self::Server).map_err(|error| match (file_hint(text), no_host(&error)) {
            (Some(hint), _) => Misuse { what: error.to_string(), hint }.into(),
            (None, error) => error,
        })
    }

    /// The source in messages.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::File(path) => text::path(path),
            Self::Input => "standard input".into(),
            Self::Server(target) => target.to_string(),
        }
    }
}

/// Whether `text` can only be a file.
pub(super) fn is_file(text: &str) -> bool {
    // `gitlab.example.com/group` is an address without its scheme. A folder of that name needs `./` too.
    let is_in_folder = |(first, _): (&str, &str)| {
        !first.trim_start_matches('.').contains(['.', ':', '@']) || has_ending(text)
    };
    !text.contains("://") && (text.contains('\\') || text.split_once('/').is_some_and(is_in_folder))
}

fn has_ending(text: &str) -> bool {
    let ending = Path::new(text).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ENDINGS.contains(&ending.to_lowercase().as_str())
}

/// The hint for a file `text` in the current folder, if there is one.
pub(super) fn file_hint(text: &str) -> Option<Hint> {
    let is_here = !text.is_empty() && !text.starts_with('/') && Path::new(text).symlink_metadata().is_ok();
    is_here.then(|| {
        hint!("to use the file of that name in the current folder, add a slash: {}", format!("./{text}"))
    })
}

/// `source` with an absolute path.
pub(crate) fn absolute(source: &str) -> String {
    match Source::parse(source) {
        Ok(Source::File(path)) => std::path::absolute(&path).unwrap_or(path).display().to_string(),
        _ => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_alone_says_what_a_source_is() {
        for text in [
            "./ca.crt",
            "./gitlab.example.com",
            "../ca",
            "/ca",
            "folder/ca",
            "certs.d/host:4567/ca.crt",
            "./-",
            "C:\\ca.crt",
            ".hidden/ca",
        ] {
            assert_eq!(Source::parse(text).expect(text), Source::File(text.into()));
        }
        for text in [
            "gitlab.example.com",
            "gitlab.example.com:4567",
            "nas",
            "192.0.2.10",
            "::1",
            "https://a.example/",
        ] {
            assert!(matches!(Source::parse(text), Ok(Source::Server(_))), "{text}");
        }
        assert_eq!(Source::parse("-").expect("standard input"), Source::Input);
        for text in [
            "ca.crt",
            "CA.PEM",
            "a:1.p12",
            "gitlab.example.com/group",
            "a:443/ca",
            "my file",
            "https://a.example/ca.crt",
            "",
        ] {
            let error = Source::parse(text).expect_err(text);
            assert!(error.downcast_ref::<Misuse>().is_some(), "{text}: {error}");
        }
    }
}
