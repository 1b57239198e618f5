//! The report of `untrust` for one CA.

use labtrust_machine::{Outcome, session::OutcomeState};
use labtrust_plan::Anchor;

use super::{
    stores as reports,
    stores::{NextSteps, StoresReport},
};
use crate::{context::Context, hint::shell_line};

pub(crate) fn report_one(context: &Context<'_>, anchor: &Anchor, outcomes: &[Outcome]) -> StoresReport {
    let repeat = ["untrust".to_owned(), anchor.sha256().to_string()];
    let printer = context.printer;
    printer.say(format_args!("sha256 {}", anchor.sha256()));
    reports::print_stores(printer, outcomes, OutcomeState::Untrusted);
    reports::print_next(context, outcomes, &repeat);
    if outcomes.iter().any(|outcome| outcome.state == OutcomeState::Trusted && !outcome.needs_root) {
        printer.heading("Still trusted: another program or person installed the CA too. To remove it:");
        printer.command(shell_line!("{labtrust untrust {} --purge}", anchor.sha256()));
    }
    StoresReport {
        sha256: anchor.sha256(),
        can_sign: None,
        stores: reports::by_store(outcomes, OutcomeState::Untrusted),
        remaining: NextSteps::of(context, outcomes, &repeat).remaining(Vec::new()),
        successor: None,
    }
}
