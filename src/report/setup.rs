//! The report of `setup`: the CA and its limits, the certificate, the trust stores, and the commands for clients.

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_machine::{Outcome, session::OutcomeState};
use labtrust_plan::ShellLine;
use time::OffsetDateTime;

use super::{
    backup, brief, install,
    pair::PairReport,
    sealed::SealedReport,
    stores as reports,
    stores::{NextSteps, by_store, until},
};
use crate::{
    certificate::Parsed,
    cli::Setup,
    client::source::can_sign,
    context::Context,
    exit, gitlab,
    printer::{Mark, Printer},
    server::setup::draft::{Draft, SetupDone},
    state,
};

/// The clients that enforce name constraints. The judges' tests measure it.
const LIMITS: &str =
    "every client checks them; OpenSSL, curl, git, Java, Python and Node with one gap (SECURITY.md)";

/// A sealed CA in a plan.
const SEALED: &str = "every certificate until then is signed now, and no CA key is kept";

/// Explains the plan of `draft` for a dry run, or asks about it on a terminal. Breaks with the exit code after a dry run or
/// a no; else whether the CA and the certificate of the plan were shown.
pub(crate) fn ask(
    context: &Context<'_>,
    state: &state::State<'_>,
    draft: &Draft,
) -> Result<ControlFlow<u8, bool>> {
    let mut is_shown = false;
    let propose = || {
        let Draft { leaf, root_before, .. } = draft;
        let is_new = *root_before != Some(leaf.root.fingerprint());
        let names: Vec<_> = leaf.leaf().names.iter().map(ToString::to_string).collect();
        let sealed = leaf.root.is_sealed_root().then(|| SEALED.to_owned());
        let mut lines = ca_lines(&leaf.root, leaf.issuer(), is_new, sealed);
        lines.push(format!("certificate for {}", names.join(", ")));
        lines.push(format!("  until     {}", until(leaf.leaf())));
        let mut proposal = install::propose(context, state, &draft.plan)?;
        proposal.introduce(lines);
        is_shown = proposal.changes_anything();
        Ok(proposal)
    };
    Ok(match install::ask_about(context, state, &draft.plan, propose)? {
        ControlFlow::Break(code) => ControlFlow::Break(code),
        ControlFlow::Continue(()) => ControlFlow::Continue(is_shown),
    })
}

/// Prints the CA, the certificate and the next steps; the answer is the exit code. `is_shown`: the plan showed the CA and
/// the certificate.
pub(crate) fn report(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Setup,
    setup: &SetupDone,
    is_shown: bool,
) -> u8 {
    let report = Report::new(context, state, arguments, setup);
    context.printer.document(&report.pair);
    report.print_made(context, is_shown && !context.printer.is_verbose());
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
    fn print_made(&self, context: &Context<'_>, is_shown: bool) {
        let printer = context.printer;
        let SetupDone { draft, own, done } = self.setup;
        if is_shown {
            printer.heading("Installed and checked:");
        } else {
            self.print_ca(printer);
        }
        if done.placed.iter().all(|outcome| !outcome.changed) {
            printer.say("everything is set up already: nothing was changed");
        }
        if self.stage {
            printer.say(
                "  not installed yet (--stage): when the clients trust this CA, run setup again without --stage",
            );
        } else if is_shown {
            printer.table(&placed_table(&done.placed));
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
        let sealed = SealedReport::of(own, OffsetDateTime::now_utc());
        for line in ca_lines(&own.root, draft.leaf.issuer(), false, sealed.map(|sealed| sealed.to_string())) {
            printer.say(line);
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

/// The rows of what was installed, one for each store, with its proof.
fn placed_table(placed: &[Outcome]) -> Vec<(Mark, Vec<String>)> {
    let good = OutcomeState::Trusted;
    let row = |report: reports::StoreReport| {
        (reports::mark(&report, good), vec![brief::head(&report.id).to_owned(), report.detail])
    };
    by_store(placed, good).into_iter().map(row).collect()
}

/// The lines about the CA `root`, whose `issuer` signs the certificate.
fn ca_lines(root: &Parsed, issuer: &Parsed, is_new: bool, sealed: Option<String>) -> Vec<String> {
    let kind = if root.is_ca() { "CA" } else { "self-signed certificate" };
    let mut lines = vec![
        format!("{}{kind}  {}", if is_new { "new " } else { "" }, root.title()),
        format!("  sha256    {}", root.fingerprint()),
    ];
    if root.is_ca() {
        lines.push(format!("  can sign  {}", can_sign(issuer)));
        if !issuer.permitted.is_everything() && sealed.is_none() {
            lines.push(format!("  limits    {LIMITS}"));
        }
        lines.push(format!("  until     {}", until(root)));
        lines.extend(sealed.map(|sealed| format!("  sealed    {sealed}")));
    }
    lines
}
