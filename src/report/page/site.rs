//! The files of the page.

use std::path::Path;

use labtrust_machine::serve::ServedFile;
use labtrust_plan::Host;

use crate::fleet::rendered_folder::NewFile;

/// The mark of our pages: an HTML file without it is somebody else's, and is never replaced.
pub(super) const GENERATOR: &str = "<meta name=\"generator\" content=\"labtrust\">";

/// The beginning of the names of our files.
pub(super) const OURS: &str = "labtrust";

/// The file that a web server sends for the folder.
pub(super) const INDEX: &str = "index.html";

/// A file of the site.
pub(crate) struct SiteFile {
    /// Its path below the folder of the site.
    pub path: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Headers for a server that can send them.
    pub headers: Vec<(&'static str, String)>,
    /// Its contents.
    pub contents: Vec<u8>,
    /// Whether it is a program.
    pub is_program: bool,
}

impl<'f> From<&'f SiteFile> for NewFile<'f> {
    fn from(file: &'f SiteFile) -> Self {
        Self { path: Path::new(&file.path), contents: &file.contents, is_program: file.is_program }
    }
}

/// The site, and what the administrator tells people by another way.
pub(crate) struct Site {
    /// The files, the entry first.
    pub files: Vec<SiteFile>,
    /// The server whose trust the page checks.
    pub host: Host,
}

impl SiteFile {
    /// The file for a server.
    pub(crate) fn served(self) -> ServedFile {
        let Self { path, media_type, headers, contents, .. } = self;
        ServedFile { path: format!("/{path}"), media_type, headers, contents }
    }

    pub(super) fn of(
        path: impl Into<String>,
        media_type: &'static str,
        contents: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            path: path.into(),
            media_type,
            headers: Vec::new(),
            contents: contents.into(),
            is_program: false,
        }
    }

    /// Whether `contents` of a file at this path are from an earlier run, and so may be replaced: a page with our mark, or
    /// any file with our name.
    pub(crate) fn may_replace(&self, contents: &[u8]) -> bool {
        let is_marked = || {
            let mark = GENERATOR.as_bytes();
            contents.windows(mark.len()).any(|part| part == mark)
        };
        *contents == self.contents || self.path.starts_with(OURS) || is_marked()
    }
}
