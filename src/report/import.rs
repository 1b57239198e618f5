//! The report of `import`.

use super::{pair::PairReport, stores as reports, stores::NextSteps};
use crate::{
    certificate::Chain,
    context::Context,
    exit,
    hint::shell_line,
    server::{
        import::trust_command,
        install_pair::{Done, Plan},
        setup::site::Site,
    },
};
use labtrust_machine::session::OutcomeState;

/// What was imported.
pub(crate) struct Imported {
    /// The site.
    pub site: Site,
    /// The certificate with its chain and key.
    pub chain: Chain,
    /// The plan.
    pub plan: Plan,
    /// The outcomes.
    pub done: Done,
    /// Notes for people.
    pub remarks: Vec<String>,
}

/// Prints the report and returns the exit code.
pub(crate) fn report(context: &Context<'_>, imported: &Imported) -> u8 {
    let Imported { site, chain, plan, done, remarks } = imported;
    let outcomes = &done.trusted;
    let root = chain.anchor().unwrap_or(&chain.leaf);
    let printer = context.printer;
    let repeat = trust_command(site, chain);
    let mut made = PairReport::new(root, &chain.leaf, &plan.changes.iter().collect::<Vec<_>>());
    made.stores = reports::by_store(outcomes, OutcomeState::Trusted);
    let unmet = site.unmet(chain.leaf.fingerprint(), None);
    made.leave(site.next(&unmet));
    made.unmet.clone_from(&unmet);
    made.leave(site.missing().into_iter().collect());
    let notes = chain.notes.iter().chain(&site.notes()).chain(remarks).cloned().collect::<Vec<_>>();
    made.remaining = NextSteps::of(context, outcomes, &repeat).remaining(notes.clone());
    let client = chain
        .anchor()
        .map(|root| shell_line!("labtrust trust {} --fingerprint {}", site.registry, root.fingerprint()));
    made.next.extend(client.clone());
    printer.document(&made);
    if done.placed.iter().all(|outcome| !outcome.changed) {
        printer.say("this certificate is installed already: nothing was changed");
    }
    made.print(context, |_| true);
    for note in notes {
        printer.say(format_args!("  note      {note}"));
    }
    reports::print_refusals(printer, &chain.served());
    if !outcomes.is_empty() {
        printer.heading("Trusted on this machine:");
        reports::print_stores(printer, outcomes, OutcomeState::Trusted);
    }
    if let Some(client) = client {
        printer.heading("On each client that does not trust this CA yet:");
        printer.command(client);
    }
    // Open steps come last.
    reports::print_next(context, outcomes, &repeat);
    site.print_missing_lines(printer);
    site.print_next(printer, &unmet);
    exit::worse(exit::of_outcomes(outcomes, OutcomeState::Trusted), exit::of_unmet(&unmet))
}
