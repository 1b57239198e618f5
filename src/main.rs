//! Parses the command line, runs it, and turns its outcome into an exit code.

use std::process::ExitCode;

use clap::FromArgMatches;
use labtrust::{
    cli::{self, Cli},
    command, exit,
    printer::{Printer, Verbosity},
    usage,
};
use labtrust_platform::world;
use zeroize::Zeroize as _;

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
    let ended = command::run(&cli, &printer).and_then(|code| printer.check().map(|()| code));
    wipe_stack();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let code = exit::of(&error);
            printer.error(exit::name(code), &error);
            ExitCode::from(code)
        }
    }
}

/// Wipes what the work has left on the stack: crates that sign move keys there, and leave copies behind.
#[inline(never)]
#[expect(
    clippy::large_stack_arrays,
    reason = "the stack is what it wipes; a main thread has eight times as much"
)]
fn wipe_stack() {
    let mut below = [0_u8; 1 << 20];
    below.zeroize();
    std::hint::black_box(&below);
}

/// What clap refuses is said as any other error; `--help` and `--version` are none, and clap's to print.
fn usage(error: &clap::Error) -> ExitCode {
    let Some(refusal) = usage::refusal(error) else {
        let _ = error.print();
        return if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS };
    };
    let is_json = std::env::args_os().any(|argument| argument == "--json");
    Printer::new(is_json, Verbosity::Quiet).error(exit::name(exit::USAGE), &refusal);
    ExitCode::from(exit::USAGE)
}
