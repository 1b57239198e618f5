//! The report of `setup`: the CA and its limits, the certificate, the trust stores, and the commands for clients.

use labtrust_machine::session::OutcomeState;
use labtrust_plan::ShellLine;

use super::{
    backup,
    pair::PairReport,
    stores as reports,
    stores::{NextSteps, by_store, until},
};
use crate::{
    cli::Setup, client::source::can_sign, context::Context, exit, gitlab, printer::Printer,
    server::setup::draft::SetupDone, state,
};

/// The clients that enforce name constraints. The judges' tests measure it.
const LIMITS: &str =
    "every client checks them; OpenSSL, curl, git, Java, Python and Node with one gap (SECURITY.md)";

/// Prints what `setup` made; the answer is the exit code.
pub(crate) fn report(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Setup,
    setup: &SetupDone,
) -> u8 {
    let report = Report::new(context, state, arguments, setup);
    context.printer.document(&report.pair);
    report.print_made(context);
    report.print_next(context);
    let trusted = exit::of_outcomes(&setup.done.trusted, OutcomeState::Trusted);
    exit::worse(trusted, exit::of_unmet(&report.unmet))
}

/// The report of a setup.
struct Report<'a> {
    setup: &'a SetupDone,
    stage: bool,
    /// The document, and the certificate's lines.
    pair: PairReport,
    /// Why clients do not get the certificate yet, a line each.
    unmet: Vec<String>,
    notes: Vec<String>,
    /// The commands for a client.
    clients: Vec<ShellLine>,
    /// The command by which root trusts the CA.
    root_command: Vec<String>,
    has_backup: bool,
}

impl<'a> Report<'a> {
    fn new(context: &Context<'_>, state: &state::State<'_>, arguments: &Setup, setup: &'a SetupDone) -> Self {
        let SetupDone { draft, own, done } = setup;
        let root_command = own.trust_command(state.home().is_chosen);
        let changes: Vec<_> = draft.plan.changes.iter().collect();
        let mut pair = PairReport::new(&draft.leaf.root, draft.leaf.leaf(), &changes);
        pair.stores = by_store(&done.trusted, OutcomeState::Trusted);
        let placed = &draft.leaf.pair;
        let unmet =
            if arguments.stage { Vec::new() } else { draft.site.unmet(placed.leaf, placed.sent_with) };
        pair.leave(draft.site.next(&unmet));
        pair.unmet.clone_from(&unmet);
        pair.leave(draft.site.missing().into_iter().collect());
        let notes = draft.leaf.notes.iter().cloned().chain(draft.site.notes());
        let notes: Vec<_> = notes.chain(draft.unscheduled.clone()).collect();
        pair.remaining = NextSteps::of(context, &done.trusted, &root_command).remaining(notes.clone());
        let clients = if arguments.stage { own.lines_before_placing() } else { vec![own.client_line()] };
        pair.next.extend(clients.iter().cloned());
        // `status` reports a record of the last backup that cannot be read: setup did what it was asked for.
        let has_backup = !own.needs_backup() || !matches!(state.last_backup(), Ok(None));
        if !has_backup {
            pair.next.push("{labtrust backup FILE}".into());
        }
        Self { setup, stage: arguments.stage, pair, unmet, notes, clients, root_command, has_backup }
    }

    /// Prints the CA, the certificate and the stores.
    fn print_made(&self, context: &Context<'_>) {
        let printer = context.printer;
        let SetupDone { draft, own, done } = self.setup;
        if done.placed.iter().all(|outcome| !outcome.changed) {
            printer.say("everything is set up already: nothing was changed");
        }
        self.print_ca(printer);
        if self.stage {
            printer.say(
                "  not installed yet (--stage): when the clients trust this CA, run setup again without --stage",
            );
        } else {
            self.pair.print(context, |file| !file.path.starts_with(&own.folder));
            self.print_proofs(printer);
        }
        for note in &self.notes {
            printer.say(format_args!("  note      {note}"));
        }
        // `labtrust inspect` names the clients that reject certificates of our own profile. A certificate without a CA is
        // rejected by more.
        if !own.root.is_ca() || printer.is_verbose() {
            reports::print_refusals(printer, &draft.leaf.chain);
        }
        if !done.trusted.is_empty() {
            printer.heading("Trusted on this machine:");
            reports::print_stores(printer, &done.trusted, OutcomeState::Trusted);
        }
    }

    fn print_ca(&self, printer: &Printer) {
        let SetupDone { draft, own, .. } = self.setup;
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
        printer.say(format_args!("  files     {}", own.folder.display()));
    }

    fn print_proofs(&self, printer: &Printer) {
        let placed = self.setup.done.placed.iter();
        for outcome in placed.filter(|outcome| outcome.store.as_str() == gitlab::STORE) {
            if !outcome.detail.is_empty() && printer.is_verbose() {
                printer.say(format_args!("  proof     {}", outcome.detail));
            }
        }
    }

    /// Prints the next steps: on the clients, then on this machine, so that a reader ends with those.
    fn print_next(&self, context: &Context<'_>) {
        let printer = context.printer;
        printer.heading(if self.stage {
            "No server uses this CA yet. Copy its certificate to each client, and run there:"
        } else {
            "On each client:"
        });
        for line in &self.clients {
            printer.command(line);
        }
        if !self.has_backup {
            backup::print_last(context, None, None);
        }
        reports::print_next(context, &self.setup.done.trusted, &self.root_command);
        if !self.stage {
            let site = &self.setup.draft.site;
            site.print_missing_lines(printer);
            site.print_next(printer, &self.unmet);
        }
    }
}
