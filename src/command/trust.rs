//! `trust`: one CA into every store of this machine, each proven; and with it the one that will follow.

use anyhow::Result;
use labtrust_platform::{Anchor, Outcome, Session, Wanted, apply, session::State};

use super::{
    report::{self, NextSteps, StoresReport},
    restart, source,
    stores::{self, Planning, print_plan},
};
use crate::{
    cli::Trust,
    context::Context,
    exit,
    state::{self, recorded},
};

pub fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Trust) -> Result<u8> {
    arguments.stores.check()?;
    let found = source::anchor(context, state, arguments)?;
    let next = found.announced.anchor(&found.anchor.endpoints);
    let anchors: Vec<&Anchor> = std::iter::once(&found.anchor).chain(&next).collect();
    let names: Vec<_> = anchors.iter().map(|anchor| receipt_name(anchor)).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    recorded::check(state.receipts()?, &names)?;
    let plan = |anchor: &&Anchor| stores::plan(context, anchor, &arguments.stores);
    let plannings: Vec<Planning> = anchors.iter().map(plan).collect();
    if context.everywhere.dry_run {
        return dry_run(context, state, &found, anchors, plannings);
    }
    source::confirm(context, &found)?;
    let mut parts: Vec<Vec<Outcome>> = if plannings.iter().all(|planning| planning.changes.is_empty()) {
        plannings.into_iter().map(|planning| planning.others).collect()
    } else {
        context.session(state, |session, _| {
            let all = anchors.iter().zip(&plannings);
            all.map(|(anchor, planning)| trust(session, anchor, planning)).collect()
        })?
    };
    if arguments.restart {
        let mut all = parts.concat();
        restart::restart(context, &mut all, Some((&found.anchor, Wanted::There)));
        parts = parts.iter().map(|part| all.drain(..part.len()).collect()).collect();
    }
    let mut reports = Vec::new();
    let mut code = found.announced.code;
    for (anchor, outcomes) in anchors.iter().zip(&parts) {
        let is_next = anchor.sha256() != found.anchor.sha256();
        reports.push(report_one(context, arguments, &found, (anchor, is_next), outcomes));
        code = exit::worse(code, exit::of_outcomes(outcomes, State::Trusted));
        // A machine without any store of its own does not trust it.
        if outcomes.iter().all(|outcome| outcome.state == State::Skipped) {
            code = exit::worse(code, exit::NO);
        }
    }
    let mut reports = reports.into_iter();
    if let Some(mut report) = reports.next() {
        report.successor = reports.next().map(Box::new);
        context.printer.document(&report);
    }
    Ok(code)
}

