//! What trusting an anchor takes on this machine, store by store: what `trust` applies, `status`
//! asks and `--dry-run` shows.

use std::path::Path;

use anyhow::Result;
use labtrust_platform::{
    Anchor, Facts, Fingerprint, Outcome, already, ask_engines, explain, explain_here, explain_undo,
    plan::{Change, SCHEMA, spare_restarts},
    receipt::{ChangeRecord, Receipt},
    session::State,
    store::{AlsoRead, Planned, STORES, Store},
    text,
};
use serde::Serialize;

use crate::{cli::Stores, context::Context, exit::misuse};

/// What a dry run says that has nothing to do.
pub const NOTHING: &str = "nothing would change";

/// The changes, and what is said of the stores that have none.
pub struct Planning {
    pub changes: Vec<Change>,
    pub others: Vec<Outcome>,
}

/// Plans every store that `selection` leaves.
pub fn plan(context: &Context<'_>, anchor: &Anchor, selection: &Stores) -> Planning {
    let mut planning = Planning { changes: Vec::new(), others: Vec::new() };
    // Only where both are planned, one spares the other's restart; where the other is not, it may be missed.
    let chosen = || STORES.iter().filter(|store| selection.has(store));
    let facts = if chosen().any(Store::asks_engines) { &ask_engines(&context.facts) } else { &context.facts };
    for store in chosen() {
        match (store.plan)(facts, anchor) {
            Planned::Changes(changes) => planning.changes.extend(changes),
            Planned::Absent(why) => {
                // What was asked for by name and is not there is no success.
                let is_named = selection.only.iter().any(|id| id == store.id);
                let state = if is_named { State::Untrusted } else { State::Skipped };
                planning.others.push(Outcome::without_change(store, state, &why));
            }
            Planned::Manual { why, todo } => {
                let mut outcome = Outcome::without_change(store, State::Failed, &why);
                outcome.hint = todo;
                planning.others.push(outcome);
            }
        }
    }
    spare_restarts(&mut planning.changes);
    for store in chosen() {
        let missing = (store.reads_also)(facts).into_iter().filter(|also| !selection.has_id(also.store));
        planning.others.extend(missing.filter_map(|also| missed(context, facts, anchor, store, also)));
    }
    planning
}

/// What programs of `store` miss, which read `also` as well: it is left alone and does not hold `anchor`.
fn missed(
    context: &Context<'_>,
    facts: &Facts,
    anchor: &Anchor,
    store: &Store,
    also: AlsoRead,
) -> Option<Outcome> {
    let holds =
        |change: &Change| Outcome::asked(&context.worlds, facts, change, None).state != State::Untrusted;
    let changes = (Store::find(also.store)?.plan)(facts, anchor).into_changes()?;
    if changes.iter().all(holds) {
        return None;
    }
    let mut outcome = Outcome::without_change(store, State::Untrusted, also.missed);
    outcome.hint = Some(also.hint.into());
    Some(outcome)
}

/// Those of `changes`, recorded in the receipt `name`, that are not so yet. What cannot be read is not
/// known to be so; applying says why.
pub fn outstanding(
    context: &Context<'_>,
    receipts: &[Receipt],
    name: &str,
    changes: &[Change],
) -> Vec<Change> {
    let is_outstanding = |change: &&Change| {
        let reader = context.worlds.reader(&context.facts, &change.actor);
        let record = find(receipts, name, change);
        !matches!(reader.and_then(|world| already(&world, change, record)), Ok(Some(_)))
    };
    changes.iter().filter(is_outstanding).cloned().collect()
}

/// How the stores of `planning`, recorded in the receipt `name`, stand: each is asked.
pub fn standing(context: &Context<'_>, receipts: &[Receipt], name: &str, planning: Planning) -> Vec<Outcome> {
    let ask = |change: &Change| {
        let settled = find(receipts, name, change).and_then(|record| record.settled);
        Outcome::asked(&context.worlds, &context.facts, change, settled)
    };
    planning.changes.iter().map(ask).chain(planning.others).collect()
}

