//! The verbs, one a file, and what they share.

mod backup;
mod damages;
mod doctor;
mod explain;
mod export;
mod import;
mod in_place;
mod inspect;
mod kept;
mod own;
mod pair_report;
mod passphrase;
mod place;
mod renew;
mod report;
mod request;
mod restart;
mod restore;
mod rotate;
mod setup;
mod shell;
mod sign;
mod source;
mod status;
mod stores;
mod trust;
mod untrust;

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use labtrust_platform::{Facts, Session, Worlds, plan::mean_state, probe, receipt::Receipts, text};

use crate::{
    cli::{Cli, Everywhere, Verb},
    hint::{fail, hint},
    home::Home,
    printer::Printer,
};

pub use self::place::RECEIPT;

/// The first argument of the process that acts as another user.
pub const ACT_AS_USER: &str = "--act-as-user";

/// What every verb works with.
pub(crate) struct Context<'a> {
    pub everywhere: &'a Everywhere,
    pub printer: &'a Printer,
    pub facts: Facts,
    pub home: Home,
    pub worlds: Worlds,
}

/// Runs the verb of `cli`; the answer is its exit code.
pub fn run(cli: &Cli, printer: &Printer) -> Result<u8> {
    let state = cli.everywhere.state.as_deref().map(|state| folder(state, "--state")).transpose()?;
    // A text is explained in the same way on every machine.
    if let Verb::Explain(arguments) = &cli.verb {
        return explain::run(printer, arguments);
    }
    let facts = probe()?;
    let home = Home::locate(state.as_deref(), &facts);
    if state.is_some() {
        mean_state(&home.state);
    }
    let worlds = Worlds::new(&facts, own_program()?, ACT_AS_USER);
    let context = Context { everywhere: &cli.everywhere, printer, facts, home, worlds };
    run_verb(&context, &cli.verb)
}

fn run_verb(context: &Context<'_>, verb: &Verb) -> Result<u8> {
    match verb {
        Verb::Backup(arguments) => backup::run(context, arguments),
        Verb::Restore(arguments) => restore::run(context, arguments),
        Verb::Trust(arguments) => trust::run(context, arguments),
        Verb::Untrust(arguments) => untrust::run(context, arguments),
        Verb::Status(_) => status::run(context),
        Verb::Request(arguments) => request::run(context, arguments),
        Verb::Sign(arguments) => sign::run(context, arguments),
        Verb::Renew(arguments) => renew::run(context, arguments),
        Verb::Rotate(arguments) => rotate::run(context, arguments),
        Verb::Export(arguments) => export::run(context, arguments),
        Verb::Completions(arguments) => Ok(shell::completions(context, arguments)),
        Verb::Man(arguments) => shell::man(context, arguments),
        Verb::Setup(arguments) => setup::run(context, arguments),
        Verb::Inspect(arguments) => inspect::run(context, arguments),
        Verb::Import(arguments) => import::run(context, arguments),
        Verb::Doctor(arguments) => doctor::run(context, arguments),
        Verb::Explain(arguments) => explain::run(context.printer, arguments),
    }
}

impl Context<'_> {
    /// Does `work` with the receipts held against other runs.
    pub fn session<T>(&self, work: impl FnOnce(&Session<'_>) -> Result<T>) -> Result<T> {
        let receipts = Receipts::open(&self.home.state, self.printer)?;
        let session =
            Session { facts: &self.facts, worlds: &self.worlds, receipts: &receipts, progress: self.printer };
        let done = work(&session)?;
        receipts.close()?;
        Ok(done)
    }
}

/// The folder that was given with `flag`, there or yet to be made, from the root on.
pub(crate) fn folder(path: &Path, flag: &str) -> Result<PathBuf> {
    let hint = || hint!("give a folder, there or not: {} DIR", flag);
    match path.metadata() {
        Ok(metadata) if !metadata.is_dir() => Err(fail(format!("{} is no folder", text::path(path)), hint())),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(fail(format!("cannot use {}: {error}", text::path(path)), hint()))
        }
        _ => Ok(std::path::absolute(path)?),
    }
}

/// What comes on standard input; of more than `limit` bytes one more than that, which tells.
pub(crate) fn standard_input(limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().take(limit as u64 + 1).read_to_end(&mut bytes).context("cannot read standard input")?;
    Ok(bytes)
}

/// This program, for commands that are printed and for the process that acts as another user.
pub(crate) fn own_program() -> Result<PathBuf> {
    Ok(std::env::current_exe()?)
}
