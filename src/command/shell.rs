//! `completions` and `man`, from the same definition as the help.

use anyhow::Result;
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};
use labtrust_machine::{World, world::Access};
use labtrust_plan::Contents;

use crate::{
    cli::{
        self, Completions,
        page::{ENVIRONMENT, FILES, PAGES, Page},
    },
    context::Context,
    exit::{self, misuse},
    input,
    report::consent::{self, Proposal},
};

pub(super) fn completions(context: &Context<'_>, arguments: &Completions) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut cli::command(), "labtrust", &mut text);
    context.printer.text(&String::from_utf8_lossy(&text));
    exit::DONE
}

pub(super) fn man(context: &Context<'_>, arguments: &cli::Man) -> Result<u8> {
    let Some(folder) = &arguments.out else {
        context.printer.text(&String::from_utf8_lossy(&page(arguments.verb.as_deref())?));
        return Ok(exit::DONE);
    };
    let folder = input::folder(folder, "--out")?;
    let verbs = std::iter::once(None).chain(PAGES.iter().map(|page| Some(page.verb)));
    let world = World::here();
    let mut files = Vec::new();
    for verb in verbs {
        let path = folder.join(format!("{}.1", title(verb)));
        let contents = Contents::Public(page(verb)?);
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

fn title(verb: Option<&str>) -> String {
    verb.map_or_else(|| "labtrust".into(), |verb| format!("labtrust-{verb}"))
}

/// The manual page of the command `verb`, or of the whole program.
fn page(verb: Option<&str>) -> Result<Vec<u8>> {
    let mut command = cli::command();
    command.build();
    let of_verb = match verb {
        Some(name) => Some(Page::of(name).ok_or_else(|| {
            misuse(format!("labtrust has no command {name:?}"), "list the commands: labtrust --help")
        })?),
        None => None,
    };
    if let Some(page) = of_verb
        && let Some(verb) = command.find_subcommand(page.verb)
    {
        let title = title(Some(page.verb));
        command = verb.clone().display_name(title).bin_name(format!("labtrust {}", page.verb));
    }
    let mut text = Vec::new();
    let man = Man::new(command.clone()).source(format!("labtrust {}", env!("CARGO_PKG_VERSION")));
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    let mut roff = Roff::new();
    if let Some(page) = of_verb {
        section(&mut roff, "EXAMPLES", page.examples.iter().map(|example| (example.what, example.line)));
    }
    let exits = of_verb.map_or_else(general_exits, Page::exits);
    let exits: Vec<_> = exits.iter().map(|(code, meaning)| (code.to_string(), *meaning)).collect();
    section(&mut roff, "EXIT STATUS", exits.iter().map(|(code, meaning)| (&**code, *meaning)));
    section(&mut roff, "FILES", FILES.iter().copied());
    section(&mut roff, "ENVIRONMENT", ENVIRONMENT.iter().copied());
    roff.control("SH", ["SEE ALSO"]);
    let others = std::iter::once(None).chain(PAGES.iter().map(|page| Some(page.verb)));
    let others: Vec<_> =
        others.filter(|other| *other != verb).map(|other| format!("{}(1)", title(other))).collect();
    roff.text([roman(others.join(", "))]);
    text.extend(roff.render().into_bytes());
    Ok(text)
}

/// The exit codes of all commands.
fn general_exits() -> Vec<(u8, &'static str)> {
    let mut exits: Vec<(u8, &str)> = PAGES.first().map(Page::exits).unwrap_or_default();
    for (code, meaning) in &mut exits {
        if *code == exit::NO {
            *meaning = "the answer is no: a store does not trust the CA, the doctor found a problem, or --dry-run found something to change";
        }
    }
    exits
}

/// A section of terms, each with its text below.
fn section<'a>(roff: &mut Roff, name: &str, rows: impl Iterator<Item = (&'a str, &'a str)>) {
    roff.control("SH", [name]);
    for (term, text) in rows {
        roff.control("TP", []);
        roff.text([bold(term)]);
        roff.text([roman(text)]);
    }
}
