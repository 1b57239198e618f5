//! Parses the command line, runs it, and turns its outcome into an exit code.

use std::process::ExitCode;

use clap::FromArgMatches;
use labtrust::{
    cli::{self, Cli},
    command, exit,
    printer::{Printer, Verbosity},
};
use labtrust_platform::world;

fn main() -> ExitCode {
    world::shed_inheritance();
    // The process that acts as another user speaks no command line: its parent is its only user.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == command::ACT_AS_USER) {
        return world::serve_delegate().map_or(ExitCode::from(exit::FAULT), |()| ExitCode::SUCCESS);
    }
    let cli = match cli::command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let everywhere = &cli.everywhere;
    let verbosity = match (everywhere.quiet, everywhere.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let printer = Printer::new(everywhere.json, verbosity);
    match command::run(&cli, &printer).and_then(|code| printer.check().map(|()| code)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let code = exit::of(&error);
            printer.error(exit::name(code), &error);
            ExitCode::from(code)
        }
    }
}

/// What clap says goes where clap sends it; `--help` and `--version` are no errors. With `--json`
/// a script gets its document all the same.
fn usage(error: &clap::Error) -> ExitCode {
    let is_json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && is_json {
        let text = error.to_string();
        // The paragraph that says what is wrong may name what is missing in lines of its own.
        let lines = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
        let what = lines.collect::<Vec<_>>().join(" ");
        let what = what.trim_start_matches("error: ");
        let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
        let error = exit::misuse(what, tip.unwrap_or("--help says what can be given"));
        Printer::new(true, Verbosity::Quiet).error(exit::name(exit::USAGE), &error);
        return ExitCode::from(exit::USAGE);
    }
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS }
}
