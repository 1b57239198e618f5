//! The state of trust stores, as a table and as JSON: one entry a store, for any number of changes.

use std::{collections::BTreeMap, path::PathBuf};

use labtrust_machine::{Outcome, session::OutcomeState};
use labtrust_plan::{
    Command, Facts, Fingerprint, ShellLine,
    store::{STORES, Store},
};
use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    certificate::{Parsed, judge},
    client::restart::restarts,
    context::Context,
    exit,
    hint::Hint,
    printer::{Mark, Printer},
    program::sudo,
    state::Damage,
};

/// One CA and the stores, as `trust`, `untrust` and `status` report them.
#[derive(Debug, Serialize)]
pub(crate) struct StoresReport {
    pub sha256: Fingerprint,
    /// What the CA can sign, in words, where it is trusted now.
    #[serde(rename = "may_sign", skip_serializing_if = "Option::is_none")]
    pub can_sign: Option<String>,
    pub stores: Vec<StoreReport>,
    #[serde(flatten)]
    pub remaining: Remaining,
    /// The file for the administrator, if a part needs root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin_file: Option<PathBuf>,
    /// The CA that will follow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<Box<StoresReport>>,
}

/// One store.
#[derive(Debug, Serialize)]
pub(crate) struct StoreReport {
    pub id: String,
    pub state: OutcomeState,
    pub changed: bool,
    pub detail: String,
    /// The hints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<Hint>,
}

/// One report for each store. `good` is the wanted state.
pub(crate) fn by_store(outcomes: &[Outcome], good: OutcomeState) -> Vec<StoreReport> {
    let mut stores: BTreeMap<(usize, &str), Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        let id = outcome.store.as_str();
        stores.entry((place(id), id)).or_default().push(outcome);
    }
    stores.into_values().map(|outcomes| merged(&outcomes, good)).collect()
}

/// The place of the store `id` in the table of stores; a place after all others if it is not there.
pub(crate) fn place(id: &str) -> usize {
    STORES.iter().position(|store| store.id == id).unwrap_or(usize::MAX)
}

fn merged(outcomes: &[&Outcome], good: OutcomeState) -> StoreReport {
    let details: Vec<&str> = outcomes.iter().map(|outcome| outcome.detail.as_str()).collect();
    let mut unique = details.clone();
    unique.dedup();
    let mut hints: Vec<Hint> = outcomes.iter().filter_map(|outcome| outcome.hint.clone()).collect();
    hints.dedup();
    StoreReport {
        id: outcomes[0].store.to_string(),
        state: merged_state(&outcomes.iter().map(|outcome| outcome.state).collect::<Vec<_>>(), good),
        changed: outcomes.iter().any(|outcome| outcome.changed),
        detail: unique.join("\n"),
        hints,
    }
}

/// The state of a store that has `states`, one for each of its parts, if `good` was wanted.
pub(crate) fn merged_state(states: &[OutcomeState], good: OutcomeState) -> OutcomeState {
    let has = |state| states.contains(&state);
    let bad = if good == OutcomeState::Trusted { OutcomeState::Untrusted } else { OutcomeState::Trusted };
    match (has(good), has(OutcomeState::Pending), has(bad)) {
        _ if has(OutcomeState::Failed) => OutcomeState::Failed,
        _ if has(OutcomeState::Partial) => OutcomeState::Partial,
        (true, _, true) | (_, true, true) => OutcomeState::Partial,
        (_, true, _) => OutcomeState::Pending,
        (true, ..) => good,
        (.., true) => bad,
        _ => OutcomeState::Skipped,
    }
}

/// Prints the table of stores. `good` is the wanted state.
pub(crate) fn print_stores(printer: &Printer, outcomes: &[Outcome], good: OutcomeState) {
    printer.table(&stores_table(printer, outcomes, good));
}

/// The table of stores with all details. `good` is the wanted state.
pub(crate) fn stores_table(
    printer: &Printer,
    outcomes: &[Outcome],
    good: OutcomeState,
) -> Vec<(Mark, Vec<String>)> {
    let row = |store: StoreReport| {
        let word = word(&store, good);
        (mark(&store, good), vec![store.id, word.to_owned(), store.detail])
    };
    shown(printer, outcomes, good).into_iter().map(row).collect()
}

/// The reports of the stores that people see: those that were skipped only with `-v`, or if all were.
pub(crate) fn shown(printer: &Printer, outcomes: &[Outcome], good: OutcomeState) -> Vec<StoreReport> {
    let mut stores = by_store(outcomes, good);
    let all_skipped = stores.iter().all(|store| store.state == OutcomeState::Skipped);
    stores.retain(|store| store.state != OutcomeState::Skipped || all_skipped || printer.is_verbose());
    stores
}

/// The mark of `store`, if `good` was wanted.
pub(crate) fn mark(store: &StoreReport, good: OutcomeState) -> Mark {
    match store.state {
        state if state == good => Mark::Good,
        OutcomeState::Pending | OutcomeState::Partial => Mark::Open,
        OutcomeState::Skipped => Mark::Faint,
        _ => Mark::Bad,
    }
}

