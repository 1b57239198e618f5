//! Plans and receipts in words: the text of `--dry-run` and of prompts.

use labtrust_plan::{Change, Step, explain_reload};

use crate::{
    Result, edit_file,
    receipt::{ChangeRecord, StepRecord},
    world::{Node, World},
};

/// The lines that explain `change` on this machine. Below an edit come the lines that it removes from its file (`-`) and
/// adds to it (`+`).
pub fn explain_here(world: &World, change: &Change) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for step in &change.steps {
        lines.push(step.to_string());
        if let Step::Edit { path, edit, .. } = step {
            lines.extend(edit_file::difference(world, edit, path)?);
        }
    }
    lines.extend(explain_reload(change));
    Ok(lines)
}

/// The lines that explain how `record` is undone, in the order of the steps.
pub fn explain_undo(record: &ChangeRecord) -> Vec<String> {
    let line = |step: &StepRecord| match step {
        StepRecord::File { path, edit: Some(edit), .. } => {
            format!("restore {edit} in {}", path.display())
        }
        StepRecord::File { path, .. } if step.is_adopted() => {
            format!("leave {} as it is", path.display())
        }
        StepRecord::File { path, before: Node::Absent, .. } => format!("remove {}", path.display()),
        StepRecord::File { path, .. } => format!("restore {}", path.display()),
        StepRecord::Entry { database, certificate, before: None, .. } => {
            format!("remove {} from {database}", certificate.fingerprint().short())
        }
        StepRecord::Entry { database, certificate, .. } => {
            format!("list {} in {database} as it was", certificate.fingerprint().short())
        }
    };
    let mut lines: Vec<String> = record.steps.iter().rev().map(line).collect();
    lines.extend(record.reload.undone.iter().map(|command| format!("run {command}")));
    lines
}
