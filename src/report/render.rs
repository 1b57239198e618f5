//! The result of `render`: the files, and what to do with them.

use std::path::Path;

use anyhow::Result;
use labtrust_machine::World;
use labtrust_plan::{
    Anchor,
    render::{Rendered, Rendering},
    text,
};

use super::consent::Proposal;
use crate::{
    context::Context,
    fleet::rendered_folder::{NewFile, Stale},
};

/// What `--dry-run` shows: those of `files` that are missing in `folder` or differ, and those that go.
pub(crate) fn proposal(folder: &Path, files: &[NewFile<'_>], stale: &Stale) -> Result<Proposal> {
    let mut proposal = Proposal::default();
    for file in files {
        let path = folder.join(file.path);
        if World::here().read(&path)?.is_none_or(|there| *there != *file.contents) {
            let line = format!("write {} ({} bytes)", text::path(&path), file.contents.len());
            proposal.line(&line);
            proposal.step(&path, &line);
        }
    }
    for path in &stale.removed {
        let line = format!("remove {}", text::path(path));
        proposal.line(&line);
        proposal.step(path, &line);
    }
    Ok(proposal)
}

/// Prints `rendered`, which was written into a folder in place of what is stale there, or as data on standard output.
pub(crate) fn print(
    context: &Context<'_>,
    rendering: &Rendering,
    anchors: &[Anchor],
    rendered: &Rendered,
    written: Option<(&Path, &Stale)>,
) {
    let printer = context.printer;
    let folder = written.map(|(folder, _)| folder);
    if let Some((folder, stale)) = written {
        for file in &rendered.files {
            printer.aside(format_args!("written: {}", folder.join(&file.path).display()));
        }
        for path in &stale.removed {
            printer.aside(format_args!("removed: {}", path.display()));
        }
    }
    for note in &rendered.notes {
        printer.aside(note);
    }
    let files = rendered.files.iter().map(|file| match folder {
        Some(folder) => serde_json::json!({ "path": folder.join(&file.path) }),
        None => serde_json::json!({ "path": file.path, "contents": file.contents }),
    });
    printer.document(&serde_json::json!({
        "kind": rendering.id,
        "anchors": anchors.iter().map(|anchor| serde_json::json!({
            "sha256": anchor.sha256(), "endpoints": anchor.endpoints,
        })).collect::<Vec<_>>(),
        "files": files.collect::<Vec<_>>(),
        "removed": written.map(|(_, stale)| &stale.removed[..]).unwrap_or_default(),
        "notes": rendered.notes,
    }));
}
