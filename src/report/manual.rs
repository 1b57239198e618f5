//! The manual pages, from the same definition as the help.

use anyhow::Result;
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use crate::{
    cli::{
        self,
        page::{ENVIRONMENT, FILES, PAGES, Page},
    },
    exit::{self, misuse},
};

/// The title of the page of `verb`, or of the whole program.
pub(crate) fn title(verb: Option<&str>) -> String {
    verb.map_or_else(|| "labtrust".into(), |verb| format!("labtrust-{verb}"))
}

/// The manual page of the command `verb`, or of the whole program.
pub(crate) fn page(verb: Option<&str>) -> Result<Vec<u8>> {
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
