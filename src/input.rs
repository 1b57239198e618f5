//! Files and folders that people name, and standard input.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use labtrust_machine::World;
use labtrust_plan::text;
use zeroize::Zeroizing;

use crate::hint::{fail, hint};

/// The file name that stands for a standard stream.
pub(crate) const STREAM: &str = "-";

/// The contents of the file at `path`. The error for a missing file has the hint `hint`.
pub(crate) fn bytes(path: &Path, hint: &'static str) -> Result<Zeroizing<Vec<u8>>> {
    match World::read_named(path) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(fail(format!("{} does not exist", text::path(path)), hint)),
        Err(error) => Err(match error.hint() {
            Some(_) => error.into(),
            None => fail(error.to_string(), hint),
        }),
    }
}

/// The absolute path of the folder that was given with `flag`. The folder need not exist.
pub(crate) fn folder(path: &Path, flag: &str) -> Result<PathBuf> {
    let hint = || hint!("pass a folder, an existing one or a new one: {} DIR", flag);
    match path.metadata() {
        Ok(metadata) if !metadata.is_dir() => {
            Err(fail(format!("{} is not a folder", text::path(path)), hint()))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(fail(format!("cannot use {}: {error}", text::path(path)), hint()))
        }
        _ => Ok(std::path::absolute(path)?),
    }
}

/// The bytes on standard input, at most `limit` and one. The extra byte shows that the input is too long.
pub(crate) fn standard_input(limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().take(limit as u64 + 1).read_to_end(&mut bytes).context("cannot read standard input")?;
    Ok(bytes)
}
