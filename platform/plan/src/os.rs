//! Operating systems, and what an absolute path looks like on each.

use serde::{Deserialize, Serialize};

/// An operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Os {
    /// Linux.
    Linux,
    /// macOS.
    Macos,
    /// FreeBSD.
    Freebsd,
    /// Windows.
    Windows,
    /// Anything else.
    Other,
}

impl Os {
    /// The system that this program was built for.
    pub fn current() -> Self {
        if cfg!(target_os = "linux") {
            Self::Linux
        } else if cfg!(target_os = "macos") {
            Self::Macos
        } else if cfg!(target_os = "freebsd") {
            Self::Freebsd
        } else if cfg!(windows) {
            Self::Windows
        } else {
            Self::Other
        }
    }

    /// Whether `text` is an absolute path on this system, without `..`. Recorded facts and receipts may only contain such
    /// paths.
    pub fn is_absolute(self, text: &str) -> bool {
        let has_root = match self {
            Self::Windows => {
                text.starts_with(r"\\")
                    || matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
            }
            Self::Linux | Self::Macos | Self::Freebsd | Self::Other => text.starts_with('/'),
        };
        has_root && !text.contains('\0') && text.split(['/', '\\']).all(|part| part != "..")
    }
}
