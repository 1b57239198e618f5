//! The parts that every verb works with.

use anyhow::Result;
use labtrust_machine::{Session, Worlds, receipt::Receipts};
use labtrust_plan::Facts;

use crate::{cli::Everywhere, printer::Printer, state::State};

/// The first argument of the process that acts as another user.
pub(crate) const ACT_AS_USER: &str = "--act-as-user";

/// What every verb works with.
pub(crate) struct Context<'a> {
    /// The options of every verb.
    pub everywhere: &'a Everywhere,
    /// Where the report goes.
    pub printer: &'a Printer,
    /// The machine.
    pub facts: Facts,
    /// What acts on the machine, as root or as one of its users.
    pub worlds: Worlds,
}

impl Context<'_> {
    /// Does `work` with the receipts of `state` held against other runs, and with the state as it is from then on.
    pub(crate) fn session<T>(
        &self,
        state: &State<'_>,
        work: impl FnOnce(&Session<'_>, &State<'_>) -> Result<T>,
    ) -> Result<T> {
        let receipts = Receipts::open(state.folder(), self.printer)?;
        let session =
            Session { facts: &self.facts, worlds: &self.worlds, receipts: &receipts, progress: self.printer };
        let done = work(&session, &State::locked(state.home().clone(), &receipts))?;
        receipts.close()?;
        Ok(done)
    }
}
