//! This program, as the commands that are printed name it.

use std::path::PathBuf;

use anyhow::Result;
use labtrust_plan::{Command, ShellLine};

/// The file of this program, which also runs as the process that acts as another user.
pub(crate) fn own_program() -> Result<PathBuf> {
    Ok(std::env::current_exe()?)
}

/// This program with `arguments`, run by root.
///
/// Root has a state of its own: one that a user chose is nothing that root would write to.
pub(crate) fn sudo(arguments: &[String]) -> ShellLine {
    let program = own_program().unwrap_or_else(|_| "labtrust".into());
    ShellLine::from(&Command::new(program, arguments)).by_root()
}

/// The words after the program's name, as they were typed.
pub(crate) fn typed() -> Vec<String> {
    // Not `args`, which ends the program where one is no text.
    std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect()
}
