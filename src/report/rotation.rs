//! The report of a rotation's step, and the progress of a rotation: each CA, and the next commands.

use std::path::PathBuf;

use labtrust_machine::{Outcome, session::OutcomeState};
use labtrust_plan::{Fingerprint, ShellLine, text};
use serde::Serialize;
use time::OffsetDateTime;

use super::{
    sealed::SealedReport,
    stores as reports,
    stores::{NextSteps, Remaining, StoreReport, by_store, until},
};
use crate::{
    by_hand::ByHand,
    client::source::can_sign,
    context::Context,
    exit,
    hint::{Hint, shell_line},
    printer::Printer,
    server::{
        health::look,
        install_pair::Done,
        rotate::{
            draft::{RotateStep, is_sent},
            dropped::Dropped,
            phase::{Phase, RotationReport},
        },
        setup::site::Site,
    },
    state::{self, Ca},
};

/// The result of a step.
pub(crate) struct StepDone {
    pub own: Ca,
    pub done: Done,
    pub dropped: Option<Dropped>,
    /// The folder with its damaged files.
    pub aside: Option<PathBuf>,
    pub placed: Option<(Site, Fingerprint, Option<Fingerprint>)>,
    pub reconfigure: Option<ShellLine>,
}

/// Reports the `step` that is done; the answer is the exit code.
pub(crate) fn report(
    context: &Context<'_>,
    state: &state::State<'_>,
    step: &RotateStep,
    result: &StepDone,
) -> u8 {
    let printer = context.printer;
    let StepDone { own, done, dropped, aside, placed, reconfigure } = result;
    let wanted = if dropped.is_some() { OutcomeState::Untrusted } else { OutcomeState::Trusted };
    let said = match step {
        RotateStep::Start(_) => "the next CA is created, and the server sends its root too",
        RotateStep::Switch => "the server now uses the next CA",
        RotateStep::Retire => "the old CA and its key are deleted",
        RotateStep::Abort if matches!(own.next, Ok(Some(_))) => {
            "the server uses the old CA again; the next CA is kept"
        }
        RotateStep::Abort => "the next CA and its key are deleted",
    };
    printer.say(said);
    let aside = aside.as_ref().map(|aside| format!("the damaged files are now in {}", text::path(aside)));
    if let Some(note) = &aside {
        printer.say(format_args!("  note      {note}"));
    }
    let unmet = placed.as_ref().map(|(site, leaf, sent_with)| site.unmet_by_another(*leaf, *sent_with));
    let unmet = unmet.unwrap_or_default();
    let waiting: Vec<_> =
        placed.iter().filter(|_| !unmet.is_empty()).flat_map(|(site, ..)| site.next(&unmet)).collect();
    let mut next: Vec<ShellLine> = ByHand::commands_of(&waiting).chain(reconfigure.iter().cloned()).collect();
    let untrust = |gone: &Dropped| gone.root.map(|root| shell_line!("labtrust untrust {}", root));
    next.extend(dropped.iter().filter_map(untrust));
    let notes = aside.into_iter().chain(unmet.iter().cloned()).collect();
    print(context, state, own, (&done.trusted, notes), next);
    if !done.trusted.is_empty() {
        let is_dropped = dropped.is_some();
        printer.heading(if is_dropped {
            "No longer trusted on this machine:"
        } else {
            "Trusted on this machine:"
        });
        let repeat = own.trust_command(state.home().is_chosen);
        reports::print_stores(printer, &done.trusted, wanted);
        reports::print_next(context, &done.trusted, &repeat);
    }
    if let Some(reconfigure) = reconfigure {
        printer.heading("Before the switch, so that GitLab itself trusts the next CA:");
        printer.command(reconfigure);
    }
    if let Some(command) = dropped.as_ref().and_then(untrust) {
        printer.heading("On each client that trusts the deleted CA, at any time:");
        printer.command(command);
    }
    if let Some((site, ..)) = placed.as_ref().filter(|_| !unmet.is_empty()) {
        site.print_next(printer, &unmet);
    }
    exit::worse(exit::of_outcomes(&done.trusted, wanted), exit::of_unmet(&unmet))
}

#[derive(Serialize)]
struct Report {
    sha256: Fingerprint,
    stores: Vec<StoreReport>,
    #[serde(flatten)]
    rotation: RotationReport,
    #[serde(flatten)]
    remaining: Remaining,
    next: Vec<ShellLine>,
}

