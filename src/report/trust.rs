//! The report of `trust`: the CA, the question about its fingerprint, and the stores that trust it now.

use std::path::PathBuf;

use anyhow::Result;
use labtrust_machine::{Outcome, session::OutcomeState};
use labtrust_plan::{Anchor, text};

use super::{
    stores as reports,
    stores::{NextSteps, StoresReport},
};
use crate::{cli::Trust, client::source, context::Context, hint::fail};

/// Prints the `outcomes` for the CA in use, or for the next CA, and the file for the administrator.
pub(crate) fn report(
    context: &Context<'_>,
    arguments: &Trust,
    candidate: &source::Candidate,
    (anchor, is_next): (&Anchor, bool),
    (outcomes, admin_file): (&[Outcome], Option<PathBuf>),
) -> StoresReport {
    let printer = context.printer;
    let repeat = root_command(arguments, candidate, anchor, outcomes);
    let empty = Vec::new();
    let notes = if is_next { &empty } else { &candidate.notes };
    match &candidate.announced.root {
        Some(next) if is_next => {
            printer.heading(&format!("Next CA: {}", next.title()));
        }
        _ => printer.say(&candidate.title),
    }
    printer.say(format_args!("  sha256    {}", anchor.sha256()));
    let certificate = candidate.announced.root.as_ref().filter(|_| is_next).unwrap_or(&candidate.certificate);
    let can_sign = source::can_sign(certificate);
    printer.say(format_args!("  can sign  {can_sign}"));
    let told = if is_next { &empty } else { &candidate.announced.notes };
    let needs_root = outcomes.iter().any(|outcome| outcome.needs_root);
    let is_input = arguments.source.as_deref() == Some("-");
    let again = (needs_root && is_input)
        .then(|| "pass the same certificate on standard input to the command for root".to_owned());
    for note in notes.iter().chain(told).chain(&again) {
        printer.say(format_args!("  {note}"));
    }
    reports::print_stores(printer, outcomes, OutcomeState::Trusted);
    reports::print_next(context, outcomes, &repeat);
    if let Some(path) = &admin_file {
        printer
            .heading("Without root, give this file to the administrator. It holds the CA and the command:");
        printer.say(format_args!("  {}", text::path(path)));
    }
    let notes = notes.iter().chain(told).chain(&again).cloned().collect();
    StoresReport {
        sha256: anchor.sha256(),
        can_sign: Some(can_sign),
        stores: reports::by_store(outcomes, OutcomeState::Trusted),
        remaining: NextSteps::of(context, outcomes, &repeat).remaining(notes),
        admin_file,
        successor: None,
    }
}

/// Asks about the CA if it needs a fingerprint and none was given. `--yes` does not answer this question.
pub(crate) fn confirm(context: &Context<'_>, candidate: &source::Candidate) -> Result<()> {
    let Some(why) = &candidate.needs_fingerprint else { return Ok(()) };
    let sha256 = candidate.anchor.sha256();
    if let Some((what, hint)) = candidate.missing_fingerprint().filter(|_| !context.printer.can_ask()) {
        return Err(fail(what, hint));
    }
    context.printer.aside(&candidate.title);
    context.printer.aside(format_args!("  sha256    {sha256}"));
    context.printer.aside(format_args!("  can sign  {}", source::can_sign(&candidate.certificate)));
    context.printer.aside(format_args!("  note      {why}"));
    if let Some(next) = &candidate.announced.root {
        let (title, sha256) = (next.title(), next.fingerprint());
        context
            .printer
            .aside(format_args!("  next CA   {title}, sha256 {sha256}, which this CA vouches for"));
    }
    if context.printer.confirm("Is this the fingerprint that setup printed on the server? Trust the CA?")? {
        Ok(())
    } else {
        Err(fail("you answered no, so the CA was not trusted", "nothing was changed"))
    }
}

/// The arguments with which root does the rest: the same command, for the stores that are left.
fn root_command(
    arguments: &Trust,
    candidate: &source::Candidate,
    anchor: &Anchor,
    outcomes: &[Outcome],
) -> Vec<String> {
    let mut words = vec!["trust".to_owned()];
    words.extend(arguments.source.as_deref().map(source::absolute));
    // Name the CA of this machine too: root may have another one.
    let own = arguments.source.is_none().then(|| candidate.anchor.sha256());
    if let Some(fingerprint) = arguments.fingerprint.or(own) {
        words.extend(["--fingerprint".into(), fingerprint.to_string()]);
    }
    if let Some(next) = arguments.next {
        words.extend(["--next".into(), next.to_string()]);
    }
    // sudo does not pass on environment variables: the command asks for the passphrase.
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
    for store in reports::by_store(outcomes, OutcomeState::Trusted) {
        if outcomes.iter().any(|outcome| outcome.needs_root && outcome.store.as_str() == store.id) {
            words.extend(["--store".into(), store.id]);
        }
    }
    words
}
