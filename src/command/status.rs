//! `status`: what is trusted where, asked of the stores themselves.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use labtrust_platform::{
    Anchor, Fingerprint, Outcome, World, plan::ShellLine, receipt::Receipt, session::State,
};
use time::OffsetDateTime;

use super::{backup, renew::status::Renewal, rotate};
use crate::{
    certificate::parsed::Parsed,
    client::{
        source,
        stores::{self, Selection},
        trust, untrust,
    },
    context::Context,
    exit, gitlab,
    report::{
        stores as reports,
        stores::{NextSteps, StoresReport},
    },
    server::{
        install_pair::{self, Placed},
        renew::out_of_date,
        rotate::phase::RotationReport,
    },
    state::{self, Ca, Damage, RECEIPT, damages, hint_of},
};

/// What is said of a GitLab whose nginx is told something else than its gitlab.rb sets.
const UNFOLLOWED: &str =
    "GitLab does not follow its gitlab.rb yet, so clients may not be served what is in place";

pub fn run(context: &Context<'_>, state: &state::State<'_>) -> Result<u8> {
    let receipts = state.receipts()?;
    let mut damages = damages::all(state)?;
    // What is damaged is said, and all else is shown. It may be the caller's, under sudo.
    let own = state.nearest_ca().unwrap_or_else(|damage| {
        damages.extend((!damages.contains(&damage)).then_some(damage));
        None
    });
    let all_own = || own.into_iter().flat_map(Ca::all);
    let known = untrust::trusted(&receipts).chain(all_own().map(Ca::anchor));
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
    let renewal = Renewal::look(state, &receipts, &placed);
    let awaited = awaited(context, &receipts, own);
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

/// What was said of the CAs that are known.
struct Shown {
    reports: Vec<StoresReport>,
    /// The commands that have the CAs trusted which are not.
    missing: Vec<ShellLine>,
    code: u8,
}

/// Says of each of `anchors` where it is trusted.
fn print_anchors(
    context: &Context<'_>,
    state: &state::State<'_>,
    own: Option<&Ca>,
    anchors: &BTreeMap<Fingerprint, Anchor>,
) -> Result<Shown> {
    let mut shown = Shown { reports: Vec::new(), missing: Vec::new(), code: exit::DONE };
    for anchor in anchors.values() {
        let planning = stores::plan(&context.facts, &context.worlds, anchor, &Selection::all());
        let outcomes = stores::outcomes_now(
            &context.facts,
            &context.worlds,
            state.receipts()?,
            &trust::receipt_name(anchor),
            planning,
        );
        let is_own =
            own.iter().flat_map(|own| own.all()).find(|own| own.root.fingerprint() == anchor.sha256());
        // The CA that was followed is trusted by its file alone.
        let is_followed =
            |one: &Ca| own.and_then(|own| own.previous().ok()?).is_some_and(|old| old.folder == one.folder);
        let repeat = is_own.map_or_else(
            || trust_command(anchor),
            |own| own.trust_command(state.home().is_chosen || is_followed(own)),
        );
        shown.reports.push(print_one(context, anchor, &outcomes, &repeat)?);
        let stands = exit::of_outcomes(&outcomes, State::Trusted);
        if stands == exit::NO {
            let command = reports::labtrust(&repeat);
            // One line may trust both CAs of a rotation.
            if !shown.missing.contains(&command) {
                shown.missing.push(command);
            }
        }
        shown.code = exit::worse(shown.code, stands);
    }
    Ok(shown)
}

/// The command by which GitLab is still to follow its gitlab.rb, if it is.
fn awaited(context: &Context<'_>, receipts: &[Receipt], own: Option<&Ca>) -> Option<ShellLine> {
    let records = receipts.iter().filter(|one| one.name == RECEIPT).flat_map(|one| &one.changes);
    let placed: Vec<&Path> = records
        .filter(|record| record.store.as_str() == gitlab::STORE)
        .map(|record| Path::new(&record.subject))
        .collect();
    let known = own.map(|own| &own.notes.endpoints[..]).unwrap_or_default();
    gitlab::behind::awaited(&World::here(), &context.facts, &placed, known)
}

/// When the certificate ends that `own` signed and that is in place.
fn end_of_placed(placed: &[Placed], own: &Ca) -> Option<OffsetDateTime> {
    let signed = placed.iter().filter(|one| own.has_signed(&one.chain));
    let leaves = signed.filter_map(|one| Parsed::from_der(one.chain.first()?.der()).ok());
    leaves.map(|leaf| leaf.not_after).max()
}

fn print_one(
    context: &Context<'_>,
    anchor: &Anchor,
    outcomes: &[Outcome],
    repeat: &[String],
) -> Result<StoresReport> {
    let printer = context.printer;
    let certificate = Parsed::from_der(anchor.certificate.der())?;
    printer.heading(&certificate.title());
    printer.say(format_args!("  sha256    {}", anchor.sha256()));
    printer.say(format_args!("  may sign  {}", source::may_sign(&certificate)));
    printer.say(format_args!("  until     {}", reports::until(&certificate)));
    reports::print_stores(printer, outcomes, State::Trusted);
    reports::print_next(context, outcomes, repeat);
    Ok(StoresReport {
        sha256: anchor.sha256(),
        may_sign: Some(source::may_sign(&certificate)),
        stores: reports::by_store(outcomes, State::Trusted),
        remaining: NextSteps::of(context, outcomes, repeat).remaining(Vec::new()),
        successor: None,
    })
}

/// What root says to labtrust to trust `anchor`, read from a server that it is for.
fn trust_command(anchor: &Anchor) -> Vec<String> {
    let mut words = vec!["trust".to_owned()];
    words.extend(anchor.endpoints.last().map(ToString::to_string));
    words.extend(["--fingerprint".into(), anchor.sha256().to_string()]);
    words
}
