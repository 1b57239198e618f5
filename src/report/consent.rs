//! Consent, for all verbs: explains what a run would change. A dry run ends there; on a terminal labtrust asks, after the
//! plan in short (in full with `-v`).

use std::{fmt, ops::ControlFlow, path::Path};

use anyhow::Result;
use labtrust_machine::{explain_here, explain_undo, receipt::ChangeRecord};
use labtrust_plan::{Change, Reload, SCHEMA, ShellLine, Step, explain, text};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::brief;
use crate::{
    by_hand::ByHand,
    context::Context,
    exit,
    printer::{Mark, Printer},
    program::typed,
};

/// The question about a plan that needs no further explanation.
pub(crate) const DO_THIS: &str = "Do this?";

/// The changes that a run would make, for people and for scripts.
#[derive(Default)]
pub(crate) struct Proposal {
    text: Vec<Text>,
    /// The steps of a person after the run.
    afterwards: Vec<ByHand>,
    plan: Vec<Value>,
    notes: Vec<String>,
    fields: Map<String, Value>,
    changes_anything: bool,
    names_command: bool,
}

enum Text {
    Heading(String),
    Line(String),
    Table(Vec<(Mark, Vec<String>)>),
    /// A line about the plan, above the question.
    Introduction(String),
    Changes(Changes),
}

/// The form in which a proposal is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In full.
    DryRun,
    /// Above a question, in full.
    Full,
    /// Above a question, in short.
    Brief,
}

/// Changes that are applied, in full and in short.
struct Changes {
    /// The heading and the lines of each.
    full: Vec<(String, Vec<String>)>,
    brief: Vec<(Mark, Vec<String>)>,
    /// The lines of the edits of other programs' files, which the plan in short shows too.
    edits: Vec<String>,
}

impl Proposal {
    /// Adds `changes`, as sentences and as the data that is applied.
    pub(crate) fn apply(&mut self, context: &Context<'_>, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        self.changes_anything = true;
        let (mut full, mut edits) = (Vec::new(), Vec::new());
        for change in changes {
            let (store, subject) = (change.store.as_str(), &change.subject);
            let steps = explained(context, change);
            let mut data = json!(change);
            hide_secrets(&mut data);
            self.plan.push(json!({
                "schema": SCHEMA, "store": store, "subject": subject, "steps": steps, "change": data,
            }));
            edits.extend(edits_of(change).iter().flat_map(|edit| explained(context, edit)));
            full.push((heading(store, subject), steps));
        }
        self.text.push(Text::Changes(Changes { full, brief: brief::rows(changes), edits }));
    }

