//! All output goes through here: data to standard output, everything else to standard error; JSON or text, never both.

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

/// The amount of output beside the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Errors only.
    Quiet,
    /// The usual messages.
    Normal,
    /// Each step too.
    Verbose,
}

/// The number of the documents that `--json` prints: it grows when a field changes its meaning. docs/json.md describes
/// them.
pub(crate) const SCHEMA: u32 = 2;

/// The size in bytes at which buffered output is written.
const LARGEST_PIECE: usize = 1 << 16;

/// A sign at the start of a row. The words of the row say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Done, and proven.
    Good,
    /// Not done, or failed.
    Bad,
    /// A step is still open.
    Open,
    /// Skipped.
    Faint,
    /// No mark: a row of headings.
    None,
}

/// Prints for people, or one JSON document for scripts.
#[derive(Debug)]
pub(crate) struct Printer {
    json: bool,
    verbosity: Verbosity,
    spinner: RefCell<Option<ProgressBar>>,
    /// Buffered output: files and pipes get it in large pieces.
    unwritten: RefCell<String>,
    /// Whether anything was printed. The first line of a report is never empty.
    has_begun: Cell<bool>,
    /// The first error while writing.
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

    /// Whether to print each step.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    /// A line of the report, for people. Line breaks and control characters in it are replaced.
    pub(crate) fn say(&self, line: impl fmt::Display) {
        self.styled(in_line(&line.to_string()));
    }

    /// An empty line.
    pub(crate) fn gap(&self) {
        self.styled("");
    }

    /// A line that may contain colours, and no other control characters.
    fn styled(&self, line: impl fmt::Display) {
        if !self.json {
            self.clear();
            self.has_begun.set(true);
            let mut unwritten = self.unwritten.borrow_mut();
            // Writing to a string never fails.
            let _ = writeln!(unwritten, "{line}");
            let is_due = unwritten.len() > LARGEST_PIECE || io::stdout().is_terminal();
            drop(unwritten);
            if is_due {
                self.write();
            }
        }
    }

    /// Writes the buffered output, before other output or a wait.
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

    /// A command that is indented by `margin` more.
    pub(crate) fn command_below(&self, margin: &'static str, line: impl Into<ShellLine>) {
        let style = AnsiColor::Cyan.on_default();
        self.styled(format_args!("  {margin}{style}{}{style:#}", in_line(line.into().as_str())));
    }

    /// A short table: a mark and the cells of each row.
    pub(crate) fn table(&self, rows: &[(Mark, Vec<String>)]) {
        if rows.is_empty() {
            return;
        }
        // Lines are wrapped only on a terminal of known width, not in a script's log.
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

    /// Raw data: a certificate, a manual page, completions.
    pub(crate) fn data(&self, bytes: &[u8]) {
        self.write();
        self.keep(io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()));
    }

    /// Text for another program; with `--json` as a field of the document.
    pub(crate) fn text(&self, text: &str) {
        if self.json {
            self.document(&serde_json::json!({ "text": text }));
        } else {
            self.data(text.as_bytes());
        }
    }

    /// Fails if part of the report could not be written: a script would take it for the whole.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        self.write();
        match self.lost.take() {
            Some(error) => Err(anyhow::Error::new(error).context("cannot write to standard output")),
            None => Ok(()),
        }
    }

    fn keep(&self, written: io::Result<()>) {
        // A reader may close the pipe early: that is not an error.
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.lost.borrow_mut().get_or_insert(error);
        }
    }

    /// A line on standard error.
    pub(crate) fn aside(&self, text: impl fmt::Display) {
        if self.verbosity > Verbosity::Quiet {
            self.clear();
            self.write();
            write_line(&mut anstream::stderr(), &in_line(&text.to_string()));
        }
    }

    /// An error with its hint: on standard error, and as the JSON document.
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
            // Further lines of a hint are indented.
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

    /// Asks a question on the terminal. The default answer is no.
    pub(crate) fn confirm(&self, question: &str) -> io::Result<bool> {
        let answer = self.ask(&format!("{question} [y/N]"))?;
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for a line on the terminal.
    pub(crate) fn ask(&self, question: &str) -> io::Result<String> {
        self.clear();
        self.write();
        let mut stderr = anstream::stderr();
        write!(stderr, "\n{} ", in_line(question))?;
        stderr.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }

    /// Whether there is a terminal to ask on.
    pub(crate) fn can_ask(&self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Shows on a terminal that `done` of `all` parts of a long run are over, and `what` is to say about them.
    pub(crate) fn advance(&self, done: usize, all: usize, what: &str) {
        self.write();
        if self.verbosity == Verbosity::Quiet || self.json || !io::stderr().is_terminal() {
            return;
        }
        let mut spinner = self.spinner.borrow_mut();
        let bar = spinner.get_or_insert_with(|| {
            let bar = ProgressBar::new(all as u64);
            bar.set_style(
                ProgressStyle::with_template("{bar:30} {pos} of {len} {msg} ({elapsed})")
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        bar.set_length(all as u64);
        bar.set_position(done as u64);
        bar.set_message(in_line(what).into_owned());
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
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✗",
            Self::Open => "!",
            Self::Faint => "·",
            Self::None => " ",
        }
    }
}

/// Colours the mark at the start of a row.
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

/// JSON with control characters escaped. It parses to the same document.
fn without_hidden(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_hidden(character) {
            text.extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            text.push(character);
        }
    }
    text
}

/// The texts of an error's chain, outermost first. An error whose text ends with its source's text is not repeated.
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
    // A reader may close the pipe early: that is not an error.
    let _ = writeln!(stream, "{line}");
}
