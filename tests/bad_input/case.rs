//! A row: a command line, and its expected result. Each runs unchanged, with `--json` and with `--dry-run`, and must keep
//! the command line's promises about every refusal.

use std::{ffi::OsString, os::unix::ffi::OsStrExt};

use serde::Deserialize;

use crate::{
    documents,
    lab::{self, Machine},
};

/// Where the rows are run, and where the samples are.
pub(crate) const FOLDER: &str = "/tmp/in";

/// The memory, in MiB, that no bad input may make the program take.
const MEMORY: f64 = 200.0;

/// A command line and its expected result.
pub(crate) struct Row {
    line: Vec<OsString>,
    code: i32,
    says: String,
    limit: Limit,
    is_dry: bool,
}

/// How long a run may take, in seconds.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// Of the processor: other programs may hold it up.
    Work(f64),
    /// By the clock on the wall, where a server is waited for.
    Wait(f64),
}

impl Row {
    /// `line` exits with `code`, and each part of `says` between bars is in the error or its hint.
    pub(crate) fn new<A: Into<OsString>>(line: impl IntoIterator<Item = A>, code: i32, says: &str) -> Self {
        let line = line.into_iter().map(Into::into).collect();
        Self { line, code, says: says.to_owned(), limit: Limit::Work(2.0), is_dry: true }
    }

    /// The same from words with spaces between them.
    pub(crate) fn words(line: &str, code: i32, says: &str) -> Self {
        Self::new(line.split(' '), code, says)
    }

    /// With another bound.
    pub(crate) fn within(mut self, limit: Limit) -> Self {
        self.limit = limit;
        self
    }

    /// Not checked in a dry run, which may show the plan instead of the refusal.
    pub(crate) fn for_real(mut self) -> Self {
        self.is_dry = false;
        self
    }

    fn seconds(&self) -> f64 {
        match self.limit {
            Limit::Work(_) => 60.0,
            Limit::Wait(seconds) => seconds,
        }
    }
}

/// Whether everything is to be tried, however long it takes.
pub(crate) fn is_whole() -> bool {
    lab::is_whole("LABTRUST_INPUT")
}

/// Which of `all` places number `index` is tried at: all of them if the whole is tried, otherwise two,
/// and over the numbers each as often as the others.
pub(crate) fn places<T>(all: &[T], index: usize) -> impl Iterator<Item = &T> {
    let some = if is_whole() { all.len() } else { 2 };
    all.iter().cycle().skip(index % all.len()).take(some)
}

/// The result of one run.
#[derive(Debug, Deserialize)]
pub(crate) struct Outcome {
    pub code: i32,
    late: bool,
    pub stdout: String,
    pub stderr: String,
    pub wall: f64,
    pub cpu: f64,
    pub megabytes: f64,
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<Outcome>,
    left: bool,
}