    /// Adds the undoing of `records`.
    pub(crate) fn undo<'r>(&mut self, records: impl Iterator<Item = &'r ChangeRecord>) {
        for record in records {
            self.part(record.store.as_str(), &record.subject, &explain_undo(record));
        }
    }

    fn part(&mut self, store: &str, subject: &str, steps: &[String]) {
        self.changes_anything = true;
        self.heading(heading(store, subject));
        for step in steps {
            self.line(format_args!("  {step}"));
        }
        self.plan.push(json!({ "store": store, "subject": subject, "steps": steps }));
    }

    /// Adds a change that is not part of a plan, as a line.
    pub(crate) fn change(&mut self, line: impl fmt::Display) {
        self.changes_anything = true;
        self.line(line);
    }

    /// Adds a change of one file or folder for scripts. People read it in a line.
    pub(crate) fn step(&mut self, path: &Path, step: &str) {
        self.changes_anything = true;
        self.plan.push(json!({ "subject": text::path(path), "steps": [step] }));
    }

    /// Adds a note for scripts.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Adds a heading.
    pub(crate) fn heading(&mut self, text: String) {
        self.text.push(Text::Heading(text));
    }

    /// Adds a line for people.
    pub(crate) fn line(&mut self, line: impl fmt::Display) {
        self.text.push(Text::Line(line.to_string()));
    }

    /// Puts lines above the plan where it is asked about.
    pub(crate) fn introduce(&mut self, lines: Vec<String>) {
        self.text.splice(0..0, lines.into_iter().map(Text::Introduction));
    }

    /// Adds a table.
    pub(crate) fn table(&mut self, rows: Vec<(Mark, Vec<String>)>) {
        self.text.push(Text::Table(rows));
    }

    /// Adds steps of a person after the run.
    pub(crate) fn afterwards(&mut self, by_hand: Vec<ByHand>) {
        self.afterwards.extend(by_hand);
    }

    /// Makes a dry run end with the command that carries it out.
    pub(crate) fn name_command(&mut self) {
        self.names_command = true;
    }

    /// Adds a field for scripts.
    pub(crate) fn field(&mut self, name: &str, value: impl Serialize) {
        self.fields.insert(name.to_owned(), json!(value));
    }

    /// Replaces fields for scripts by those of `document`.
    pub(crate) fn fields(&mut self, document: Value) {
        if let Value::Object(fields) = document {
            self.fields.extend(fields);
        }
    }

    /// Whether it changes anything.
    pub(crate) fn changes_anything(&self) -> bool {
        self.changes_anything
    }

    /// Adds a field to each change of the plan.
    pub(crate) fn field_of_changes(&mut self, name: &str, value: impl Serialize) {
        let value = json!(value);
        self.plan.iter_mut().for_each(|change| change[name] = value.clone());
    }

    /// Adds `other`, without its fields.
    pub(crate) fn add(&mut self, other: Self) {
        self.text.extend(other.text);
        self.afterwards.extend(other.afterwards);
        self.plan.extend(other.plan);
        self.notes.extend(other.notes);
        self.changes_anything |= other.changes_anything;
    }

    /// The document for scripts.
    pub(crate) fn document(&self) -> Value {
        let mut document =
            json!({ "would_change": self.changes_anything, "plan": self.plan, "notes": self.notes });
        if let Some(fields) = document.as_object_mut() {
            fields.extend(self.fields.clone());
        }
        document
    }

    fn print(&self, printer: &Printer, form: Form) {
        for text in &self.text {
            match text {
                Text::Heading(text) => printer.heading(text),
                Text::Introduction(_) if form == Form::DryRun => {}
                Text::Introduction(line) | Text::Line(line) => printer.say(line),
                Text::Table(rows) => printer.table(rows),
                Text::Changes(changes) => changes.print(printer, form),
            }
        }
        if form == Form::Brief && self.text.iter().any(|text| matches!(text, Text::Changes(_))) {
            printer.say("Each step: the same command with -v.");
        }
    }
}

impl Changes {
    fn print(&self, printer: &Printer, form: Form) {
        if form == Form::Brief {
            printer.heading("Changes on this machine:");
            printer.table(&self.brief);
            for line in &self.edits {
                printer.say(format_args!("  {line}"));
            }
            return;
        }
        for (heading, steps) in &self.full {
            printer.heading(heading);
            for step in steps {
                printer.say(format_args!("  {step}"));
            }
        }
    }
}

fn heading(store: &str, subject: &str) -> String {
    format!("{store}: {subject}")
}

/// The edits of `change`, without its other steps and its commands.
fn edits_of(change: &Change) -> Option<Change> {
    let mut edits = change.clone();
    edits.steps.retain(|step| matches!(step, Step::Edit { .. }));
    edits.reload = Reload::default();
    (!edits.steps.is_empty()).then_some(edits)
}

/// The steps of `change`, a line each. An edit is shown against the current file.
fn explained(context: &Context<'_>, change: &Change) -> Vec<String> {
    let reader = context.worlds.reader(&context.facts, &change.actor);
    reader.and_then(|world| explain_here(&world, change)).unwrap_or_else(|error| {
        let mut lines = explain(change);
        lines.push(format!("! {error}"));
        lines
    })
}

