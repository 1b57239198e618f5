//! `trust`: trusts a CA, and the next CA of a rotation, in every trust store of this machine, and checks each store.

mod list;

use std::path::PathBuf;

use anyhow::Result;
use labtrust_machine::{Outcome, session::OutcomeState};
use labtrust_plan::{Anchor, Wanted};

use super::options::reader;
use crate::{
    cli::Trust,
    client::{
        builder, containers, restart, source,
        stores::{self, Planning},
        trust::{receipt_name, trust},
    },
    context::Context,
    exit,
    report::{
        consent::{self, Proposal},
        stores as reports, trust as report_trust,
        trust::confirm,
    },
    state::{self, recorded},
};

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Trust) -> Result<u8> {
    arguments.stores.check()?;
    if arguments.list {
        return list::run(context, state, arguments);
    }
    let mut candidate = source::anchor(&reader(context, &arguments.passphrase), state, &arguments.asked())?;
    let next = candidate.announced.anchor(&candidate.anchor.endpoints);
    let anchors: Vec<&Anchor> = std::iter::once(&candidate.anchor).chain(&next).collect();
    let names: Vec<_> = anchors.iter().map(|anchor| receipt_name(anchor)).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    recorded::check(state.receipts()?, &names)?;
    let plan = |anchor: &&Anchor| {
        stores::plan(&context.facts, &context.worlds, anchor, &arguments.stores.selection())
    };
    let plannings: Vec<Planning> = anchors.iter().map(plan).collect();
    if context.everywhere.dry_run {
        return dry_run(context, state, arguments, &candidate, anchors, plannings);
    }
    confirm(context, &candidate)?;
    candidate.notes.extend(containers::note(
        &context.facts,
        &candidate.anchor,
        &arguments.stores.selection(),
    ));
    let admin_file = arguments.admin_file(&candidate.anchor)?;
    let done: Vec<(Vec<Outcome>, Option<PathBuf>)> =
        if plannings.iter().all(|planning| planning.changes.is_empty()) {
            let all = anchors.iter().zip(&plannings);
            all.map(|(anchor, planning)| (planning.others(&context.facts, &context.worlds, anchor), None))
                .collect()
        } else {
            context.session(state, |session, _| {
                let all = anchors.iter().zip(&plannings);
                all.map(|(anchor, planning)| {
                    let mut outcomes = trust(session, anchor, planning)?;
                    let file = admin_file(anchor).write(session, anchor, planning, &mut outcomes)?;
                    Ok((outcomes, file))
                })
                .collect()
            })?
        };
    let (mut parts, files): (Vec<_>, Vec<_>) = done.into_iter().unzip();
    candidate.notes.extend(builder::notes(&context.facts, &parts.concat(), Wanted::There));
    if arguments.restart {
        let mut all = parts.concat();
        restart::restart(&context.facts, context.printer, &mut all, Some((&candidate.anchor, Wanted::There)));
        parts = parts.iter().map(|part| all.drain(..part.len()).collect()).collect();
    }
    let mut reports = Vec::new();
    let mut code = candidate.announced.code;
    for ((anchor, outcomes), file) in anchors.iter().zip(&parts).zip(files) {
        let is_next = anchor.sha256() != candidate.anchor.sha256();
        reports.push(report_trust::report(
            context,
            arguments,
            &candidate,
            (anchor, is_next),
            (outcomes, file),
        ));
        code = exit::worse(code, exit::of_outcomes(outcomes, OutcomeState::Trusted));
        // A machine without any store does not trust the CA.
        if outcomes.iter().all(|outcome| outcome.state == OutcomeState::Skipped) {
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

fn dry_run(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Trust,
    candidate: &source::Candidate,
    anchors: Vec<&Anchor>,
    plannings: Vec<Planning>,
) -> Result<u8> {
    let receipts = state.receipts()?;
    let admin_file = arguments.admin_file(&candidate.anchor)?;
    let mut proposal = Proposal::default();
    let mut documents = Vec::new();
    let missing = candidate.missing_fingerprint().map(|(what, hint)| format!("{what}; {hint}"));
    let notes: Vec<_> =
        candidate.notes.iter().chain(&candidate.announced.notes).chain(&missing).cloned().collect();
    for note in &notes {
        proposal.line(format_args!("  {note}"));
    }
    for (anchor, planning) in anchors.into_iter().zip(plannings) {
        let name = receipt_name(anchor);
        let next = candidate.announced.root.as_ref().filter(|_| anchor.sha256() != candidate.anchor.sha256());
        let can_sign = source::can_sign(next.unwrap_or(&candidate.certificate));
        let unmet = stores::unmet(&context.facts, &context.worlds, receipts, &name, &planning.changes);
        let planned = (anchor, &planning);
        let outcomes = stores::outcomes_now(&context.facts, &context.worlds, receipts, &name, planned);
        let mut part = Proposal::default();
        part.field("sha256", anchor.sha256());
        part.field("may_sign", &can_sign);
        part.field("stores", reports::by_store(&outcomes, OutcomeState::Trusted));
        part.line(format_args!("  can sign  {can_sign}"));
        part.table(reports::stores_table(context.printer, &outcomes, OutcomeState::Trusted));
        part.apply(context, &unmet);
        let file = admin_file(anchor).planned(&context.facts, state.folder(), anchor, &unmet)?;
        part.apply(context, file.as_slice());
        documents.push(part.document());
        proposal.add(part);
    }
    let mut documents = documents.into_iter();
    if let Some(mut document) = documents.next() {
        document["notes"] = notes.into();
        if let Some(mut next) = documents.next() {
            // The notes belong to the whole run.
            next.as_object_mut().map(|next| next.remove("notes"));
            document["successor"] = next;
        }
        proposal.fields(document);
    }
    Ok(exit::worse(consent::dry_run(context, &proposal), candidate.announced.code))
}
