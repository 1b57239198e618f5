//! The report of `setup --undo`.

use labtrust_machine::session::OutcomeState;
use labtrust_plan::{Anchor, Fingerprint, text};
use serde::Serialize;

use super::{
    stores as reports,
    stores::{NextSteps, Remaining, StoreReport},
};
use crate::{certificate::Parsed, context::Context, exit, server::setup::undo::SetupUndone};

#[derive(Serialize)]
struct Document {
    sha256: Option<Fingerprint>,
    stores: Vec<StoreReport>,
    #[serde(flatten)]
    remaining: Remaining,
}

/// Prints the setup that was undone. `root_command` is what root runs to do the rest; `down` says why GitLab is down.
pub(crate) fn print(context: &Context<'_>, undone: &SetupUndone, root_command: &[String], down: &[String]) {
    let SetupUndone { anchors, outcomes, lost, by_hand } = undone;
    let printer = context.printer;
    let notes = lost.notes().into_iter().chain(down.iter().cloned()).collect();
    let mut remaining = NextSteps::of(context, outcomes, root_command).remaining(notes);
    remaining.commands.extend(by_hand.iter().cloned());
    let sha256 = anchors.first().map(Anchor::sha256);
    let stores = reports::by_store(outcomes, OutcomeState::Untrusted);
    printer.document(&Document { sha256, stores, remaining });
    if let Some(sha256) = sha256 {
        let is_back = exit::of_outcomes(outcomes, OutcomeState::Untrusted) != exit::FAULT;
        let said = if is_back { "undone" } else { "undone in part" };
        let title = anchors.first().and_then(title).unwrap_or_default();
        printer.say(format_args!("{said}: {title}"));
        printer.say(format_args!("  sha256 {sha256}"));
    }
    reports::print_stores(printer, outcomes, OutcomeState::Untrusted);
    reports::print_next(context, outcomes, root_command);
    for note in lost.notes() {
        printer.say(format_args!("  note      {note}"));
    }
    if !by_hand.is_empty() {
        printer.heading("GitLab is not running. Before you start it, apply gitlab.rb again:");
    }
    for command in by_hand {
        printer.command(command);
    }
    for line in down {
        printer.aside(line);
    }
}

fn title(anchor: &Anchor) -> Option<String> {
    let certificate = Parsed::from_der(anchor.certificate.der()).ok()?;
    Some(text::in_line(&certificate.title()).into_owned())
}
