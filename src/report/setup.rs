//! What a setup says at its end: what was made and where, what trusts it, what the CA can and can
//! never sign, and what to do on the clients.

use labtrust_machine::session::OutcomeState;

use super::{
    backup,
    pair::PairReport,
    stores as reports,
    stores::{NextSteps, by_store, until},
};
use crate::{
    cli::Setup, client::source::can_sign, context::Context, exit, server::setup::draft::SetupDone, state,
};

/// Where name constraints hold, and where not: the judges' tests measure it.
const LIMITS: &str = "hold in every client, except a wildcard common name in OpenSSL, curl, Java, Python and Node (SECURITY.md)";

pub(crate) fn report(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Setup,
    setup: &SetupDone,
) -> u8 {
    let printer = context.printer;
    let SetupDone { draft, own, .. } = setup;
    let repeat = own.trust_command(state.home().is_chosen);
    let changes: Vec<_> = draft.plan.changes.iter().collect();
    let kept = &own.folder;
    let mut report = PairReport::new(&draft.leaf.root, draft.leaf.leaf(), &changes);
    report.stores = by_store(&setup.done.trusted, OutcomeState::Trusted);
    let pair = &draft.leaf.pair;
    let unmet = if arguments.stage { Vec::new() } else { draft.site.unmet(pair.leaf, pair.sent_with) };
    report.leave(draft.site.next(&unmet));
    report.unmet.clone_from(&unmet);
    report.leave(draft.site.missing().into_iter().collect());
    let notes = draft.leaf.notes.iter().cloned().chain(draft.site.notes()).chain(draft.unscheduled.clone());
    let steps = NextSteps::of(context, &setup.done.trusted, &repeat);
    report.remaining = steps.remaining(notes.clone().collect());
    let clients = if arguments.stage { own.lines_before_placing() } else { vec![own.client_line()] };
    report.next.extend(clients.iter().cloned());
    // That it cannot be read is for `status` to say: what was asked for is done.
    let is_saved = !own.root.is_ca() || !matches!(state.last_backup(), Ok(None));
    if !is_saved {
        report.next.push("{labtrust backup FILE}".into());
    }
    printer.document(&report);

    let is_new = setup.done.placed.iter().any(|outcome| outcome.changed);
    if !is_new {
        printer.say("everything is in place already: nothing was changed");
    }
    printer.say(format_args!(
        "{}  {}",
        if own.root.is_ca() { "CA" } else { "self-signed certificate" },
        own.root.title()
    ));
    printer.say(format_args!("  sha256    {}", own.root.fingerprint()));
    if own.root.is_ca() {
        printer.say(format_args!("  can sign  {}", can_sign(draft.leaf.issuer())));
        if !draft.leaf.issuer().permitted.is_everything() {
            printer.say(format_args!("  limits    {LIMITS}"));
        }
        printer.say(format_args!("  until     {}", until(&own.root)));
    }
    printer.say(format_args!("  kept in   {}", kept.display()));
    if arguments.stage {
        printer
            .say("  nothing was placed (--stage): run setup again without it when the clients trust this CA");
    } else {
        report.print(context, |file| !file.path.starts_with(kept));
        for outcome in
            setup.done.placed.iter().filter(|outcome| outcome.store.as_str() == crate::gitlab::STORE)
        {
            if !outcome.detail.is_empty() && printer.is_verbose() {
                printer.say(format_args!("  proof     {}", outcome.detail));
            }
        }
    }
    for note in notes {
        printer.say(format_args!("  note      {note}"));
    }
    // Whom our own profile leaves out is known (labtrust inspect says it); a certificate without a CA
    // leaves out more.
    if !own.root.is_ca() || printer.is_verbose() {
        reports::print_refusals(printer, &draft.leaf.chain);
    }
    if !setup.done.trusted.is_empty() {
        printer.heading("Trusted on this machine:");
        reports::print_stores(printer, &setup.done.trusted, OutcomeState::Trusted);
    }
    printer.heading(if arguments.stage {
        "Nothing presents it yet. Hand its certificate out, and on each client:"
    } else {
        "On each client:"
    });
    for line in clients {
        printer.command(line);
    }
    if !is_saved {
        backup::print_last(context, None, None);
    }
    // What is still to be done here is the last that is read.
    reports::print_next(context, &setup.done.trusted, &repeat);
    if !arguments.stage {
        draft.site.print_missing_lines(printer);
        draft.site.print_next(printer, &unmet);
    }
    exit::worse(exit::of_outcomes(&setup.done.trusted, OutcomeState::Trusted), exit::of_unmet(&unmet))
}
