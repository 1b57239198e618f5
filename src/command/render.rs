//! `render`: files that make machines elsewhere trust the CA, for the tools that manage them.

use anyhow::Result;
use labtrust_plan::render::{Order, Rendering, Unrenderable};

use super::several::{Several, several};
use crate::{
    cli::Render,
    context::Context,
    exit::{self, misuse},
    fleet::rendered_folder::{NewFile, RenderedFolder},
    hint::fail,
    report::{consent, render as report},
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
        let files: Vec<_> = rendered.files.iter().map(NewFile::from).collect();
        let outdated = folder.stale(&files)?;
        if context.everywhere.dry_run {
            return Ok(consent::dry_run(context, &report::proposal(folder.path(), &files, &outdated)?));
        }
        folder.write(&files, &outdated)?;
        rendered.notes.extend(outdated.notes());
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
