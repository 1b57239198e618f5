//! `render`: files that make machines elsewhere trust the CA, for the tools that manage them.

use std::path::Path;

use anyhow::Result;
use labtrust_machine::World;
use labtrust_plan::render::{Order, Rendered, Rendering, Unrenderable};

use super::several::{Several, several};
use crate::{
    cli::Render,
    context::Context,
    exit::{self, misuse},
    fleet::rendered_folder::{RenderedFolder, Stale},
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
        let folder = RenderedFolder::open(std::path::absolute(folder)?, rendering.id)?;
        let outdated = folder.stale(&rendered)?;
        let changed = outdated.changed.iter().map(|path| {
            format!("{} is no longer rendered, and was changed since it was: it is left", path.display())
        });
        rendered.notes.extend(changed);
        if context.everywhere.dry_run {
            return Ok(consent::dry_run(context, &proposal(folder.path(), &rendered, &outdated)?));
        }
        folder.write(&rendered, &outdated)?;
        report::print(context, rendering, &anchors, &rendered, Some((folder.path(), &outdated)));
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

/// What `--dry-run` shows: the files that are missing or differ, and those that go.
fn proposal(folder: &Path, rendered: &Rendered, stale: &Stale) -> Result<Proposal> {
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
    for path in &stale.removed {
        let line = format!("remove {}", path.display());
        proposal.line(&line);
        proposal.step(path, &line);
    }
    Ok(proposal)
}
