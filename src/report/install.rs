//! Explains a plan for the server and asks about it, for `setup`, `import`, `renew` and `rotate`.

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_plan::Change;

use super::consent::{self, DO_THIS, Proposal};
use crate::{
    client::{stores, trust},
    context::Context,
    hint::fail,
    server::install_pair::Plan,
    state::{RECEIPT, State, recorded},
};

/// Explains `plan` for a dry run, or asks about it on a terminal. Breaks with the exit code after a dry run or a no. A
/// broad CA needs a yes, or `--yes`.
pub(crate) fn ask(context: &Context<'_>, state: &State<'_>, plan: &Plan) -> Result<ControlFlow<u8>> {
    ask_about(context, state, plan, || propose(context, state, plan))
}

/// The same, with the proposal of `propose`.
pub(crate) fn ask_about(
    context: &Context<'_>,
    state: &State<'_>,
    plan: &Plan,
    propose: impl FnOnce() -> Result<Proposal>,
) -> Result<ControlFlow<u8>> {
    let trust = trust::receipt_name(&plan.anchor);
    let needed = if plan.planning.changes.is_empty() { &[RECEIPT][..] } else { &[RECEIPT, &trust] };
    recorded::check(state.receipts()?, needed)?;
    let everywhere = context.everywhere;
    if let Some(broad) = &plan.broad
        && !(everywhere.dry_run || everywhere.yes || context.printer.can_ask())
    {
        return Err(fail(
            format!("the CA could sign too many names: {broad}"),
            "use a narrower host or domain, such as mygitlab.example.com; to allow all of these names, add --yes",
        ));
    }
    consent::ask(context, DO_THIS, plan.warnings(), propose)
}

/// The changes of `plan`.
pub(crate) fn propose(context: &Context<'_>, state: &State<'_>, plan: &Plan) -> Result<Proposal> {
    let mut proposal = Proposal::default();
    proposal.field("sha256", plan.anchor.sha256());
    proposal.apply(context, &unmet_changes(context, state, plan)?);
    for doubt in plan.doubts() {
        proposal.line(format_args!("  ! {doubt}"));
        proposal.note(doubt);
    }
    proposal.afterwards(plan.afterwards.clone());
    proposal.name_command();
    Ok(proposal)
}

/// The changes of `plan` that are not in effect yet.
fn unmet_changes(context: &Context<'_>, state: &State<'_>, plan: &Plan) -> Result<Vec<Change>> {
    let receipts = state.receipts()?;
    let mut all = stores::unmet(&context.facts, &context.worlds, receipts, RECEIPT, &plan.changes);
    let name = trust::receipt_name(&plan.anchor);
    all.extend(stores::unmet(&context.facts, &context.worlds, receipts, &name, &plan.planning.changes));
    Ok(all)
}
