//! The context of a run: options, printer, facts and worlds.

use anyhow::Result;
use labtrust_machine::{Session, Worlds, receipt::Receipts};
use labtrust_plan::Facts;

use crate::{cli::Everywhere, printer::Printer, state::State};

/// The first argument of the process that acts as another user.
pub(crate) const ACT_AS_USER: &str = "--act-as-user";

/// The context of a run.
pub(crate) struct Context<'a> {
    /// The global options.
    pub everywhere: &'a Everywhere,
    /// The printer of the report.
    pub printer: &'a Printer,
    /// The facts of this machine.
    pub facts: Facts,
    /// Access to the machine, as root or as one of its users.
    pub worlds: Worlds,
}

impl Context<'_> {
    /// Runs `carry_out` under the lock, with the state as it is under the lock.
    pub(crate) fn session<T>(
        &self,
        state: &State<'_>,
        carry_out: impl FnOnce(&Session<'_>, &State<'_>) -> Result<T>,
    ) -> Result<T> {
        let receipts = Receipts::open(state.folder(), self.printer)?;
        let session =
            Session { facts: &self.facts, worlds: &self.worlds, receipts: &receipts, progress: self.printer };
        let done = carry_out(&session, &State::locked(state.home().clone(), &receipts))?;
        receipts.close()?;
        Ok(done)
    }
}
