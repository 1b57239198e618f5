//! The manual pages, from the same definition as the help.

use anyhow::Result;
use clap::{Arg, Command};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use crate::{
    cli::{
        self, GROUPS,
        help::{ENVIRONMENT, FILES, HELP_PAGES, HelpPage},
    },
    exit::{self, misuse},
};

/// The title of the page of `verb`, or of the whole program.
pub(crate) fn title(verb: Option<&str>) -> String {
    verb.map_or_else(|| "labtrust".into(), |verb| format!("labtrust-{verb}"))
}

/// The manual page of the command that `words` name, or of the whole program. The page of a command describes its steps.
pub(crate) fn page<T: AsRef<str>>(words: &[T]) -> Result<Vec<u8>> {
    let mut program = with_whole_help(cli::command());
    program.build();
    let mut named = &program;
    for word in words {
        named = named.find_subcommand(word.as_ref()).ok_or_else(|| unknown(words))?;
    }
    let verb = words.first().map(AsRef::as_ref);
    match (verb, verb.and_then(HelpPage::of)) {
        (None, _) => of_program(&program),
        (Some(verb), Some(page)) => of_command(&program, verb, page),
        (Some(_), None) => Err(unknown(words)),
    }
}

fn unknown<T: AsRef<str>>(words: &[T]) -> anyhow::Error {
    let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
    misuse(format!("labtrust has no command {:?}", words.join(" ")), "list the commands: labtrust --help")
}

/// The command, where each option's help is also its long help: the manual leaves out the help of an option that the
/// short help does not show.
fn with_whole_help(command: Command) -> Command {
    let with_long_help = |option: Arg| match (option.get_long_help(), option.get_help().cloned()) {
        (None, Some(help)) => option.long_help(help),
        _ => option,
    };
    command.mut_args(with_long_help).mut_subcommands(with_whole_help)
}

fn of_program(program: &Command) -> Result<Vec<u8>> {
    let mut commands = Roff::new();
    commands.control("SH", ["COMMANDS"]);
    for (group, verbs) in GROUPS {
        commands.control("SS", [*group]);
        for command in verbs.iter().filter_map(|verb| program.find_subcommand(verb)) {
            entry(&mut commands, command.get_name(), &about(command));
        }
    }
    render(program, None, &commands, &Roff::new(), &general_exits())
}

fn of_command(program: &Command, verb: &str, page: &HelpPage) -> Result<Vec<u8>> {
    let Some(command) = program.find_subcommand(verb) else { return Err(unknown(&[verb])) };
    let command = command.clone().display_name(title(Some(verb))).bin_name(format!("labtrust {verb}"));
    let mut examples = Roff::new();
    section(&mut examples, "EXAMPLES", page.examples.iter().map(|example| (example.what, example.line)));
    render(&command, Some(verb), &steps(&command), &examples, &page.exits())
}

/// The steps of a command, each with the options that it alone has.
fn steps(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let mut steps = command.get_subcommands().filter(|step| step.get_name() != "help").peekable();
    if steps.peek().is_some() {
        roff.control("SH", ["COMMANDS"]);
    }
    for step in steps {
        entry(&mut roff, step.get_name(), &about(step));
        roff.control("RS", []);
        for option in
            step.get_arguments().filter(|option| !option.is_global_set() && option.get_id() != "help")
        {
            let help = option.get_help().map(ToString::to_string).unwrap_or_default();
            entry(&mut roff, &option.to_string(), &help);
        }
        roff.control("RE", []);
    }
    roff
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// The page of `command`: `commands` come before its options, `examples` after them.
fn render(
    command: &Command,
    verb: Option<&str>,
    commands: &Roff,
    examples: &Roff,
    exits: &[(u8, &str)],
) -> Result<Vec<u8>> {
    let usage = command.clone().render_usage().to_string();
    let command = command.clone().override_usage(usage.trim_start_matches("Usage: ").to_owned());
    // Without a long description, a section would repeat the line under NAME.
    let is_described = command.get_long_about().is_some();
    let mut text = Vec::new();
    let man = Man::new(command).source(format!("labtrust {}", env!("CARGO_PKG_VERSION")));
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    if is_described {
        man.render_description_section(&mut text)?;
    }
    commands.to_writer(&mut text)?;
    man.render_options_section(&mut text)?;
    examples.to_writer(&mut text)?;
    let mut roff = Roff::new();
    let exits: Vec<_> = exits.iter().map(|(code, meaning)| (code.to_string(), *meaning)).collect();
    section(&mut roff, "EXIT STATUS", exits.iter().map(|(code, meaning)| (&**code, *meaning)));
    section(&mut roff, "FILES", FILES.iter().copied());
    section(&mut roff, "ENVIRONMENT", ENVIRONMENT.iter().copied());
    roff.control("SH", ["SEE ALSO"]);
    let others = std::iter::once(None).chain(HELP_PAGES.iter().map(|page| Some(page.verb)));
    let others: Vec<_> =
        others.filter(|other| *other != verb).map(|other| format!("{}(1)", title(other))).collect();
    roff.text([roman(others.join(", "))]);
    roff.to_writer(&mut text)?;
    Ok(text)
}

/// The exit codes of all commands.
fn general_exits() -> Vec<(u8, &'static str)> {
    let mut exits: Vec<(u8, &str)> = HELP_PAGES.first().map(HelpPage::exits).unwrap_or_default();
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
    rows.for_each(|(term, text)| entry(roff, term, text));
}

/// A term, and its text below.
fn entry(roff: &mut Roff, term: &str, text: &str) {
    roff.control("TP", []);
    roff.text([bold(term)]);
    roff.text([roman(text)]);
}
