//! The report of `untrust` for one CA.

use labtrust_machine::{Outcome, session::OutcomeState};
use labtrust_plan::{Anchor, text};

use super::{
    stores as reports,
    stores::{NextSteps, StoresReport},
};
use crate::{
    cli::Untrust,
    client::untrust::left::is_installed_for,
    context::Context,
    exit,
    hint::shell_line,
    program::{sudo, typed},
};

/// Reports the stores of one CA, which `arguments` name. A CA that no receipt knows is found by its file alone.
pub(crate) fn report_one(
    context: &Context<'_>,
    anchor: &Anchor,
    outcomes: &[Outcome],
    notes: Vec<String>,
    arguments: &Untrust,
) -> StoresReport {
    let file = arguments.what.clone().filter(|what| what.contains('/'));
    let what = file.unwrap_or_else(|| anchor.sha256().to_string());
    let mut repeat = vec!["untrust".to_owned(), what.clone()];
    repeat.extend(arguments.purge.then(|| "--purge".to_owned()));
    let printer = context.printer;
    printer.say(format_args!("sha256 {}", anchor.sha256()));
    for note in &notes {
        printer.say(format_args!("  {note}"));
    }
    reports::print_stores(printer, outcomes, OutcomeState::Untrusted);
    reports::print_next(context, outcomes, &repeat);
    let is_left = |outcome: &Outcome| outcome.state == OutcomeState::Trusted && !outcome.needs_root;
    if !arguments.purge && outcomes.iter().any(is_left) {
        printer.heading("Still trusted: another program or person installed the CA too. To remove it:");
        printer.command(shell_line!("{labtrust untrust {} --purge}", what));
    }
    StoresReport {
        sha256: anchor.sha256(),
        can_sign: None,
        stores: reports::by_store(outcomes, OutcomeState::Untrusted),
        remaining: NextSteps::of(context, outcomes, &repeat).remaining(notes),
        admin_file: None,
        successor: None,
    }
}

/// Reports that no CA is known here for the host `what`, or none at all; the answer is the exit code. A user is told if
/// root installed one.
pub(crate) fn report_none(context: &Context<'_>, what: Option<&str>) -> u8 {
    let printer = context.printer;
    printer.document(&serde_json::json!({ "anchors": [] }));
    let whom = what.map_or_else(|| "on this machine".into(), |host| format!("for {}", text::in_line(host)));
    printer.say(format_args!("labtrust installed no CA {whom}: nothing to undo"));
    if context.facts.is_root() || !is_installed_for(&context.facts, what) {
        return exit::DONE;
    }
    printer.heading("Root installed one with labtrust. To undo that:");
    printer.command(sudo(&typed()));
    exit::NO
}
