//! The program's archives and packages, which the page can offer.

use super::site::{OURS, SiteFile};

/// The beginnings of programs, archives and packages: ELF, Mach-O, Windows, gzip, xz, zstd, zip, .deb (ar), .rpm. A key or a
/// backup begins with none of them.
const BEGINNINGS: &[&[u8]] = &[
    b"\x7fELF",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"MZ",
    b"\x1f\x8b",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"PK\x03\x04",
    b"!<arch>\n",
    b"\xed\xab\xee\xdb",
];

/// A file that brings the program to a system.
pub(crate) struct Program {
    /// The file's name.
    pub name: String,
    /// Its contents.
    pub contents: Vec<u8>,
}

/// Whether the page offers the file `name` that begins with `contents`.
pub(crate) fn is_offered(name: &str, contents: &[u8]) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+~".contains(&byte);
    name.starts_with(OURS)
        && name.bytes().all(is_plain)
        && BEGINNINGS.iter().any(|beginning| contents.starts_with(beginning))
}

/// The systems whose names occur in the names of files.
const SYSTEMS: &[(&str, &[&str])] = &[
    ("mac", &["apple", "darwin", "macos"]),
    ("windows", &["windows", ".exe", "win64"]),
    ("linux", &["linux", ".deb", ".rpm", ".apk", ".pkg.tar"]),
];

impl Program {
    /// The file of the site.
    pub(super) fn file(&self) -> SiteFile {
        SiteFile {
            is_program: self.contents.starts_with(b"\x7fELF"),
            ..SiteFile::of(self.name.clone(), "application/octet-stream", self.contents.clone())
        }
    }

    /// Whether it is for the system `id`. A name that tells no system is for all.
    pub(super) fn is_for(&self, id: &str) -> bool {
        let name = self.name.to_ascii_lowercase();
        let of = SYSTEMS.iter().find(|(_, words)| words.iter().any(|word| name.contains(word)));
        of.is_none_or(|(system, _)| *system == id)
    }
}
