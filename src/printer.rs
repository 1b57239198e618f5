//! The one place that prints: data to standard output, everything else to standard error, JSON or
//! text but never both.

mod table;

use std::{
    cell::{Cell, RefCell},
    fmt::{self, Write as _},
    io::{self, IsTerminal, Write},
    time::Duration,
};

use anstyle::{AnsiColor, Style};
use comfy_table::Table;
use indicatif::{ProgressBar, ProgressStyle};
use labtrust_machine::Progress;
use labtrust_plan::{
    ShellLine,
    text::{in_line, is_hidden, shown},
};
use serde::Serialize;

use crate::hint::Hint;

/// How much is said beside the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Errors only.
    Quiet,
    /// What people need.
    Normal,
    /// Each step too.
    Verbose,
}

/// The number of the documents that `--json` prints: it grows when a field changes its meaning. docs/json.md describes them.
pub(crate) const SCHEMA: u32 = 2;

/// In bytes: no report is held back longer.
const LARGEST_PIECE: usize = 1 << 16;

/// A sign beside words; never the only carrier of what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Done, and proven.
    Good,
    /// Not so, or failed.
    Bad,
    /// Something is still to be done.
    Open,
    /// Left out.
    Faint,
}

/// Prints for people, or one JSON document for scripts.
#[derive(Debug)]
pub(crate) struct Printer {
    json: bool,
    verbosity: Verbosity,
    spinner: RefCell<Option<ProgressBar>>,
    /// What was said and is not written yet: to a file or a pipe it goes in large pieces.
    unwritten: RefCell<String>,
    /// Whether the report has begun: its first line is not an empty one.
    has_begun: Cell<bool>,
    /// What became of a report that could not be written.
    lost: RefCell<Option<io::Error>>,
}

impl Printer {
    /// A printer of JSON or of text.
    pub(crate) fn new(json: bool, verbosity: Verbosity) -> Self {
        Self {
            json,
            verbosity,
            spinner: RefCell::default(),
            unwritten: RefCell::default(),
            has_begun: Cell::default(),
            lost: RefCell::default(),
        }
    }

    /// Whether each step is to be told.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    /// A line of the report, for people: text of others in it begins no line of its own.
    pub(crate) fn say(&self, line: impl fmt::Display) {
        self.styled(in_line(&line.to_string()));
    }

    /// An empty line, which ends what was said before.
    pub(crate) fn gap(&self) {
        self.styled("");
    }

    /// A line in which colours stand already, and nothing else that is not ours.
    fn styled(&self, line: impl fmt::Display) {
        if !self.json {
            self.clear();
            self.has_begun.set(true);
            let mut unwritten = self.unwritten.borrow_mut();
            // Writing to a text never fails.
            let _ = writeln!(unwritten, "{line}");
            let is_due = unwritten.len() > LARGEST_PIECE || io::stdout().is_terminal();
            drop(unwritten);
            if is_due {
                self.write();
            }
        }
    }

    /// Writes what was said, before anything else is shown or waited for.
    fn write(&self) {
        let unwritten = self.unwritten.take();
        if !unwritten.is_empty() {
            self.keep(anstream::stdout().write_all(unwritten.as_bytes()).and_then(|()| io::stdout().flush()));
        }
    }

    /// A heading of the report, for people.
    pub(crate) fn heading(&self, text: &str) {
        let bold = Style::new().bold();
        let above = if self.has_begun.get() { "\n" } else { "" };
        self.styled(format_args!("{above}{bold}{}{bold:#}", in_line(text)));
    }

    /// A command that can be pasted, on a line of its own.
    pub(crate) fn command(&self, line: impl Into<ShellLine>) {
        self.command_below("", line);
    }

    /// The same below a line that is set in by `margin`.
    pub(crate) fn command_below(&self, margin: &'static str, line: impl Into<ShellLine>) {
        let style = AnsiColor::Cyan.on_default();
        self.styled(format_args!("  {margin}{style}{}{style:#}", in_line(line.into().as_str())));
    }

    /// A short table: a mark and the cells of each row.
    pub(crate) fn table(&self, rows: &[(Mark, Vec<String>)]) {
        if rows.is_empty() {
            return;
        }
        // Without a terminal a line is as long as it is: a script's log is not to be wrapped. Nor is it on a terminal
        // that does not know how wide it is, and says nothing.
        let width = Table::new().width().filter(|width| io::stdout().is_terminal() && *width > 0);
        let rows = rows.iter().map(|(mark, cells)| {
            let cells = cells.iter().map(|cell| shown(cell).into_owned());
            std::iter::once(mark.sign().to_owned()).chain(cells).collect()
        });
        for line in table::lines(&rows.collect::<Vec<_>>(), width.map(usize::from)) {
            self.styled(coloured(&line));
        }
    }

    /// The one document of a `--json` run, with its number.
    pub(crate) fn document(&self, value: &impl Serialize) {
        if self.json {
            self.clear();
            self.write();
            let document = Document { schema: SCHEMA, value };
            let text = serde_json::to_string_pretty(&document).unwrap_or_else(|error| error.to_string());
            self.keep(writeln!(anstream::stdout(), "{}", without_hidden(&text)));
        }
    }

