//! Trust in one CA: the stores of this machine, under a receipt of its own.

use anyhow::Result;
use labtrust_machine::{Outcome, Session, apply};
use labtrust_plan::Anchor;

use super::stores::Planning;

/// Applies `planning`.
pub(crate) fn trust(session: &Session<'_>, anchor: &Anchor, planning: &Planning) -> Result<Vec<Outcome>> {
    let mut outcomes = if planning.changes.is_empty() {
        Vec::new()
    } else {
        apply(session, &receipt_name(anchor), Some(anchor), &planning.changes)?
    };
    outcomes.extend(planning.others(session.facts, session.worlds, anchor));
    Ok(outcomes)
}

/// The name of the receipt of trust in `anchor`.
pub(crate) fn receipt_name(anchor: &Anchor) -> String {
    format!("trust-{}", anchor.sha256().short())
}
