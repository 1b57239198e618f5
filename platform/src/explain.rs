//! A plan in words: what `--dry-run` prints and what a prompt shows before it asks.

use std::fmt;

use crate::{
    Result,
    database::Database,
    plan::{Change, Contents, Step},
    receipt::{ChangeRecord, StepRecord},
    world::{Node, World},
};

/// The lines that say what `change` does, in the order in which it is done.
pub fn explain(change: &Change) -> Vec<String> {
    change.steps.iter().map(ToString::to_string).chain(settling(change)).collect()
}

fn settling(change: &Change) -> impl Iterator<Item = String> {
    let by_hand = change.settle.by_hand.iter().map(|command| format!("leave to you: {command}"));
    change.settle.applied.iter().map(|command| format!("run {command}")).chain(by_hand)
}

/// The same, with what each edit would take out of its file, as it is now, and put there: under its step, in
/// lines that begin with `-` and `+`.
pub fn explain_here(world: &World, change: &Change) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for step in &change.steps {
        lines.push(step.to_string());
        if let Step::Edit { path, edit, .. } = step {
            lines.extend(edit.difference_in(world, path)?);
        }
    }
    lines.extend(settling(change));
    Ok(lines)
}

/// The lines that say what undoing `record` does, in the order in which it is done.
pub fn explain_undo(record: &ChangeRecord) -> Vec<String> {
    let line = |step: &StepRecord| match step {
        StepRecord::File { path, edit: Some(edit), .. } => {
            format!("put back {edit} in {} as it was", path.display())
        }
        StepRecord::File { path, .. } if step.is_adopted() => {
            format!("leave {} as it is", path.display())
        }
        StepRecord::File { path, before: Node::Absent, .. } => format!("remove {}", path.display()),
        StepRecord::File { path, .. } => format!("put back {} as it was", path.display()),
        StepRecord::Entry { database, certificate, before: None } => {
            format!("remove {} from {database}", certificate.fingerprint().short())
        }
        StepRecord::Entry { database, certificate, .. } => {
            format!("list {} in {database} as it was", certificate.fingerprint().short())
        }
    };
    let mut lines: Vec<String> = record.steps.iter().rev().map(line).collect();
    lines.extend(record.settle.undone.iter().map(|command| format!("run {command}")));
    lines
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put { path, contents, mode } => {
                let what = match contents {
                    Contents::Public(bytes) => format!("{} bytes", bytes.len()),
                    Contents::Secret(_) => "a secret".into(),
                };
                write!(f, "write {} ({what}, mode {mode:04o})", path.display())
            }
            Self::Link { path, target } => write!(f, "link {} to {}", path.display(), target.display()),
            Self::Remove { path } => write!(f, "remove {}", path.display()),
            Self::Edit { path, edit, .. } => write!(f, "set {edit} in {}", path.display()),
            Self::Entry { database, certificate } => {
                write!(f, "trust {} in {database}", certificate.fingerprint().short())?;
                match database {
                    Database::Keychain(_) => f.write_str(" (macOS asks for a password in a window)"),
                }
            }
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keychain(keychain) => write!(f, "the keychain {}", keychain.path.display()),
        }
    }
}
