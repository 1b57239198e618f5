//! This program's own path and arguments, for the commands that it prints.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_plan::{Command, ShellLine};

/// The path of this program. A second process of it acts as another user.
pub(crate) fn own_program() -> Result<PathBuf> {
    Ok(std::env::current_exe()?)
}

/// This program with `arguments`, run by root.
///
/// Without `--state`: root has a state folder of its own, and must not write to one that a user chose.
pub(crate) fn sudo(arguments: &[String]) -> ShellLine {
    let program = own_program().unwrap_or_else(|_| "labtrust".into());
    ShellLine::from(&Command::new(program, arguments)).by_root()
}

/// Whether it was started as `docker`, as a link in the shipped image names it: nothing else is there that speaks to an engine.
pub(crate) fn is_called_docker() -> bool {
    std::env::args_os().next().is_some_and(|name| Path::new(&name).file_name() == Some("docker".as_ref()))
}

/// The words after the program's name, as they were typed.
pub(crate) fn typed() -> Vec<String> {
    // `args` panics if an argument is not UTF-8.
    std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect()
}
