//! What a rollout says: each host as it ends, then what is left.

use labtrust_plan::Hint;

use crate::{
    context::Context,
    exit,
    fleet::{
        line::{HostResult, HostState},
        record::{Action, FleetRecord},
    },
    hint::hint,
    printer::{Mark, Printer},
};

/// The most hosts whose failures are listed; the others are in the report.
const MOST_LISTED: usize = 40;

/// The hosts of a run, as they end.
pub(crate) struct Progress<'p> {
    printer: &'p Printer,
    is_check: bool,
    has_begun: bool,
    expected: usize,
    ended: usize,
    failed: usize,
}

impl<'p> Progress<'p> {
    pub(crate) fn new(printer: &'p Printer, is_check: bool) -> Self {
        Self { printer, is_check, has_begun: false, expected: 0, ended: 0, failed: 0 }
    }

    /// Whether Ansible named the hosts.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// The run serves `hosts`.
    pub(crate) fn expect(&mut self, hosts: &[String]) {
        self.has_begun = true;
        self.expected = hosts.len();
        self.advance();
    }

    /// `host` has ended.
    pub(crate) fn show(&mut self, host: &str, result: &HostResult) {
        self.ended += 1;
        self.failed += usize::from(!result.is_done() && !self.is_check);
        let (mark, what) = words(result, self.is_check);
        self.printer.aside(format_args!("{} {host}  {what}", mark.sign()));
        self.advance();
    }

    fn advance(&self) {
        let what =
            if self.failed == 0 { "hosts".to_owned() } else { format!("hosts, {} failed", self.failed) };
        self.printer.advance(self.ended, self.expected.max(self.ended), &what);
    }
}

/// The result of a host in a line.
fn words(result: &HostResult, is_check: bool) -> (Mark, String) {
    match result.state {
        HostState::Unreachable => (Mark::Bad, format!("not reached: {}", result.why)),
        HostState::Failed => (Mark::Bad, format!("failed: {}", reason(result))),
        HostState::Ok if is_check && !result.is_done() => (Mark::Open, "would be changed".into()),
        HostState::Ok if !result.is_done() => (Mark::Open, "not done".into()),
        HostState::Ok if result.code == Some(exit::RESTART) => (Mark::Open, "a restart is left".into()),
        HostState::Ok if result.changed => (Mark::Good, "done".into()),
        HostState::Ok => (Mark::Good, "nothing to do".into()),
    }
}

/// Why a host failed: its first store that did.
fn reason(result: &HostResult) -> String {
    let mut stores = result.anchors.iter().flat_map(|anchor| &anchor.stores);
    let failed = stores.find(|store| store.state == labtrust_machine::session::OutcomeState::Failed);
    failed.map_or_else(|| result.why.clone(), |store| format!("{}: {}", store.id, store.detail))
}

/// The record as a document.
pub(crate) fn document(record: &FleetRecord) -> serde_json::Value {
    serde_json::to_value(record).unwrap_or_default()
}

/// The end of a run.
pub(crate) struct Close<'c> {
    /// Why the run is not complete, if it is not.
    pub fault: Option<String>,
    /// What Ansible said beside the lines of hosts.
    pub said: &'c [String],
    pub notes: &'c [String],
}

/// Prints the end of a run, and returns the exit code.
pub(crate) fn print(
    context: &Context<'_>,
    record: &FleetRecord,
    progress: &Progress<'_>,
    Close { fault, said, notes }: &Close<'_>,
) -> u8 {
    let printer = context.printer;
    let done = record.done().count();
    let all = record.hosts.len();
    let does = match record.action {
        Action::Trust => "trust the CA",
        Action::Remove => "no longer have the CA",
    };
    printer.say(format_args!("{done} of {all} hosts {does}"));
    let open =
        record.hosts.iter().filter(|(_, host)| !host.as_ref().is_some_and(|host| host.result.is_done()));
    let rows: Vec<_> = open
        .map(|(name, host)| {
            let (mark, what) = host
                .as_ref()
                .map_or((Mark::Faint, "not begun".into()), |host| words(&host.result, progress.is_check));
            (mark, vec![name.clone(), what])
        })
        .collect();
    printer.table(&rows[..rows.len().min(MOST_LISTED)]);
    if rows.len() > MOST_LISTED {
        printer
            .say(format_args!("  and {} more: --report FILE.html lists them all", rows.len() - MOST_LISTED));
    }
    if !record.gone.is_empty() {
        let names: Vec<_> = record.gone.keys().take(MOST_LISTED).map(String::as_str).collect();
        let more = record.gone.len() - names.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        printer
            .aside(format_args!("no longer in the inventory, and not counted: {}{more}", names.join(", ")));
    }
    if let Some(fault) = fault {
        printer.say(fault);
    }
    let is_open = |mark: &Mark| *mark == Mark::Open;
    // A question is answered with no by a host that would be changed; a host that did not answer is a fault.
    let has_failed = fault.is_some()
        || if progress.is_check { rows.iter().any(|(mark, _)| !is_open(mark)) } else { done < all };
    if has_failed {
        said.iter().for_each(|line| printer.aside(format_args!("ansible: {line}")));
    }
    notes.iter().for_each(|note| printer.aside(note));
    let hint: Option<Hint> = (has_failed && !progress.is_check)
        .then(|| hint!("to serve every host that is left: the same command with --retry"));
    if let Some(hint) = &hint {
        printer.say(hint);
    }
    printer.document(&serde_json::json!({ "record": document(record), "notes": notes }));
    let restarts = record.hosts.values().flatten().any(|host| host.result.code == Some(exit::RESTART));
    if has_failed {
        exit::FAULT
    } else if done < all {
        exit::NO
    } else if restarts {
        exit::RESTART
    } else {
        exit::DONE
    }
}
