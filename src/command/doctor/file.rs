//! Evidence in a file: written here for a ticket, judged elsewhere.

use std::path::Path;

use anyhow::{Context as _, Result};
use labtrust_platform::{Contents, World, text, world::Access};
use serde::Deserialize;

use crate::{
    command::source,
    doctor::{Evidence, evidence::SCHEMA},
    hint::fail,
};

/// No evidence is larger, but by somebody's intent: most is a hundredth of it.
const LARGEST: usize = 8 << 20;
const HINT: &str = "give a file that labtrust doctor --evidence FILE has written";

/// What every form of evidence says of itself.
#[derive(Deserialize)]
struct Form {
    schema: u32,
    labtrust: String,
}

/// The evidence in `file`.
pub fn read(file: &Path) -> Result<Evidence> {
    let shown = text::path(file);
    let bytes = source::bytes(file, HINT)?;
    if bytes.len() > LARGEST {
        return Err(fail(format!("{shown} is larger than evidence ever is"), HINT));
    }
    // What the parser says may quote the file.
    let damaged = |error: serde_json::Error| {
        let error: String = text::in_line(&error.to_string()).chars().take(200).collect();
        fail(format!("{shown} holds no evidence: {error}"), HINT)
    };
    let form: Form = serde_json::from_slice(&bytes).map_err(damaged)?;
    if form.schema != SCHEMA {
        let version: String = form.labtrust.chars().take(40).collect();
        let what = format!("{shown} was written by another version of labtrust ({version})");
        return Err(fail(what, "judge it with that version"));
    }
    serde_json::from_slice(&bytes).map_err(damaged)
}

/// Writes `evidence` into `file`.
pub fn write(file: &Path, evidence: &Evidence) -> Result<()> {
    let mut text = serde_json::to_string_pretty(evidence)?;
    text.push('\n');
    let access = Access { mode: 0o644, owner: None };
    let contents = Contents::Public(text.into_bytes());
    World::here().put(&std::path::absolute(file)?, &contents, access).context("cannot write the evidence")
}