/// Prints a dry run and returns its exit code.
pub(crate) fn dry_run(context: &Context<'_>, proposal: &Proposal) -> u8 {
    let printer = context.printer;
    printer.document(&proposal.document());
    proposal.print(printer, Form::DryRun);
    if !proposal.changes_anything {
        printer.say("nothing would change");
    }
    ByHand::print_all(&proposal.afterwards, printer, "After that, on this machine:");
    if !proposal.changes_anything {
        return exit::DONE;
    }
    if proposal.names_command {
        let words: Vec<_> = without_state(typed()).into_iter().filter(|word| word != "--dry-run").collect();
        printer.heading("Nothing was changed. To do this:");
        printer.command(ShellLine::labtrust(&words));
    }
    exit::NO
}

/// Explains the proposal for a dry run, or asks `question` about it on a terminal. Breaks with the exit code after a
/// dry run or a no. Without a terminal, it prints `warnings` and goes on.
pub(crate) fn ask(
    context: &Context<'_>,
    question: &str,
    warnings: impl IntoIterator<Item = String>,
    propose: impl FnOnce() -> Result<Proposal>,
) -> Result<ControlFlow<u8>> {
    let is_dry = context.everywhere.dry_run;
    if !is_dry && !can_ask(context) {
        warnings.into_iter().for_each(|warning| context.printer.aside(warning));
        return Ok(ControlFlow::Continue(()));
    }
    let proposal = propose()?;
    if is_dry {
        return Ok(ControlFlow::Break(dry_run(context, &proposal)));
    }
    if !proposal.changes_anything {
        return Ok(ControlFlow::Continue(()));
    }
    proposal.print(context.printer, if context.printer.is_verbose() { Form::Full } else { Form::Brief });
    confirm(context.printer, question)
}

/// Whether this run asks before it changes anything.
pub(crate) fn is_asked(context: &Context<'_>) -> bool {
    can_ask(context) && !context.everywhere.dry_run
}

fn can_ask(context: &Context<'_>) -> bool {
    !context.everywhere.yes && context.printer.can_ask()
}

/// Asks `question`. Breaks with the exit code if the answer is no.
pub(crate) fn confirm(printer: &Printer, question: &str) -> Result<ControlFlow<u8>> {
    if printer.confirm(question)? {
        return Ok(ControlFlow::Continue(()));
    }
    printer.aside("nothing was changed");
    Ok(ControlFlow::Break(exit::NO))
}

/// `words` without `--state`, which every printed command gets at its end.
fn without_state(mut words: Vec<String>) -> Vec<String> {
    let mut is_folder = false;
    let is_left = |word: &String| {
        let is_of_state = is_folder || word == "--state" || word.starts_with("--state=");
        is_folder = !is_folder && word == "--state";
        !is_of_state
    };
    words.retain(is_left);
    words
}

/// Hides secrets in the lines of settings that `data` contains.
fn hide_secrets(data: &mut Value) {
    match data {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::Object(line) if name == "line" => {
                        for text in line.values_mut() {
                            *text = text.as_str().map(text::without_secrets).into();
                        }
                    }
                    other => hide_secrets(other),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(hide_secrets),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use labtrust_plan::{Actor, Edit, Step};

    use super::*;

    #[test]
    fn a_plan_shows_no_password_of_a_line_that_it_edits() {
        let line = |scheme: &str| format!("registry_external_url '{scheme}://ci:hunter4@h:4567'");
        let edit = Edit::Line { old: line("http"), new: line("https") };
        let step = Step::Edit { path: "/etc/gitlab/gitlab.rb".into(), edit, mode: 0o600 };
        let mut data = json!(Change::of_files("gitlab", Path::new("gitlab.rb"), Actor::Machine, vec![step]));
        assert!(data.to_string().contains("hunter4"));
        hide_secrets(&mut data);
        let shown = data.to_string();
        assert!(!shown.contains("hunter4") && shown.contains("https://…@h:4567"), "{shown}");
    }
}
