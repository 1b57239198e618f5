//! `doctor --fix`: what the findings know how to mend, as one plan: shown, applied under a receipt, and
//! believed only when everything was asked again.

use std::{collections::BTreeSet, ops::ControlFlow};

use anyhow::Result;
use labtrust_platform::{
    Anchor, Outcome, Session, World, apply,
    plan::{Change, ShellLine, StoreId},
    session::State,
};
use serde::Serialize;

use crate::{
    client::{restart, stores, trust},
    context::Context,
    doctor::{Diagnosis, Restart},
    hint::hint,
    printer::Mark,
    report::{
        consent::{self, DO_THIS, Proposal},
        stores as reports,
    },
    state,
};

/// What the doctor changes is kept under one name, for all hosts: they share the engine's settings.
pub const RECEIPT: &str = "doctor";

/// Changes that belong in one receipt.
struct Part<'d> {
    anchor: Option<&'d Anchor>,
    changes: Vec<Change>,
}

/// What became of a fix.
#[derive(Default)]
pub struct Fixed {
    pub outcomes: Vec<Outcome>,
}

/// One change, for JSON.
#[derive(Serialize)]
pub struct FixedReport<'f> {
    id: &'f str,
    subject: &'f str,
    state: State,
    changed: bool,
    detail: &'f str,
}

/// Mends what `diagnosis` knows how to mend. Breaks with the exit code where nothing was to be done or it
/// was not to be done.
pub fn fix(
    context: &Context<'_>,
    state: &state::State<'_>,
    diagnosis: &Diagnosis,
    restart: bool,
) -> Result<ControlFlow<u8, Fixed>> {
    let parts = parts(diagnosis);
    let receipts = state.receipts()?;
    let outstanding: Vec<Change> = (parts.iter())
        .flat_map(|part| {
            stores::unmet(&context.facts, &context.worlds, &receipts, &part.receipt(), &part.changes)
        })
        .collect();
    let propose = || {
        let mut proposal = Proposal::default();
        proposal.apply(context, &outstanding);
        let is_told = restart && context.everywhere.dry_run;
        let restarts = if is_told { restarts(diagnosis, &outstanding) } else { Vec::new() };
        for command in &restarts {
            proposal.change(format_args!("restart: {command}"));
        }
        proposal.field("commands", restarts);
        Ok(proposal)
    };
    if let ControlFlow::Break(code) = consent::ask(context, DO_THIS, None, propose)? {
        return Ok(ControlFlow::Break(code));
    }
    let mut outcomes = if parts.is_empty() {
        Vec::new()
    } else {
        context.session(state, |session, _| carry_out(session, &parts))?
    };
    for late in late(diagnosis, &outcomes) {
        let mut outcome = waiting(late, restart);
        let reload = late.reload.as_ref().filter(|_| restart);
        if let Some(Err(error)) = reload.map(|reload| World::here().run(reload)) {
            outcome.state = State::Failed;
            outcome.detail = error.to_string();
            outcome.hint = error.hint();
            outcome.restart.clear();
        }
        outcomes.push(outcome);
    }
    if restart {
        // Everything is asked again anyway.
        restart::restart(&context.facts, context.printer, &mut outcomes, None);
    }
    Ok(ControlFlow::Continue(Fixed { outcomes }))
}

/// What `--restart` would run after `changes`, each once.
fn restarts(diagnosis: &Diagnosis, changes: &[Change]) -> Vec<String> {
    let late = late(diagnosis, &[]).into_iter().map(|late| &late.service);
    let services = changes.iter().flat_map(|change| &change.settle.restart).chain(late);
    let commands: BTreeSet<String> =
        services.filter_map(|service| Some(service.restart.as_ref()?.to_string())).collect();
    commands.into_iter().collect()
}

/// What need only be restarted, and is by nothing in `outcomes` anyway.
fn late<'d>(diagnosis: &'d Diagnosis, outcomes: &[Outcome]) -> Vec<&'d Restart> {
    let mut all: Vec<&Restart> = Vec::new();
    for late in diagnosis.to_mend().flat_map(|finding| &finding.fix.restart) {
        let is_named = outcomes.iter().any(|outcome| outcome.restart.contains(&late.service));
        if !is_named && !all.iter().any(|known| known.service == late.service) {
            all.push(late);
        }
    }
    all
}

/// What only waits for a restart, which is the change if it `is_restarted` now.
fn waiting(late: &Restart, is_restarted: bool) -> Outcome {
    let first = late.reload.as_ref().filter(|_| !is_restarted);
    Outcome {
        store: StoreId::new("engine"),
        subject: late.service.title.clone(),
        state: State::Pending,
        changed: is_restarted,
        detail: "its settings were newer than it was".into(),
        hint: first.map(|reload| hint!("before the restart: {}", ShellLine::from(reload))),
        restart: vec![late.service.clone()],
        needs_root: false,
    }
}

/// Each change once, in the order of the findings, by the receipt that it belongs in.
fn parts(diagnosis: &Diagnosis) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for finding in diagnosis.to_mend() {
        let anchor = finding.fix.anchor.as_ref();
        let same = |part: &&mut Part<'_>| part.anchor.map(Anchor::sha256) == anchor.map(Anchor::sha256);
        let changes = finding.fix.changes.iter().cloned();
        match parts.iter_mut().find(same) {
            Some(part) => part.changes.extend(changes),
            None => parts.push(Part { anchor, changes: changes.collect() }),
        }
    }
    for part in &mut parts {
        let mut seen = Vec::new();
        part.changes.retain(|change| {
            let key = (change.store.clone(), change.subject.clone());
            let is_new = !seen.contains(&key);
            seen.push(key);
            is_new
        });
    }
    parts.retain(|part| !part.changes.is_empty());
    parts
}

impl Part<'_> {
    /// What trusts a CA is taken back by `untrust`, as if `trust` had done it.
    fn receipt(&self) -> String {
        self.anchor.map_or_else(|| RECEIPT.to_owned(), trust::receipt_name)
    }
}

fn carry_out(session: &Session<'_>, parts: &[Part<'_>]) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for part in parts {
        outcomes.extend(apply(session, &part.receipt(), part.anchor, &part.changes)?);
    }
    Ok(outcomes)
}

/// The arguments of this program that do the rest as root.
pub fn again(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

impl<'f> FixedReport<'f> {
    fn of(outcome: &'f Outcome) -> Self {
        Self {
            id: outcome.store.as_str(),
            subject: &outcome.subject,
            state: outcome.state,
            changed: outcome.changed,
            detail: &outcome.detail,
        }
    }
}

impl Fixed {
    /// For JSON.
    pub fn report(&self) -> Vec<FixedReport<'_>> {
        self.outcomes.iter().map(FixedReport::of).collect()
    }

    /// For people; `good` is the state that was wanted, and `again` what root says to do the rest.
    pub fn print(&self, context: &Context<'_>, good: State, again: &[String]) {
        let row = |outcome: &Outcome| {
            let (mark, word) = match outcome.state {
                state if state == good => (Mark::Good, if outcome.changed { "done" } else { "as it was" }),
                State::Pending => (Mark::Open, "after a restart"),
                State::Partial => (Mark::Open, "partly done"),
                _ => (Mark::Bad, "not done"),
            };
            (mark, vec![outcome.store.to_string(), word.to_owned(), outcome.detail.clone()])
        };
        context.printer.table(&self.outcomes.iter().map(row).collect::<Vec<_>>());
        reports::print_next(context, &self.outcomes, again);
    }
}
