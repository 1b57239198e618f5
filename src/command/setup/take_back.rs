//! `setup --undo`: the trust first, then what was placed, then the CA itself.

use anyhow::Result;
use labtrust_platform::{Outcome, Session, Wanted, World, receipt::Receipts, session::State, undo};

use crate::{
    cli::Setup,
    command::{
        Context,
        backup::Last,
        own::OwnCa,
        place,
        renew::{Record, schedule},
        report::{self, NextSteps},
        restart, stores, trust,
    },
    exit,
    gitlab::place::spare_reloads,
    hint::fail,
};

pub fn run(context: &Context<'_>, arguments: &Setup) -> Result<u8> {
    let own = OwnCa::here(&context.home)?;
    let receipts = Receipts::all(&context.home.state)?;
    let recorded: Vec<_> = names(own.as_ref())
        .iter()
        .filter_map(|name| receipts.iter().find(|receipt| receipt.name == *name))
        .collect();
    if recorded.is_empty() {
        return Err(fail(
            format!("no setup is recorded in {}", context.home.state.display()),
            "if it was made with --state DIR, or as another user, give the same here",
        ));
    }
    if context.everywhere.dry_run {
        for receipt in &recorded {
            stores::print_undo(context, receipt.changes.iter().rev());
        }
        context.printer.document(&serde_json::json!({ "schema": 1, "would_change": true }));
        return Ok(exit::NO);
    }
    if !context.everywhere.yes && context.printer.can_ask() {
        for receipt in &recorded {
            stores::print_undo(context, receipt.changes.iter().rev());
        }
        let question = "\nThe CA's key goes too: clients that trust this CA must then trust another. Take the setup back?";
        if !context.printer.confirm(question)? {
            context.printer.aside("nothing was changed");
            return Ok(exit::NO);
        }
    }
    let (own, mut outcomes) = context.session(|session| {
        // A setup that was waited for may have made another.
        let own = OwnCa::here(&context.home)?;
        let outcomes = take_back(session, &names(own.as_ref()))?;
        if session.receipts.load(place::RECEIPT)?.is_none() {
            Record::forget(&context.home)?;
            Last::forget(&context.home)?;
        }
        Ok((own, outcomes))
    })?;
    if arguments.restart {
        let anchor = own.as_ref().map(OwnCa::anchor);
        restart::restart(context, &mut outcomes, anchor.as_ref().map(|anchor| (anchor, Wanted::Gone)));
    }
    let next = NextSteps::of(context, &outcomes, &["setup".into(), "--undo".into()]).into_lines();
    let sha256 = own.as_ref().map(|own| own.root.fingerprint());
    context.printer.document(&serde_json::json!({
        "schema": 1, "sha256": sha256, "stores": report::by_store(&outcomes, State::Untrusted), "notes": next
    }));
    if let Some(own) = &own {
        let title = own.root.title();
        context.printer.say(format_args!("taken back: {title}\n  sha256 {}", own.root.fingerprint()));
    }
    report::print_stores(context.printer, &outcomes, State::Untrusted);
    report::print_next(context, &outcomes, &["setup".into(), "--undo".into()]);
    Ok(exit::of_outcomes(&outcomes, State::Untrusted))
}

/// The receipts of a setup: of the trust in its CA and in those beside it, then of what it placed.
fn names(own: Option<&OwnCa>) -> Vec<String> {
    let trusted = own.into_iter().flat_map(OwnCa::all).map(|own| trust::receipt_name(&own.anchor()));
    trusted.chain([place::RECEIPT.to_owned()]).collect()
}

/// Undoes the receipts in the order of `names`, each from its end. One that fails ends it: the CA
/// is not taken away under a certificate that is still served.
fn take_back(session: &Session<'_>, names: &[String]) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for name in names {
        let Some(mut receipt) = session.receipts.load(name)? else { continue };
        for record in &mut receipt.changes {
            spare_reloads(&World::here(), record);
            schedule::spare(&World::here(), record);
        }
        outcomes.extend(undo(session, &mut receipt, |_| true)?);
        if outcomes.iter().any(|outcome| outcome.state == State::Failed || outcome.needs_root) {
            break;
        }
    }
    Ok(outcomes)
}
