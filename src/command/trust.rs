//! `trust`: one CA into every store of this machine, each proven.

use anyhow::Result;
use labtrust_platform::{Anchor, Outcome, Session, apply, receipt::Receipts, session::State};

use super::{
    Context,
    report::{self, NextSteps, StoresReport},
    restart, source,
    stores::{self, Planning, print_plan},
};
use crate::{cli::Trust, exit};

pub fn run(context: &Context<'_>, arguments: &Trust) -> Result<u8> {
    arguments.stores.check()?;
    let found = source::anchor(context, arguments)?;
    let anchor = &found.anchor;
    let planning = stores::plan(context, anchor, &arguments.stores);
    if context.everywhere.dry_run {
        return dry_run(context, &found, planning);
    }
    source::confirm(context, &found)?;
    let mut outcomes = if planning.changes.is_empty() {
        planning.others
    } else {
        context.session(|session| trust(session, anchor, &planning))?
    };
    if arguments.restart {
        restart::restart(context, &mut outcomes);
    }
    let repeat = root_command(arguments, anchor, &outcomes);
    let notes =
        found.notes.iter().cloned().chain(NextSteps::of(context, &outcomes, &repeat).into_lines()).collect();
    context.printer.document(&StoresReport {
        schema: 1,
        sha256: anchor.sha256(),
        stores: report::by_store(&outcomes),
        notes,
    });
    context.printer.say(format_args!("{}\n  sha256 {}", found.title, anchor.sha256()));
    for note in &found.notes {
        context.printer.say(format_args!("  {note}"));
    }
    report::print_stores(context.printer, &outcomes, State::Trusted);
    report::print_next(context, &outcomes, &repeat);
    let code = exit::of_outcomes(&outcomes, State::Trusted);
    // A machine without any store of its own does not trust it.
    let is_nowhere = outcomes.iter().all(|outcome| outcome.state == State::Skipped);
    Ok(if is_nowhere { exit::worse(code, exit::NO) } else { code })
}

/// Applies `planning`; what `setup` and `import` do on the server too.
pub fn trust(session: &Session<'_>, anchor: &Anchor, planning: &Planning) -> Result<Vec<Outcome>> {
    let mut outcomes = if planning.changes.is_empty() {
        Vec::new()
    } else {
        apply(session, &receipt_name(anchor), Some(anchor), &planning.changes)?
    };
    outcomes.extend(planning.others.iter().cloned());
    Ok(outcomes)
}

/// The receipt under which an anchor's trust is kept.
pub fn receipt_name(anchor: &Anchor) -> String {
    format!("trust-{}", anchor.sha256().short())
}

fn dry_run(context: &Context<'_>, found: &source::Found, planning: Planning) -> Result<u8> {
    let anchor = &found.anchor;
    let (receipts, name) = (Receipts::all(&context.home.state)?, receipt_name(anchor));
    let outstanding = stores::outstanding(context, &receipts, &name, &planning.changes);
    let outcomes = stores::standing(context, &receipts, &name, planning);
    context.printer.document(&serde_json::json!({
        "schema": 1,
        "sha256": anchor.sha256(),
        "plan": stores::as_json(context, &outstanding),
        "stores": report::by_store(&outcomes),
        "notes": found.notes,
    }));
    for note in &found.notes {
        context.printer.say(format_args!("  {note}"));
    }
    report::print_stores(context.printer, &outcomes, State::Trusted);
    Ok(if print_plan(context, &outstanding) { exit::NO } else { exit::DONE })
}

/// What root runs to do the rest: the same, for the stores that are left.
fn root_command(arguments: &Trust, anchor: &Anchor, outcomes: &[Outcome]) -> Vec<String> {
    let mut words = vec!["trust".to_owned()];
    words.extend(arguments.source.as_deref().map(source::absolute));
    if let Some(fingerprint) = arguments.fingerprint {
        words.extend(["--fingerprint".into(), fingerprint.to_string()]);
    }
    for endpoint in &anchor.endpoints {
        words.extend(["--for".into(), endpoint.to_string()]);
    }
    for store in report::by_store(outcomes) {
        if outcomes.iter().any(|outcome| outcome.needs_root && outcome.store.as_str() == store.id) {
            words.extend(["--store".into(), store.id]);
        }
    }
    words
}