fn find<'a>(receipts: &'a [Receipt], name: &str, change: &Change) -> Option<&'a ChangeRecord> {
    let receipt = receipts.iter().find(|receipt| receipt.name == name)?;
    receipt.find(&change.store, &change.subject)
}

impl Stores {
    fn has(&self, store: &Store) -> bool {
        self.has_id(store.id)
    }

    /// Refuses a selection that leaves no store: nothing done is not what was asked for.
    pub fn check(&self) -> Result<()> {
        if STORES.iter().any(|store| self.has(store)) {
            return Ok(());
        }
        Err(misuse("--store and --except leave no store", "leave one of them out"))
    }

    /// Whether the store `id` is among those that were chosen.
    pub fn has_id(&self, id: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|named| named == id);
        (self.only.is_empty() || named(&self.only)) && !named(&self.except)
    }
}

/// What `change` would do, a line each; an edit as it would be in its file as that is now.
fn explained(context: &Context<'_>, change: &Change) -> Vec<String> {
    let reader = context.worlds.reader(&context.facts, &change.actor);
    reader.and_then(|world| explain_here(&world, change)).unwrap_or_else(|error| {
        let mut lines = explain(change);
        lines.push(format!("! {error}"));
        lines
    })
}

/// What a dry run would change, as JSON has it.
#[derive(Debug, Default, Serialize)]
pub struct PlanReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Fingerprint>,
    pub would_change: bool,
    pub plan: Vec<serde_json::Value>,
    pub notes: Vec<String>,
}

impl PlanReport {
    /// The report of `plan`, made of [`as_json`], [`undo_as_json`] and [`file_as_json`].
    pub fn new(plan: Vec<serde_json::Value>) -> Self {
        Self { would_change: !plan.is_empty(), plan, ..Self::default() }
    }
}

/// What is done to one file or folder, as `--json --dry-run` shows it.
pub fn file_as_json(path: &Path, step: &str) -> serde_json::Value {
    serde_json::json!({ "subject": text::path(path), "steps": [step] })
}

/// `changes` as `--json --dry-run` shows them: in sentences, and as the data that is applied.
pub fn as_json(context: &Context<'_>, changes: &[Change]) -> Vec<serde_json::Value> {
    let json = |change: &Change| {
        let steps = explained(context, change);
        serde_json::json!({
            "store": change.store, "subject": change.subject, "steps": steps,
            "schema": SCHEMA, "change": change,
        })
    };
    changes.iter().map(json).collect()
}

/// Records that would be undone, as `--json --dry-run` shows them.
pub fn undo_as_json<'a>(records: impl Iterator<Item = &'a ChangeRecord>) -> Vec<serde_json::Value> {
    let json = |record: &ChangeRecord| {
        let steps = explain_undo(record);
        serde_json::json!({ "store": record.store, "subject": record.subject, "steps": steps })
    };
    records.map(json).collect()
}

/// Prints what `changes` would do; whether there is anything.
pub fn print_plan(context: &Context<'_>, changes: &[Change]) -> bool {
    for change in changes {
        context.printer.heading(&format!("{}: {}", change.store, change.subject));
        for line in explained(context, change) {
            context.printer.say(format_args!("  {line}"));
        }
    }
    if changes.is_empty() {
        context.printer.say(NOTHING);
    }
    !changes.is_empty()
}

/// Prints what undoing `records` would do; whether there is anything.
pub fn print_undo<'a>(context: &Context<'_>, records: impl Iterator<Item = &'a ChangeRecord>) -> bool {
    let mut any = false;
    for record in records {
        any = true;
        context.printer.heading(&format!("{}: {}", record.store, record.subject));
        for line in explain_undo(record) {
            context.printer.say(format_args!("  {line}"));
        }
    }
    any
}
