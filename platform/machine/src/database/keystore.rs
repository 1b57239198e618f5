//! Java keystores. They are read here, and written by keytool: by the hook of a distribution's updater, whose alias is known,
//! or by labtrust, under an alias of its own. A certificate is found by its SHA-256, whatever its alias.

mod entries;
mod file;
mod hook;
mod keytool;
mod rewrite;
mod trusted;

pub use self::entries::{Entry, entries, is_whole};
#[cfg(fuzzing)]
pub(crate) use self::entries::{entries_with, entries_without_password};
pub(crate) use self::file::await_writers;
pub use self::hook::{add, delete, holds};
pub(super) use self::trusted::Tool;