/// Runs every row in three ways and holds each to the promises; nothing may change meanwhile.
pub(crate) fn refused(machine: &Machine, what: &str, parallel: usize, rows: &[Row]) {
    let before = machine.manifest();
    let ways: [&[&str]; 3] = [&[], &["--json"], &["--dry-run"]];
    let ways = |row: &Row| if row.is_dry { &ways[..] } else { &ways[..2] };
    let cases: Vec<_> =
        rows.iter().flat_map(|row| ways(row).iter().map(move |way| (row, way.to_vec()))).collect();
    let (outcomes, left) = run(machine, parallel, &cases);
    let mut wrong = Vec::new();
    for ((row, way), outcome) in cases.iter().zip(&outcomes) {
        let complaints = complaints(row, way.contains(&"--json"), outcome).join("; ");
        if !complaints.is_empty() {
            let said = format!("{}{}", outcome.stdout, outcome.stderr);
            let said: String = said.chars().take(2_000).collect();
            wrong.push(format!("{:?} {way:?}: {complaints}\n{said}", row.line));
        }
    }
    let most = |figure: fn(&Outcome) -> f64| outcomes.iter().map(figure).fold(0.0, f64::max);
    println!(
        "{what}: {} rows, {} runs, {} held; at most {:.2} s of work, {:.1} s of time, {:.0} MiB",
        rows.len(),
        cases.len(),
        cases.len() - wrong.len(),
        most(|one| one.cpu),
        most(|one| one.wall),
        most(|one| one.megabytes),
    );
    assert!(wrong.is_empty(), "{} of {} did not hold:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(!left, "something was left in {FOLDER}, or a state folder was made");
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

/// Runs each line once and gives what came of it; for rows that are no refusals.
pub(crate) fn outcomes(machine: &Machine, lines: &[&str]) -> Vec<Outcome> {
    outcomes_of(machine, 1, lines)
}

/// The same with so many at a time.
pub(crate) fn outcomes_of(machine: &Machine, parallel: usize, lines: &[&str]) -> Vec<Outcome> {
    let rows: Vec<_> = lines.iter().map(|line| Row::words(line, 0, "")).collect();
    run(machine, parallel, &rows.iter().map(|row| (row, Vec::new())).collect::<Vec<_>>()).0
}

fn run(machine: &Machine, parallel: usize, cases: &[(&Row, Vec<&str>)]) -> (Vec<Outcome>, bool) {
    let hex = |argument: &OsString| {
        argument.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let case = |(row, way): &(&Row, Vec<&str>)| {
        let way = way.iter().map(OsString::from);
        let line: Vec<_> = row.line.iter().cloned().chain(way).map(|argument| hex(&argument)).collect();
        serde_json::json!({ "line": line, "limit": row.seconds() })
    };
    let asked =
        serde_json::json!({ "cases": cases.iter().map(case).collect::<Vec<_>>(), "parallel": parallel });
    machine.sh(&format!("mkdir -p {FOLDER}")).succeeded();
    machine.write("/tmp/run.py", include_str!("run.py"));
    let line = ["sh", "-c", &format!("cd {FOLDER} && exec python3 /tmp/run.py")];
    let output = machine.command(line).stdin(asked.to_string()).run().succeeded();
    let answer: Answer = serde_json::from_str(&output.stdout).unwrap();
    for ((row, way), outcome) in cases.iter().zip(&answer.results) {
        let words = row.line.iter().map(|word| word.to_string_lossy().into_owned());
        let line: Vec<_> = ["labtrust".to_owned()].into_iter().chain(words).collect();
        let way = way.iter().map(|word| (*word).to_owned());
        documents::check(&line.into_iter().chain(way).collect::<Vec<_>>(), &outcome.stdout);
    }
    (answer.results, answer.left)
}

/// The fault of an outcome.
fn complaints(row: &Row, json: bool, outcome: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut hold = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    hold(outcome.code == row.code, format!("exit code {} instead of {}", outcome.code, row.code));
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    let starting = |word: &str| lines.iter().filter(|line| line.starts_with(word)).count();
    hold(starting("error: ") == 1, format!("{} lines start with error:", starting("error: ")));
    hold(starting("hint: ") == 1, format!("{} lines start with hint:", starting("hint: ")));
    hold(
        lines.first().is_some_and(|line| line.starts_with("error: ")),
        "the error is not the first line".into(),
    );
    hold(lines.len() <= 13, format!("{} lines", lines.len()));
    hold(lines.iter().all(|line| line.chars().count() <= 1_000), "a line is very long".into());
    for part in row.says.split('|') {
        hold(outcome.stderr.contains(part), format!("it does not say {part:?}"));
    }
    for word in INNARDS {
        hold(!outcome.stderr.contains(word), format!("it says {word:?}"));
    }
    let hidden = |text: &str| text.chars().any(|one| one != '\n' && is_hidden(one));
    hold(!hidden(&outcome.stdout) && !hidden(&outcome.stderr), "it writes what a terminal obeys".into());
    if json {
        let code = if row.code == 2 { "usage" } else { "fault" };
        match serde_json::from_str::<serde_json::Value>(&outcome.stdout) {
            Ok(document) => {
                hold(document["schema"] == 2, "the document has no schema 2".into());
                let error = &document["error"];
                hold(error["code"] == code, format!("the document has the code {}", error["code"]));
                for field in ["what", "hint"] {
                    let text = error[field].as_str().unwrap_or_default();
                    hold(!text.is_empty(), format!("the document has no {field}"));
                }
                hold(document.as_object().is_some_and(|all| all.len() == 2), "the document has more".into());
            }
            Err(error) => hold(false, format!("stdout is no one document: {error}")),
        }
    } else {
        hold(outcome.stdout.is_empty(), "something is on stdout".into());
    }
    match row.limit {
        Limit::Work(seconds) => hold(outcome.cpu <= seconds, format!("it worked for {:.1} s", outcome.cpu)),
        Limit::Wait(_) => {}
    }
    hold(!outcome.late, format!("it was still there after {:.1} s", outcome.wall));
    hold(outcome.megabytes <= MEMORY, format!("it took {:.0} MiB", outcome.megabytes));
    wrong
}

/// Words that only a programmer would write.
pub(crate) const INNARDS: &[&str] = &[
    "panicked",
    "RUST_BACKTRACE",
    "stack backtrace",
    "Err(",
    "Ok(",
    "Some(",
    "None)",
    "Error {",
    "Os {",
    "kind:",
    "std::",
    "rustls::",
    "src/",
    ".rs:",
    "unwrap",
];

/// Whether a terminal does not show `one`, but does what it says.
pub(crate) fn is_hidden(one: char) -> bool {
    one.is_control()
        || matches!(one, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
