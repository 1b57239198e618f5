//! Evidence files: written on one machine, diagnosed on another.

use std::path::Path;

use anyhow::{Context as _, Result};
use labtrust_machine::{
    World,
    world::{Access, Node},
};
use labtrust_plan::{Contents, text};
use serde::Deserialize;
use serde_json::error::Category;

use crate::{
    doctor::{Evidence, evidence::SCHEMA},
    exit,
    hint::fail,
    input::{self, standard_input},
};

/// The largest evidence file that is read. Most are a hundredth of this size.
const LARGEST: usize = 8 << 20;
const HINT: &str = "use a file that this command wrote: {labtrust doctor HOST --evidence FILE}";

/// The fields that every version of evidence has.
#[derive(Deserialize)]
struct Form {
    schema: u32,
    labtrust: String,
}

/// Stands for standard input.
const DASH: &str = "-";

/// Reads the evidence in `file`, or on standard input for `-`.
pub(super) fn read(file: &Path) -> Result<Evidence> {
    let (shown, bytes) = if file == Path::new(DASH) {
        ("standard input".to_owned(), standard_input(LARGEST)?.into())
    } else {
        (text::path(file), input::bytes(file, HINT)?)
    };
    if bytes.len() > LARGEST {
        return Err(fail(format!("{shown} is too large to be evidence"), HINT));
    }
    // The parser's own message quotes the file, which may be a key.
    let damaged = |error: serde_json::Error| {
        let what = match error.classify() {
            Category::Eof => "the file is cut off",
            Category::Syntax | Category::Io => "the file is not JSON",
            Category::Data => "a field is not as labtrust writes it",
        };
        let (line, column) = (error.line(), error.column());
        fail(format!("{shown} is not evidence: {what} (line {line}, column {column})"), HINT)
    };
    let form: Form = serde_json::from_slice(&bytes).map_err(damaged)?;
    if form.schema != SCHEMA {
        let is_version =
            |text: &&String| text.len() < 16 && text.split('.').all(|part| part.parse::<u32>().is_ok());
        let version = Some(&form.labtrust).filter(is_version);
        let version = version.map(|version| format!(" ({version})")).unwrap_or_default();
        let what = format!("{shown} was written by another version of labtrust{version}");
        return Err(fail(what, "use that version of labtrust"));
    }
    serde_json::from_slice(&bytes).map_err(damaged)
}

/// Fails unless `file` is a regular file or does not exist.
pub(super) fn check(file: &Path) -> Result<()> {
    if file == Path::new(DASH) {
        return Err(exit::misuse(
            "--evidence needs a file, not standard output",
            "{labtrust doctor HOST --evidence FILE}",
        ));
    }
    // A terminal, a pipe or a link to one would be replaced instead of written to.
    match World::here().look(&std::path::absolute(file)?) {
        Ok(Node::Link { .. } | Node::Other) => Err(fail(
            format!("{} is not a regular file", text::path(file)),
            "pass another file: --evidence FILE",
        )),
        // Writing reports other errors.
        _ => Ok(()),
    }
}

/// Writes `evidence` into `file`.
pub(super) fn write(file: &Path, evidence: &Evidence) -> Result<()> {
    let mut text = serde_json::to_string_pretty(evidence)?;
    text.push('\n');
    let access = Access { mode: 0o644, owner: None };
    let contents = Contents::Public(text.into_bytes());
    World::here().put(&std::path::absolute(file)?, &contents, access).context("cannot write the evidence")
}
