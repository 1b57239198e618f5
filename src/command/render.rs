//! `render`: files that make machines elsewhere trust the CA, for the tools that manage them.

use std::path::Path;

use anyhow::Result;
use labtrust_machine::{World, world::Access};
use labtrust_plan::{
    Contents,
    render::{Order, Rendered, RenderedFile, Rendering, Unrenderable},
};

use super::several::{Several, several};
use crate::{
    cli::Render,
    context::Context,
    exit::{self, misuse},
    hint::fail,
    report::{
        consent::{self, Proposal},
        render as report,
    },
    state::State,
};

pub(super) fn run(context: &Context<'_>, state: &State<'_>, arguments: &Render) -> Result<u8> {
    let rendering = Rendering::find(&arguments.kind).ok_or_else(|| {
        misuse(format!("{} is no rendering", arguments.kind), "list them: labtrust help render")
    })?;
    let Several { anchors, notes, .. } = several(context, state, &arguments.cas, arguments.remove)?;
    let order = Order { anchors: &anchors, is_removal: arguments.remove };
    let mut rendered = (rendering.render)(&order).map_err(|Unrenderable { what, hint }| fail(what, hint))?;
    rendered.notes.extend(notes);
    if let Some(folder) = &arguments.out {
        let folder = std::path::absolute(folder)?;
        if context.everywhere.dry_run {
            return Ok(consent::dry_run(context, &proposal(&folder, &rendered)?));
        }
        for file in &rendered.files {
            let access = Access { mode: mode(file), owner: None };
            let contents = Contents::Public(file.contents.clone().into_bytes());
            let path = folder.join(&file.path);
            if let Some(parent) = path.parent() {
                World::here().make_folders(parent, 0o755)?;
            }
            World::here().put(&path, &contents, access)?;
        }
        report::print(context, rendering, &anchors, &rendered, Some(&folder));
    } else {
        if rendered.files.len() > 1 && !context.everywhere.json {
            return Err(misuse(
                format!("{} consists of {} files", rendering.id, rendered.files.len()),
                "name a folder for them: -o DIR",
            ));
        }
        if !context.everywhere.json {
            rendered.files.iter().for_each(|file| context.printer.data(file.contents.as_bytes()));
        }
        report::print(context, rendering, &anchors, &rendered, None);
    }
    Ok(exit::DONE)
}

/// What `--dry-run` shows: the files that are missing or differ.
fn proposal(folder: &Path, rendered: &Rendered) -> Result<Proposal> {
    let mut proposal = Proposal::default();
    for file in &rendered.files {
        let path = folder.join(&file.path);
        let is_there = World::here().read(&path)?.is_some_and(|there| *there == file.contents.as_bytes());
        if !is_there {
            let line = format!("write {} ({} bytes)", path.display(), file.contents.len());
            proposal.line(&line);
            proposal.step(&path, &line);
        }
    }
    Ok(proposal)
}

fn mode(file: &RenderedFile) -> u32 {
    if file.is_program { 0o755 } else { 0o644 }
}