    /// Data as it is: a certificate, a manual page, completions.
    pub(crate) fn data(&self, bytes: &[u8]) {
        self.write();
        self.keep(io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()));
    }

    /// Text that is made for another program; with `--json` within the document.
    pub(crate) fn text(&self, text: &str) {
        if self.json {
            self.document(&serde_json::json!({ "text": text }));
        } else {
            self.data(text.as_bytes());
        }
    }

    /// Fails if any of the report could not be written: to a script, that is as if it was not done.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        self.write();
        match self.lost.take() {
            Some(error) => Err(anyhow::Error::new(error).context("cannot write to standard output")),
            None => Ok(()),
        }
    }

    fn keep(&self, written: io::Result<()>) {
        // A reader that has seen enough closes the pipe; that is no fault of ours.
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.lost.borrow_mut().get_or_insert(error);
        }
    }

    /// Something worth knowing in one line, on standard error.
    pub(crate) fn aside(&self, text: impl fmt::Display) {
        if self.verbosity > Verbosity::Quiet {
            self.clear();
            self.write();
            write_line(&mut anstream::stderr(), &in_line(&text.to_string()));
        }
    }

    /// A fault, with its hint: for people on standard error, for scripts as the document.
    pub(crate) fn error(&self, code: &str, error: &anyhow::Error, hint: Option<Hint>) {
        self.clear();
        self.write();
        let what = chain(error);
        if self.json {
            self.document(&serde_json::json!({ "error": { "code": code, "what": what, "hint": hint } }));
        }
        let red = AnsiColor::Red.on_default().bold();
        let mut stderr = anstream::stderr();
        write_line(&mut stderr, &format_args!("{red}error:{red:#} {}", in_line(&what)));
        if let Some(hint) = hint {
            let bold = Style::new().bold();
            // What there is to choose from has lines of its own, set in.
            let mut lines = hint.as_str().lines().map(in_line);
            write_line(
                &mut stderr,
                &format_args!("{bold}hint:{bold:#} {}", lines.next().unwrap_or_default()),
            );
            for line in lines {
                write_line(&mut stderr, &format_args!("  {}", line.trim_start()));
            }
        }
    }

    /// Asks a person, who must be there: the default is no.
    pub(crate) fn confirm(&self, question: &str) -> io::Result<bool> {
        self.clear();
        self.write();
        let mut stderr = anstream::stderr();
        write!(stderr, "\n{} [y/N] ", in_line(question))?;
        stderr.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Whether a person is there to be asked.
    pub(crate) fn can_ask(&self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    fn clear(&self) {
        if let Some(spinner) = self.spinner.borrow_mut().take() {
            spinner.finish_and_clear();
        }
    }
}

/// A document as it is printed.
#[derive(Serialize)]
struct Document<'v, T> {
    schema: u32,
    #[serde(flatten)]
    value: &'v T,
}

impl Drop for Printer {
    fn drop(&mut self) {
        self.write();
    }
}

impl Progress for Printer {
    fn begin(&self, what: &str) {
        self.write();
        if self.is_verbose() {
            self.aside(format_args!("· {what}"));
            return;
        }
        if self.verbosity == Verbosity::Quiet || self.json || !io::stderr().is_terminal() {
            return;
        }
        let mut spinner = self.spinner.borrow_mut();
        let bar = spinner.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(
                ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        bar.set_message(in_line(what).into_owned());
    }

    fn note(&self, what: &str) {
        self.aside(what);
    }
}

impl Mark {
    fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✗",
            Self::Open => "!",
            Self::Faint => "·",
        }
    }
}

/// Colours the mark at a row's beginning.
fn coloured(line: &str) -> String {
    for (mark, colour) in [
        (Mark::Good, AnsiColor::Green),
        (Mark::Bad, AnsiColor::Red),
        (Mark::Open, AnsiColor::Yellow),
        (Mark::Faint, AnsiColor::BrightBlack),
    ] {
        let style = colour.on_default();
        if let Some((before, rest)) = line.split_once(mark.sign())
            && before.trim().is_empty()
        {
            return format!("{before}{style}{}{style:#}{rest}", mark.sign());
        }
    }
    line.to_owned()
}

/// JSON in which what a terminal would obey is escaped: the same document to whoever parses it.
fn without_hidden(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for one in json.chars() {
        if one != '\n' && is_hidden(one) {
            text.extend(one.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            text.push(one);
        }
    }
    text
}

/// What failed, from the outside in; an error that ends in its own source says that once.
fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for part in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = part;
        } else if !text.ends_with(&part) {
            text = format!("{text}: {part}");
        }
    }
    text
}

fn write_line(stream: &mut impl Write, line: &dyn fmt::Display) {
    // A reader that has seen enough closes the pipe; that is no fault of ours.
    let _ = writeln!(stream, "{line}");
}
