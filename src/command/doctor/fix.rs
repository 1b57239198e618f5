//! `doctor --fix`: carries out the fixes of the findings as one plan, under a receipt. Only new evidence shows whether they
//! worked.

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_machine::{World, session::OutcomeState};
use labtrust_plan::Change;

use crate::{
    client::{restart, stores},
    context::Context,
    doctor::{
        Diagnosis,
        fixes::{apply_all, changes_by_receipt, pending_restarts, restart_commands, restart_outcome},
    },
    report::{
        consent::{self, DO_THIS, Proposal},
        doctor::Fixed,
    },
    state,
};

/// Carries out the fixes of `diagnosis`. Breaks with the exit code after a dry run or a no.
pub(super) fn fix(
    context: &Context<'_>,
    state: &state::State<'_>,
    diagnosis: &Diagnosis,
    restart: bool,
) -> Result<ControlFlow<u8, Fixed>> {
    let parts = changes_by_receipt(diagnosis);
    let receipts = state.receipts()?;
    let unmet: Vec<Change> = (parts.iter())
        .flat_map(|part| {
            stores::unmet(&context.facts, &context.worlds, receipts, &part.receipt(), &part.changes)
        })
        .collect();
    let propose = || {
        let mut proposal = Proposal::default();
        proposal.apply(context, &unmet);
        let is_told = restart && context.everywhere.dry_run;
        let restarts = if is_told { restart_commands(diagnosis, &unmet) } else { Vec::new() };
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
        context.session(state, |session, _| apply_all(session, &parts))?
    };
    for late in pending_restarts(diagnosis, &outcomes) {
        let mut outcome = restart_outcome(late, restart);
        let reload = late.reload.as_ref().filter(|_| restart);
        if let Some(Err(error)) = reload.map(|reload| World::here().run(reload)) {
            outcome.state = OutcomeState::Failed;
            outcome.detail = error.to_string();
            outcome.hint = error.hint();
            outcome.restart.clear();
        }
        outcomes.push(outcome);
    }
    let mut restarted = Vec::new();
    if restart {
        restarted = restart::restarts(&outcomes);
        // The doctor gathers the evidence again, so no engine is asked here.
        restart::restart(&context.facts, context.printer, &mut outcomes, None);
        let still_awaited = restart::restarts(&outcomes);
        restarted.retain(|service| !still_awaited.iter().any(|other| other.is(service)));
    }
    Ok(ControlFlow::Continue(Fixed { outcomes, restarted }))
}