/// Prints the progress of the rotation of `own`. Scripts also get the stores, and the commands to run `first`.
pub(crate) fn print(
    context: &Context<'_>,
    state: &state::State<'_>,
    own: &Ca,
    (outcomes, notes): (&[Outcome], Vec<String>),
    first: Vec<ShellLine>,
) {
    let printer = context.printer;
    let is_half_begun = is_half_begun(context, state, own);
    let client_line = client_line(context, state, own);
    let client_line = client_line.as_ref();
    let repeat = own.trust_command(context.everywhere.state.is_some());
    printer.document(&Report {
        sha256: own.root.fingerprint(),
        stores: by_store(outcomes, OutcomeState::Trusted),
        rotation: RotationReport::of(own),
        remaining: NextSteps::of(context, outcomes, &repeat).remaining(notes),
        next: first.into_iter().chain(next(own, client_line, is_half_begun)).collect(),
    });
    for (role, own) in [
        ("Current CA", Some(own)),
        ("Next CA", own.next().ok().flatten()),
        ("Old CA", own.previous().ok().flatten()),
    ] {
        let Some(own) = own else { continue };
        printer.heading(&format!("{role}: {}", own.root.title()));
        printer.say(format_args!("  sha256    {}", own.root.fingerprint()));
        printer.say(format_args!("  can sign  {}", can_sign(&own.root)));
        printer.say(format_args!("  until     {}", until(&own.root)));
        if let Some(sealed) = SealedReport::of(own, OffsetDateTime::now_utc()) {
            printer.say(format_args!("  sealed    {sealed}"));
        }
    }
    print_next(printer, own, client_line, is_half_begun);
    if client_line.is_none() {
        printer.heading("gitlab.rb names another host than the setup was for. To see what comes first:");
        printer.command(STATUS);
    }
}

/// The command for clients; none if they cannot reach the server at the host in gitlab.rb yet.
fn client_line(context: &Context<'_>, state: &state::State<'_>, own: &Ca) -> Option<ShellLine> {
    // `status` reports receipts that cannot be read.
    let Ok(receipts) = state.receipts() else { return Some(own.client_line()) };
    look::client_line(own, &look::followed(&context.facts, receipts, Some(own)))
}

/// Prints the next commands. `client_line` is the one for clients, if they can reach the server.
pub(crate) fn print_standing(
    context: &Context<'_>,
    state: &state::State<'_>,
    own: &Ca,
    client_line: Option<&ShellLine>,
) {
    print_next(context.printer, own, client_line, is_half_begun(context, state, own));
}

fn print_next(printer: &Printer, own: &Ca, client_line: Option<&ShellLine>, is_half_begun: bool) {
    if is_half_begun {
        printer.heading(
            "The server does not send the next CA's root yet, so clients cannot trust it. To send it:",
        );
        printer.command(START);
        return;
    }
    let (clients, then) = match Phase::of(own) {
        Phase::None => ("On each client:", None),
        Phase::Started => (
            "On each client, before the switch (it then trusts both CAs):",
            Some("When every client has run it (to cancel: {labtrust rotate abort}):"),
        ),
        Phase::Switched => (
            "On each client that does not trust the new CA yet:",
            Some("When every client works (to go back to the old CA: {labtrust rotate abort}):"),
        ),
    };
    if let Some(client_line) = client_line {
        printer.heading(clients);
        printer.command(client_line);
    }
    if let Some(then) = then {
        printer.heading(Hint::from(then).as_str());
    }
    if let Some(command) = next_step(own) {
        printer.command(command);
    }
}

/// The step that comes next in a rotation that is under way.
fn next_step(own: &Ca) -> Option<&'static str> {
    match Phase::of(own) {
        Phase::None => None,
        Phase::Started => Some("{labtrust rotate switch}"),
        Phase::Switched => Some("{labtrust rotate retire}"),
    }
}

const START: &str = "{labtrust rotate start}";
const STATUS: &str = "{labtrust status}";

/// Whether there is a next CA whose root the server does not send yet. If that is unknown, the next step reports it.
fn is_half_begun(context: &Context<'_>, state: &state::State<'_>, own: &Ca) -> bool {
    let next = own.next().ok().flatten();
    next.is_some_and(|next| matches!(is_sent(&context.facts, state, own, next), Ok(false)))
}

/// The next commands, for scripts.
fn next(own: &Ca, client_line: Option<&ShellLine>, is_half_begun: bool) -> Vec<ShellLine> {
    if is_half_begun {
        return vec![START.into()];
    }
    client_line.into_iter().cloned().chain(next_step(own).map(ShellLine::from)).collect()
}
