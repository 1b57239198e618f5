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
    /// The plan of `make` for `state`. Between two steps of another run, a part of the state can be missing, so a refusal
    /// counts only after that run has ended.
    pub(crate) fn plan<T>(&self, state: &State<'_>, make: impl Fn(&State<'_>) -> Result<T>) -> Result<T> {
        let before = state.setup_receipt();
        make(state).or_else(|error| {
            if Receipts::are_held(state.folder()) || state.again().setup_receipt() != before {
                self.session(state, |_, state| make(state))
            } else {
                Err(error)
            }
        })
    }

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

#[cfg(test)]
mod tests {
    use std::{cell::Cell, thread, time::Duration};

    use clap::Parser;
    use labtrust_machine::Silent;

    use super::*;
    use crate::{cli::Cli, printer::Verbosity, state::Home};

    /// What `plan` makes of a plan that is refused the first time, and how often it was made.
    fn planned(folder: &std::path::Path, refused: impl Fn()) -> (bool, usize) {
        let cli = Cli::parse_from(["labtrust", "status"]);
        let user = serde_json::json!({"name": "x", "uid": 0, "gid": 0, "home": "/root"});
        let facts: Facts =
            serde_json::from_value(serde_json::json!({"os": "linux", "user": user})).expect("facts");
        let worlds = Worlds::new(&facts, "/nowhere", ACT_AS_USER);
        let printer = &Printer::new(false, Verbosity::Quiet);
        let context = Context { everywhere: &cli.everywhere, printer, facts, worlds };
        let home = Home::locate(Some(folder), &context.facts);
        let times = Cell::new(0);
        let planned = context.plan(&State::new(home), |_| {
            times.set(times.get() + 1);
            if times.get() == 1 {
                refused();
                anyhow::bail!("a part is missing");
            }
            Ok(())
        });
        (planned.is_ok(), times.get())
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "another run's receipt is written by hand")]
    fn a_refusal_counts_after_the_other_run_has_ended() {
        let base = tempfile::tempdir().expect("a folder");
        let folder = base.path().join("state");
        assert_eq!(planned(&folder, || ()), (false, 1));
        assert!(!folder.exists(), "a refused plan changes nothing");

        let held = Receipts::open(&folder, &Silent).expect("the lock");
        let other = thread::scope(|scope| {
            let other = scope.spawn(|| planned(&folder, || ()));
            thread::sleep(Duration::from_millis(100));
            held.close().expect("closed");
            other.join().expect("planned")
        });
        assert_eq!(other, (true, 2), "it waits for the other run");

        // The other run has ended already.
        let receipt = folder.join("receipts/setup/receipt.json");
        let write = || {
            std::fs::create_dir_all(receipt.parent().expect("a folder")).expect("made");
            std::fs::write(&receipt, "{}").expect("written");
        };
        assert!(planned(&folder, write).1 == 2);
    }
}
