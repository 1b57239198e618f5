//! Parses the command line, runs it, and turns its outcome into an exit code.

use std::{panic::resume_unwind, process::ExitCode, thread};

use clap::FromArgMatches;
use labtrust_machine::{engine::own_client, world};

use crate::{
    certificate::stack,
    cli::{self, Cli},
    command, context, exit,
    printer::{Printer, Verbosity},
    program, state, usage,
};

/// The stack size of the working thread, in bytes. The main thread's stack depends on the caller (`ulimit -s`), and a
/// stack overflow in the middle of a change would kill the program.
const STACK: usize = 8 << 20;

/// The whole program, from its arguments to its exit code.
pub fn run() -> ExitCode {
    world::shed_inheritance();
    let thread = thread::Builder::new().name("labtrust".into()).stack_size(STACK).spawn(run_in_thread);
    let ended = thread.map(thread::JoinHandle::join);
    match ended {
        Ok(Ok(code)) => code,
        // The panic has printed its message already. It is a bug in labtrust.
        Ok(Err(panic)) => resume_unwind(panic),
        Err(error) => {
            let error = anyhow::Error::new(error).context("there is not enough memory");
            Printer::new(false, Verbosity::Quiet).error(exit::name(exit::FAULT), &error, None);
            ExitCode::from(exit::FAULT)
        }
    }
}

fn run_in_thread() -> ExitCode {
    // The process that acts as another user has no command line: only its parent talks to it.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == context::ACT_AS_USER) {
        return world::serve_delegate().map_or(ExitCode::from(exit::FAULT), |()| ExitCode::SUCCESS);
    }
    if program::is_called_docker() {
        return ExitCode::from(own_client::run(&program::typed()));
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
    stack::wipe();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let code = exit::of(&error);
            printer.error(exit::name(code), &error, state::hint_of(&error));
            ExitCode::from(code)
        }
    }
}

/// Prints an error of clap's like any other error. clap itself prints `--help` and `--version`.
fn usage(error: &clap::Error) -> ExitCode {
    let Some(refusal) = usage::refusal(error) else {
        let _ = error.print();
        return if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS };
    };
    let is_json = std::env::args_os().any(|argument| argument == "--json");
    Printer::new(is_json, Verbosity::Quiet).error(
        exit::name(exit::USAGE),
        &refusal,
        state::hint_of(&refusal),
    );
    ExitCode::from(exit::USAGE)
}
