//! The doctor's report: the checks in the order of a request, then the findings.

use serde::Serialize;

use labtrust_machine::{Outcome, session::OutcomeState};
use labtrust_plan::{Service, ShellLine, text::in_line};

use super::stores::{NextSteps, Remaining, labtrust, print_next};
use crate::{
    context::Context,
    doctor::{Case, CheckState, Diagnosis, Evidence, Finding, Fix, Line, Severity},
    printer::Mark,
    program::sudo,
};

#[derive(Serialize)]
struct Report<'r> {
    target: String,
    healthy: bool,
    checks: &'r [Line],
    findings: Vec<FindingReport<'r>>,
    /// The changes of `--fix`.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Vec<FixedReport<'r>>>,
    /// The open steps after `--fix`.
    #[serde(flatten)]
    remaining: Option<Remaining>,
}

#[derive(Serialize)]
struct FindingReport<'r> {
    code: &'r str,
    severity: Severity,
    what: &'r str,
    why: &'r str,
    fix: FixReport<'r>,
    /// Findings that only follow from this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    explains: Vec<FindingReport<'r>>,
}

#[derive(Serialize)]
struct FixReport<'r> {
    automatic: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'r str>,
    commands: &'r [ShellLine],
}

impl<'r> FindingReport<'r> {
    fn of(finding: &'r Finding) -> Self {
        let Fix { advice, commands, .. } = &finding.fix;
        Self {
            code: finding.code.id,
            severity: finding.code.severity,
            what: &finding.what,
            why: &finding.why,
            fix: FixReport { automatic: finding.fix.is_automatic(), advice: advice.as_deref(), commands },
            explains: finding.consequences.iter().map(Self::of).collect(),
        }
    }
}

/// Prints the `diagnosis` of `evidence`, and the changes of `--fix` before it.
pub(crate) fn print(
    context: &Context<'_>,
    evidence: &Evidence,
    diagnosis: &Diagnosis,
    fixed: Option<&Fixed>,
) {
    let printer = context.printer;
    let target = Case::new(evidence).endpoint();
    let mut root = again(&["doctor", &target.to_string(), "--fix"]);
    root.extend(fingerprint(evidence));
    printer.document(&Report {
        target: target.to_string(),
        healthy: diagnosis.is_healthy(),
        checks: &diagnosis.lines,
        findings: diagnosis.findings.iter().map(FindingReport::of).collect(),
        fixed: fixed.map(Fixed::report),
        remaining: fixed.map(|fixed| NextSteps::of(context, &fixed.outcomes, &root).remaining(Vec::new())),
    });
    if let Some(fixed) = fixed {
        printer.heading("Fixed:");
        if fixed.outcomes.is_empty() {
            let is_needless = diagnosis.findings.is_empty();
            let why = if is_needless {
                "there is no problem to fix"
            } else {
                "each remaining problem needs a step from you"
            };
            printer.say(format_args!("  nothing: {why}"));
        }
        fixed.print(context, OutcomeState::Trusted, &root);
    }
    printer.heading(&target.to_string());
    let row = |line: &Line| (mark(line), vec![line.title.to_owned(), in_line(&line.detail).into_owned()]);
    printer.table(&diagnosis.lines.iter().map(row).collect::<Vec<_>>());
    for finding in &diagnosis.findings {
        print_finding(context, evidence, &target.to_string(), finding);
    }
    if diagnosis.findings.is_empty() {
        let but = if diagnosis.has_faults() { " (lines with ! could not be checked)" } else { "" };
        printer.gap();
        printer.say(format_args!("No problems found{but}."));
    }
}

fn mark(line: &Line) -> Mark {
    match line.state {
        CheckState::Passed => Mark::Good,
        CheckState::Failed if line.is_fault => Mark::Open,
        CheckState::Failed => Mark::Bad,
        CheckState::Skipped => Mark::Faint,
    }
}

fn print_finding(context: &Context<'_>, evidence: &Evidence, target: &str, finding: &Finding) {
    let printer = context.printer;
    let word = match finding.code.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    printer.heading(&format!("{word}: {}", finding.code.id));
    printer.say(format_args!("  what  {}", finding.what));
    printer.say(format_args!("  why   {}", finding.why));
    print_fix(context, evidence, target, &finding.fix);
    for consequence in &finding.consequences {
        printer.say(format_args!("  so    {} ({})", consequence.what, consequence.code.id));
    }
    printer.say(format_args!("  more  labtrust explain {}", finding.code.id));
}

/// The `--fingerprint` option, if the user passed it.
fn fingerprint(evidence: &Evidence) -> impl Iterator<Item = String> {
    let named = evidence.trust.fingerprint.iter();
    named.flat_map(|sha256| ["--fingerprint".to_owned(), sha256.to_string()])
}

/// Prints the fix: the command of labtrust, the advice, other commands.
fn print_fix(context: &Context<'_>, evidence: &Evidence, target: &str, fix: &Fix) {
    let mut lines = Vec::new();
    if fix.is_automatic() {
        let mut words = again(&["doctor", target, "--fix"]);
        words.extend(fix.changes.is_empty().then(|| "--restart".to_owned()));
        words.extend(fix.anchor.iter().flat_map(|_| fingerprint(evidence)));
        let line = if context.facts.is_root() { labtrust(&words) } else { sudo(&words) };
        lines.push(line.to_string());
    }
    lines.extend(fix.advice.clone());
    // The advice explains the commands.
    if !fix.commands.is_empty() && fix.advice.is_none() {
        lines.push(if lines.is_empty() { "by hand:".into() } else { "or by hand:".into() });
    }
    for (line, label) in lines.iter().zip(std::iter::once("fix").chain(std::iter::repeat(""))) {
        context.printer.say(format_args!("  {label:<4}  {line}"));
    }
    for command in &fix.commands {
        context.printer.command_below("      ", command);
    }
}

/// The result of `--fix`.
#[derive(Default)]
pub(crate) struct Fixed {
    pub outcomes: Vec<Outcome>,
    /// The services that were restarted.
    pub restarted: Vec<Service>,
}

/// One change, for JSON.
#[derive(Serialize)]
pub(crate) struct FixedReport<'f> {
    id: &'f str,
    subject: &'f str,
    state: OutcomeState,
    changed: bool,
    detail: &'f str,
}

/// The arguments of this program that do the rest as root.
pub(crate) fn again(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

impl<'f> FixedReport<'f> {
    fn of(outcome: &'f Outcome) -> Self {
        Self {
            id: outcome.store.as_str(),
            subject: &outcome.subject,
            state: outcome.state,
            changed: outcome.changed,
            detail: &outcome.detail,
        }
    }
}

impl Fixed {
    /// For JSON.
    pub(crate) fn report(&self) -> Vec<FixedReport<'_>> {
        self.outcomes.iter().map(FixedReport::of).collect()
    }

    /// Prints the outcomes. `good` is the wanted state, `again` the arguments with which root does the rest.
    pub(crate) fn print(&self, context: &Context<'_>, good: OutcomeState, again: &[String]) {
        let row = |outcome: &Outcome| {
            let (mark, word) = match outcome.state {
                state if state == good => (Mark::Good, if outcome.changed { "done" } else { "unchanged" }),
                OutcomeState::Pending => (Mark::Open, "after a restart"),
                OutcomeState::Partial => (Mark::Open, "partly done"),
                _ => (Mark::Bad, "not done"),
            };
            (mark, vec![outcome.store.to_string(), word.to_owned(), outcome.detail.clone()])
        };
        context.printer.table(&self.outcomes.iter().map(row).collect::<Vec<_>>());
        print_next(context, &self.outcomes, again);
    }
}
