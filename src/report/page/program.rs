//! The program's archives and packages, which the page can offer: files with the names that a release gives them. A folder can
//! also hold what nobody may read, such as a backup.

use super::site::{OURS, SiteFile};

/// The systems, as targets of the compiler end.
const TARGETS: &[&str] = &["-unknown-linux-musl", "-apple-darwin", "-pc-windows-gnu"];

/// The kinds of machines, as packages and targets call them.
const MACHINES: [&str; 4] = ["x86_64", "aarch64", "amd64", "arm64"];

/// The files of a release (scripts/release), by gzip, zip, ar, rpm and zstd.
#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { between: ['-', '-'], systems: TARGETS, ending: ".tar.gz", beginning: b"\x1f\x8b" },
    Kind { between: ['-', '-'], systems: TARGETS, ending: ".zip", beginning: b"PK\x03\x04" },
    Kind { between: ['_', '_'], systems: &[""], ending: ".deb", beginning: b"!<arch>\n" },
    Kind { between: ['-', '.'], systems: &[""], ending: ".rpm", beginning: b"\xed\xab\xee\xdb" },
    Kind { between: ['_', '_'], systems: &[""], ending: ".apk", beginning: b"\x1f\x8b" },
    Kind { between: ['-', '-'], systems: &[""], ending: ".pkg.tar.zst", beginning: b"\x28\xb5\x2f\xfd" },
];

/// A kind of file: `labtrust`, the version and the machine with a character each between them, the system, and the ending.
struct Kind {
    between: [char; 2],
    systems: &'static [&'static str],
    ending: &'static str,
    /// How its contents begin.
    beginning: &'static [u8],
}

/// A file that brings the program to a system.
pub(crate) struct Program {
    /// The file's name.
    pub name: String,
    /// Its contents.
    pub contents: Vec<u8>,
}

/// Whether an archive or package of a release is called `name`.
pub(crate) fn is_of_a_release(name: &str) -> bool {
    KINDS.iter().any(|kind| kind.has(name))
}

impl Kind {
    fn has(&self, name: &str) -> bool {
        let [first, second] = self.between;
        let version = || {
            let rest = name.strip_suffix(self.ending)?;
            let rest = self.systems.iter().find_map(|system| rest.strip_suffix(system))?;
            let rest = MACHINES.iter().find_map(|machine| rest.strip_suffix(machine))?;
            rest.strip_suffix(second)?.strip_prefix(OURS)?.strip_prefix(first)
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+~".contains(&byte);
        version().is_some_and(|version| {
            version.starts_with(|first: char| first.is_ascii_digit()) && version.bytes().all(is_plain)
        })
    }
}

/// The systems whose names occur in the names of files.
const SYSTEMS: &[(&str, &[&str])] = &[
    ("mac", &["-apple-"]),
    ("windows", &["-windows-"]),
    ("linux", &["-linux-", ".deb", ".rpm", ".apk", ".pkg.tar"]),
];

impl Program {
    /// Whether the page offers it: its name and its beginning are those of an archive or package of a release.
    pub(crate) fn is_offered(&self) -> bool {
        KINDS.iter().any(|kind| kind.has(&self.name) && self.contents.starts_with(kind.beginning))
    }

    /// The file of the site.
    pub(super) fn file(&self) -> SiteFile {
        SiteFile::of(self.name.clone(), "application/octet-stream", self.contents.clone())
    }

    /// Whether it is for the system `id`.
    pub(super) fn is_for(&self, id: &str) -> bool {
        let words = SYSTEMS.iter().filter(|(system, _)| *system == id).flat_map(|(_, words)| *words);
        words.into_iter().any(|word| self.name.contains(word))
    }
}