/// The word for the state of `store`, if `good` was wanted.
pub(crate) fn word(store: &StoreReport, good: OutcomeState) -> &'static str {
    match store.state {
        // Files that `setup` installed are not in a trust store.
        OutcomeState::Untrusted if Store::find(&store.id).is_none() => "undone",
        OutcomeState::Untrusted if good == OutcomeState::Untrusted && store.changed => "removed",
        OutcomeState::Untrusted if good == OutcomeState::Untrusted => "not there",
        OutcomeState::Trusted => "trusted",
        OutcomeState::Pending => "after a restart",
        OutcomeState::Untrusted => "not trusted",
        OutcomeState::Partial => "partly trusted",
        OutcomeState::Skipped => "skipped",
        OutcomeState::Failed => "failed",
    }
}

/// Warns about damaged parts of the state that the verb does not need.
pub(crate) fn warn_of_damages<'a>(context: &Context<'_>, damages: impl Iterator<Item = &'a Damage>) {
    for damage in damages {
        context.printer.aside(format_args!("warning: {damage}; {}", damage.hint()));
    }
}

/// Prints the damaged parts of the state and returns the exit code.
pub(crate) fn print_damages<'a>(context: &Context<'_>, damages: impl Iterator<Item = &'a Damage>) -> u8 {
    let mut code = exit::DONE;
    for damage in damages {
        code = exit::FAULT;
        context.printer.aside(format_args!("error: {damage}"));
        context.printer.aside(format_args!("hint: {}", damage.hint()));
    }
    code
}

/// The open steps after a run, for JSON: commands, and notes for people.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Remaining {
    pub needs_root: Vec<ShellLine>,
    /// The commands after which the changes take effect on this machine.
    pub commands: Vec<ShellLine>,
    pub notes: Vec<String>,
}

/// An open step.
#[derive(Debug)]
pub(crate) enum Todo {
    /// A command.
    Run(ShellLine),
    /// A step that no command does.
    Do(String),
}

/// The open steps after a run.
#[derive(Debug, Default)]
pub(crate) struct NextSteps {
    /// Commands that need root.
    pub root: Vec<Todo>,
    /// Restarts, as commands where a program can do it.
    pub restart: Vec<Todo>,
}

impl NextSteps {
    /// The open steps after `outcomes`. `root_command` are the arguments with which root does the rest.
    pub(crate) fn of(context: &Context<'_>, outcomes: &[Outcome], root_command: &[String]) -> Self {
        let mut steps = Self::default();
        if outcomes.iter().any(|outcome| outcome.needs_root) {
            steps.root.push(Todo::Run(sudo(root_command)));
        }
        for service in restarts(outcomes) {
            steps.restart.push(match &service.restart {
                Some(command) => Todo::Run(as_root(&context.facts, command)),
                None => Todo::Do(format!("restart {}", service.title)),
            });
        }
        steps
    }

    /// The steps for JSON, after `notes`.
    pub(crate) fn remaining(self, notes: Vec<String>) -> Remaining {
        let mut remaining = Remaining { notes, ..Remaining::default() };
        let Self { root, restart } = self;
        for (todos, commands) in [(root, &mut remaining.needs_root), (restart, &mut remaining.commands)] {
            for todo in todos {
                match todo {
                    Todo::Run(command) => commands.push(command),
                    Todo::Do(what) => remaining.notes.push(what),
                }
            }
        }
        remaining
    }
}

/// The command line of this program with `arguments`.
pub(crate) fn labtrust(arguments: &[String]) -> ShellLine {
    ShellLine::labtrust(arguments)
}

fn as_root(facts: &Facts, command: &Command) -> ShellLine {
    let command = ShellLine::from(command);
    if facts.is_root() { command } else { command.by_root() }
}

/// Prints the hints and the open steps.
pub(crate) fn print_next(context: &Context<'_>, outcomes: &[Outcome], root_command: &[String]) {
    let printer = context.printer;
    let mut hints: Vec<&Hint> = outcomes.iter().filter_map(|outcome| outcome.hint.as_ref()).collect();
    hints.dedup();
    for hint in hints {
        for (line, label) in
            hint.as_str().lines().zip(std::iter::once("hint:").chain(std::iter::repeat("     ")))
        {
            printer.say(format_args!("{label} {}", line.trim_start()));
        }
    }
    let steps = NextSteps::of(context, outcomes, root_command);
    for (heading, commands) in [("Needs root:", steps.root), ("Takes effect after a restart:", steps.restart)]
    {
        if !commands.is_empty() {
            printer.heading(heading);
        }
        for todo in commands {
            match todo {
                Todo::Run(command) => printer.command(command),
                Todo::Do(what) => printer.say(format_args!("  {what}")),
            }
        }
    }
}

/// Prints the clients that would reject `chain`, a line each.
pub(crate) fn print_refusals(printer: &Printer, chain: &[Parsed]) {
    for refusal in judge(chain, None, OffsetDateTime::now_utc()) {
        printer.say(format_args!("  rejected by {}: {}", refusal.who(), refusal.why));
    }
}

/// The last day of a certificate, and the days that are left.
pub(crate) fn until(certificate: &Parsed) -> String {
    format!("{} ({})", certificate.not_after.date(), certificate.validity_status(OffsetDateTime::now_utc()))
}
