//! `status`: what is trusted where, asked of the stores themselves.

use std::collections::BTreeMap;

use anyhow::Result;
use labtrust_plan::{Anchor, Fingerprint, ShellLine};
use time::OffsetDateTime;

use super::rotate;
use crate::{
    client::untrust,
    context::Context,
    exit,
    report::{
        backup,
        renewal::Renewal,
        status::{Shown, awaited, end_of_placed, print_anchors},
        stores as reports,
    },
    server::{install_pair, renew::out_of_date, rotate::phase::RotationReport},
    state::{self, Ca, Damage, RECEIPT, damages, hint_of},
};

/// What is said of a GitLab whose nginx is told something else than its gitlab.rb sets.
const UNFOLLOWED: &str =
    "GitLab does not follow its gitlab.rb yet, so clients may not be served what is in place";

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>) -> Result<u8> {
    let receipts = state.receipts()?;
    let mut damages = damages::all(state)?;
    // What is damaged is said, and all else is shown. It may be the caller's, under sudo.
    let own = state.nearest_ca().unwrap_or_else(|damage| {
        damages.extend((!damages.contains(&damage)).then_some(damage));
        None
    });
    let all_own = || own.into_iter().flat_map(Ca::all);
    let known = untrust::trusted(receipts).chain(all_own().map(Ca::anchor));
    let mut anchors: BTreeMap<Fingerprint, Anchor> = BTreeMap::new();
    for anchor in known {
        let all = &mut anchors.entry(anchor.sha256()).or_insert_with(|| anchor.clone()).endpoints;
        all.extend(
            anchor.endpoints.into_iter().filter(|endpoint| !all.contains(endpoint)).collect::<Vec<_>>(),
        );
    }
    let Shown { reports, missing, mut code } = print_anchors(context, state, own, &anchors)?;
    let (placed, unreadable) = match install_pair::chains_placed(state) {
        Ok(placed) => (placed, None),
        // A damaged receipt is among the damages.
        Err(error) => (Vec::new(), (!error.is::<Damage>()).then_some(error)),
    };
    let renewal = Renewal::look(state, receipts, &placed);
    let awaited = awaited(context, receipts, own);
    if awaited.is_some() {
        code = exit::worse(code, exit::RESTART);
    }
    let lapses = out_of_date::find(own, &placed, OffsetDateTime::now_utc());
    if !lapses.is_empty() {
        code = exit::worse(code, exit::NO);
    }
    if unreadable.is_none() && renewal.as_ref().is_some_and(Renewal::is_changed) {
        code = exit::worse(code, exit::NO);
    }
    // An imported certificate has its CA elsewhere, and makes no client of this machine.
    let is_set_up = receipts.iter().any(|receipt| receipt.name == RECEIPT);
    if anchors.is_empty() && renewal.is_none() && damages.is_empty() && !is_set_up {
        context.printer.say("labtrust knows no CA here. On the server:");
        context.printer.command("{labtrust setup}");
        context.printer.say("On a client:");
        context.printer.command("{labtrust trust HOST:4567 --fingerprint SHA256}");
    }
    if let Some(renewal) = &renewal {
        renewal.print(context.printer);
    }
    if let Some(command) = &awaited {
        context.printer.heading(&format!("{UNFOLLOWED}:"));
        context.printer.command(command);
    }
    for lapse in &lapses {
        context.printer.heading(&format!("{}, so that clients refuse it. Put it right:", lapse.what));
        for command in lapse.next {
            context.printer.command(*command);
        }
    }
    if !missing.is_empty() {
        context.printer.heading("To trust it here:");
    }
    for command in &missing {
        context.printer.command(command);
    }
    if let Some(own) = own {
        rotate::print_standing(context, state, own);
    }
    let kept = own.filter(|own| own.folder.starts_with(state.folder()));
    let last = state.last_backup().ok().flatten();
    if let Some(own) = kept {
        backup::print_last(context, last, end_of_placed(&placed, own));
    }
    context.printer.document(&serde_json::json!({
        "anchors": reports,
        "renewal": renewal,
        "backup": last.filter(|_| kept.is_some()).map(|last| serde_json::json!({ "made": last.made, "file": last.file })),
        "rotation": own.map(RotationReport::of),
        "notes": lapses.iter().map(|lapse| lapse.what.clone())
            .chain(awaited.iter().map(|_| UNFOLLOWED.to_owned()))
            .chain(damages.iter().map(ToString::to_string))
            .chain(unreadable.iter().map(|error| format!("{error:#}"))).collect::<Vec<_>>(),
        "next": lapses.iter().flat_map(|lapse| lapse.next).map(|command| ShellLine::from(*command))
            .chain(awaited.iter().cloned())
            .chain(missing)
            .chain(own.into_iter().map(Ca::client_line)).collect::<Vec<_>>(),
    }));
    if let Some(error) = unreadable {
        context.printer.aside(format_args!("error: the certificate in place cannot be read: {error:#}"));
        let hint = hint_of(&error);
        context.printer.aside(format_args!(
            "hint: {}",
            hint.unwrap_or_else(|| "see what is there, or place another: {labtrust setup --replace}".into())
        ));
        code = exit::worse(code, exit::FAULT);
    }
    Ok(exit::worse(code, reports::print_damages(context, damages.iter())))
}
