//! Parses the command line, runs it, and turns its outcome into an exit code.

use std::process::ExitCode;

use clap::FromArgMatches;
use labtrust::{
    cli::{self, Cli},
    command, exit,
    printer::{Printer, Verbosity},
};

fn main() -> ExitCode {
    // The process that acts as another user speaks no command line: its parent is its only user.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == command::ACT_AS_USER) {
        return labtrust_platform::world::serve_delegate()
            .map_or(ExitCode::from(exit::FAULT), |()| ExitCode::SUCCESS);
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
    match command::run(&cli, &printer) {
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
        let what = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Printer::new(true, Verbosity::Quiet).error(exit::name(exit::USAGE), &anyhow::anyhow!(what));
        return ExitCode::from(exit::USAGE);
    }
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS }
}
