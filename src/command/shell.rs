//! `completions` and `man`, from the same definition as the help.

use anyhow::Result;
use labtrust_machine::{World, world::Access};
use labtrust_plan::Contents;

use crate::{
    cli::{self, Completions, help::HELP_PAGES},
    context::Context,
    exit, input,
    report::{
        consent::{self, Proposal},
        manual::{page, title},
    },
};

pub(super) fn completions(context: &Context<'_>, arguments: &Completions) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut cli::command(), "labtrust", &mut text);
    context.printer.text(&String::from_utf8_lossy(&text));
    exit::DONE
}

pub(super) fn man(context: &Context<'_>, arguments: &cli::Man) -> Result<u8> {
    let Some(folder) = &arguments.out else {
        context.printer.text(&String::from_utf8_lossy(&page(&arguments.command)?));
        return Ok(exit::DONE);
    };
    let folder = input::folder(folder, "--out")?;
    let verbs = std::iter::once(None).chain(HELP_PAGES.iter().map(|page| Some(page.verb)));
    let world = World::here();
    let mut files = Vec::new();
    for verb in verbs {
        let path = folder.join(format!("{}.1", title(verb)));
        let contents = Contents::Public(page(verb.as_slice())?);
        if world.read(&path)?.is_some_and(|there| *there == contents.bytes()) {
            continue;
        }
        files.push((path, contents));
    }
    let paths: Vec<_> = files.iter().map(|(path, _)| path).collect();
    if context.everywhere.dry_run {
        let mut proposal = Proposal::default();
        for path in &paths {
            proposal.line(path.display());
            proposal.step(path, "write the manual page");
        }
        return Ok(consent::dry_run(context, &proposal));
    }
    for (path, contents) in &files {
        world.make_folders(&folder, 0o755)?;
        world.put(path, contents, Access { mode: 0o644, owner: None })?;
        context.printer.say(path.display());
    }
    let file = |path| serde_json::json!({ "path": path, "kind": "manual" });
    let files: Vec<_> = paths.into_iter().map(file).collect();
    context.printer.document(&serde_json::json!({ "files": files }));
    Ok(exit::DONE)
}
