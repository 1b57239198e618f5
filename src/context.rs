//! The parts that every verb works with.

use std::path::PathBuf;

use anyhow::Result;
use labtrust_platform::{Facts, Session, Worlds, receipt::Receipts};

use crate::{cli::Everywhere, home::Home, printer::Printer};

/// The first argument of the process that acts as another user.
pub const ACT_AS_USER: &str = "--act-as-user";

/// What every verb works with.
pub(crate) struct Context<'a> {
    /// The options of every verb.
    pub everywhere: &'a Everywhere,
    /// Where the report goes.
    pub printer: &'a Printer,
    /// The machine.
    pub facts: Facts,
    /// The state folder.
    pub home: Home,
    /// What acts on the machine, as root or as one of its users.
    pub worlds: Worlds,
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

/// This program, for commands that are printed and for the process that acts as another user.
pub(crate) fn own_program() -> Result<PathBuf> {
    Ok(std::env::current_exe()?)
}