/// Reports `outcomes` of the CA in use, or of the one that will follow.
fn report_one(
    context: &Context<'_>,
    arguments: &Trust,
    found: &source::Found,
    (anchor, is_next): (&Anchor, bool),
    outcomes: &[Outcome],
) -> StoresReport {
    let printer = context.printer;
    let repeat = root_command(arguments, found, anchor, outcomes);
    let empty = Vec::new();
    let notes = if is_next { &empty } else { &found.notes };
    match &found.announced.root {
        Some(next) if is_next => {
            printer.heading(&format!("And the CA that will follow it: {}", next.title()));
        }
        _ => printer.say(&found.title),
    }
    printer.say(format_args!("  sha256    {}", anchor.sha256()));
    let certificate = found.announced.root.as_ref().filter(|_| is_next).unwrap_or(&found.certificate);
    let may_sign = source::may_sign(certificate);
    printer.say(format_args!("  may sign  {may_sign}"));
    let told = if is_next { &empty } else { &found.announced.notes };
    let needs_root = outcomes.iter().any(|outcome| outcome.needs_root);
    let is_input = arguments.source.as_deref() == Some("-");
    let again = (needs_root && is_input)
        .then(|| "root's command reads the same certificate from standard input".to_owned());
    for note in notes.iter().chain(told).chain(&again) {
        printer.say(format_args!("  {note}"));
    }
    report::print_stores(printer, outcomes, State::Trusted);
    report::print_next(context, outcomes, &repeat);
    let notes = notes.iter().chain(told).chain(&again).cloned().collect();
    StoresReport {
        sha256: anchor.sha256(),
        may_sign: Some(may_sign),
        stores: report::by_store(outcomes, State::Trusted),
        remaining: NextSteps::of(context, outcomes, &repeat).remaining(notes),
        successor: None,
    }
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

fn dry_run(
    context: &Context<'_>,
    state: &state::State<'_>,
    found: &source::Found,
    anchors: Vec<&Anchor>,
    plannings: Vec<Planning>,
) -> Result<u8> {
    let receipts = state.receipts()?;
    let mut documents = Vec::new();
    let mut would_change = false;
    let missing = found.missing_fingerprint().map(|(what, hint)| format!("{what}; {hint}"));
    let notes: Vec<_> = found.notes.iter().chain(&found.announced.notes).chain(&missing).cloned().collect();
    for note in &notes {
        context.printer.say(format_args!("  {note}"));
    }
    for (anchor, planning) in anchors.into_iter().zip(plannings) {
        let name = receipt_name(anchor);
        let next = found.announced.root.as_ref().filter(|_| anchor.sha256() != found.anchor.sha256());
        let may_sign = source::may_sign(next.unwrap_or(&found.certificate));
        context.printer.say(format_args!("  may sign  {may_sign}"));
        let outstanding = stores::outstanding(context, &receipts, &name, &planning.changes);
        let outcomes = stores::standing(context, &receipts, &name, planning);
        documents.push(serde_json::json!({
            "sha256": anchor.sha256(),
            "may_sign": may_sign,
            "would_change": !outstanding.is_empty(),
            "plan": stores::as_json(context, &outstanding),
            "stores": report::by_store(&outcomes, State::Trusted),
        }));
        report::print_stores(context.printer, &outcomes, State::Trusted);
        would_change |= print_plan(context, &outstanding);
    }
    let mut documents = documents.into_iter();
    if let Some(mut document) = documents.next() {
        document["notes"] = notes.into();
        if let Some(next) = documents.next() {
            document["successor"] = next;
        }
        context.printer.document(&document);
    }
    Ok(if would_change { exit::NO } else { found.announced.code })
}

/// What root runs to do the rest: the same, for the stores that are left.
fn root_command(
    arguments: &Trust,
    found: &source::Found,
    anchor: &Anchor,
    outcomes: &[Outcome],
) -> Vec<String> {
    let mut words = vec!["trust".to_owned()];
    words.extend(arguments.source.as_deref().map(source::absolute));
    // The CA that was made here is named too: root may find another one.
    let own = arguments.source.is_none().then(|| found.anchor.sha256());
    if let Some(fingerprint) = arguments.fingerprint.or(own) {
        words.extend(["--fingerprint".into(), fingerprint.to_string()]);
    }
    if let Some(next) = arguments.next {
        words.extend(["--next".into(), next.to_string()]);
    }
    // A passphrase in an environment variable does not pass through sudo: the command asks for it.
    if let Some(path) = &arguments.passphrase.passphrase_file {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        words.extend(["--passphrase-file".into(), path.display().to_string()]);
    }
    for (flag, is_given) in
        [("--expired", arguments.expired), ("--refused", arguments.refused), ("--restart", arguments.restart)]
    {
        words.extend(is_given.then(|| flag.to_owned()));
    }
    for endpoint in &anchor.endpoints {
        words.extend(["--for".into(), endpoint.to_string()]);
    }
    for store in report::by_store(outcomes, State::Trusted) {
        if outcomes.iter().any(|outcome| outcome.needs_root && outcome.store.as_str() == store.id) {
            words.extend(["--store".into(), store.id]);
        }
    }
    words
}
