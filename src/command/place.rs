//! Placing a pair on the server, for `setup` and `import` alike: shown, asked about, applied under
//! a receipt, proven.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_platform::{
    Anchor, Certificate, Fingerprint, Outcome, Session, World, apply_together,
    plan::Change,
    receipt::{ChangeRecord, Receipt, StepRecord},
    session::State,
};

use super::{
    report,
    stores::{self, PlanReport, Planning, print_plan},
    trust,
};
use crate::{
    context::Context,
    exit,
    gitlab::{self, expected::Expected},
    hint::fail,
    state::{self, RECEIPT, recorded},
};

/// What was done: on the server, and in the stores of this machine.
pub struct Done {
    pub placed: Vec<Outcome>,
    pub trusted: Vec<Outcome>,
}

/// What is to be done: placed on the server, and trusted in the stores of this machine.
pub struct Plan {
    pub changes: Vec<Change>,
    pub anchor: Anchor,
    pub planning: Planning,
    /// What a person would think over, a line each, such as what is overwritten though somebody meant it.
    pub warnings: Vec<String>,
    /// Why the CA that is made can sign for more than the names of one server, if it can: somebody has to want that.
    pub broad: Option<String>,
    /// What GitLab serves before, and again if all is taken back.
    pub expected: Expected,
}

impl Plan {
    fn doubts(&self) -> impl Iterator<Item = String> {
        let broad =
            self.broad.as_ref().map(|why| format!("the CA is broad: {why}; narrower: --permit example.com"));
        self.warnings.iter().cloned().chain(broad)
    }
}

/// Explains `plan` for a dry run, and asks about it on a terminal. Breaks with the exit code where no more
/// is to be done.
pub fn ask(context: &Context<'_>, state: &state::State<'_>, plan: &Plan) -> Result<ControlFlow<u8>> {
    let trust = trust::receipt_name(&plan.anchor);
    let needed = if plan.planning.changes.is_empty() { &[RECEIPT][..] } else { &[RECEIPT, &trust] };
    recorded::check(state.receipts()?, needed)?;
    Ok(if context.everywhere.dry_run {
        ControlFlow::Break(dry_run(context, state, plan)?)
    } else if confirm(context, state, plan)? {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(exit::NO)
    })
}

/// Says, after a dry run that ends with the exit code `code`, what does what was shown.
pub fn print_for_real(context: &Context<'_>, code: u8) {
    if code != exit::NO || !context.everywhere.dry_run {
        return;
    }
    let words: Vec<_> = without_state(typed()).into_iter().filter(|word| word != "--dry-run").collect();
    context.printer.heading("Nothing was changed. To do this:");
    context.printer.command(report::labtrust(&words));
}

/// `words` without the state folder, which every command that is printed gets at its end.
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

/// The words after the program's name, as they were typed.
fn typed() -> Vec<String> {
    // Not `args`, which ends the program where one is no text.
    std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect()
}

/// Carries `plan` out in one session, so that nobody takes away what was placed before it is trusted.
pub fn carry_out(session: &Session<'_>, plan: &Plan) -> Result<Done> {
    let placed = apply(session, &plan.changes).map_err(|error| shown_to_serve(&plan.expected, error))?;
    let trusted = trust::trust(session, &plan.anchor, &plan.planning)?;
    Ok(Done { placed, trusted })
}

/// The `error` after which all was taken back; and that GitLab is down, where it does not serve again as before.
fn shown_to_serve(expected: &Expected, error: anyhow::Error) -> anyhow::Error {
    let lost = expected.lost(&World::here());
    if lost.is_empty() {
        return error;
    }
    fail(format!("{error:#}; GitLab IS DOWN: {}", lost.join("; ")), expected.way_up())
}

/// All that is not so yet.
pub fn outstanding(context: &Context<'_>, state: &state::State<'_>, plan: &Plan) -> Result<Vec<Change>> {
    let receipts = state.receipts()?;
    let mut all = stores::outstanding(context, &receipts, RECEIPT, &plan.changes);
    let name = trust::receipt_name(&plan.anchor);
    all.extend(stores::outstanding(context, &receipts, &name, &plan.planning.changes));
    Ok(all)
}

/// Prints what would be done; exit 1 if anything would.
fn dry_run(context: &Context<'_>, state: &state::State<'_>, plan: &Plan) -> Result<u8> {
    let changes = outstanding(context, state, plan)?;
    context.printer.document(&PlanReport {
        sha256: Some(plan.anchor.sha256()),
        notes: plan.doubts().collect(),
        ..PlanReport::new(stores::as_json(context, &changes))
    });
    let would_change = print_plan(context, &changes);
    print_warnings(context, plan);
    Ok(if would_change { exit::NO } else { exit::DONE })
}

fn print_warnings(context: &Context<'_>, plan: &Plan) {
    for warning in plan.doubts() {
        context.printer.say(format_args!("  ! {warning}"));
    }
}

/// Says the warnings where nobody is asked.
pub fn warn(context: &Context<'_>, plan: &Plan) {
    for warning in plan.doubts() {
        context.printer.aside(format_args!("warning: {warning}"));
    }
}

/// On a terminal, shows the plan and asks; whether to go on. Elsewhere warnings are said, and hold nothing up; a broad
/// CA needs somebody's yes.
fn confirm(context: &Context<'_>, state: &state::State<'_>, plan: &Plan) -> Result<bool> {
    if let Some(broad) = plan.broad.as_ref().filter(|_| !context.everywhere.yes && !context.printer.can_ask())
    {
        return Err(fail(
            format!("the CA would be broad: {broad}"),
            "name a host or a domain below it (mygitlab.example.com); if every such name is meant, add --yes",
        ));
    }
    if context.everywhere.yes || !context.printer.can_ask() {
        warn(context, plan);
        return Ok(true);
    }
    let changes = outstanding(context, state, plan)?;
    if changes.is_empty() {
        return Ok(true);
    }
    print_plan(context, &changes);
    print_warnings(context, plan);
    let go_on = context.printer.confirm("Do this?")?;
    if !go_on {
        context.printer.aside("nothing was changed");
    }
    Ok(go_on)
}

/// Applies the changes, in their order; those of one store together, as a pair is of no use to a GitLab that is
/// not set to serve it. The first that fails ends it: what comes after depends on it.
pub fn apply(session: &Session<'_>, changes: &[Change]) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for changes in changes.chunk_by(|one, next| one.store == next.store) {
        let next = apply_together(session, RECEIPT, None, changes)?;
        check(&next)?;
        outcomes.extend(next);
    }
    Ok(outcomes)
}

/// Fails with the first of `outcomes` that was not done.
pub fn check(outcomes: &[Outcome]) -> Result<()> {
    if let Some(failed) = outcomes.iter().find(|one| one.needs_root || one.state == State::Failed) {
        if failed.needs_root {
            let what = format!("{} needs root", failed.subject);
            return Err(fail(what, report::sudo(&typed())));
        }
        return Err(fail(
            failed.detail.clone(),
            failed.hint.clone().unwrap_or_else(|| {
                "what this run had placed there was taken back; run it again when that is fixed".into()
            }),
        ));
    }
    Ok(())
}

/// The leaves of the certificate files that an earlier run placed and nobody has changed since.
pub fn leaves_placed(state: &state::State<'_>) -> Result<Vec<Fingerprint>> {
    let leaf = |placed: &Placed| placed.chain.first().map(Certificate::fingerprint);
    Ok(chains_placed(state)?.iter().filter_map(leaf).collect())
}

/// A certificate that was placed.
#[derive(Debug)]
pub struct Placed {
    /// Its file.
    pub path: PathBuf,
    /// What is in that, leaf first.
    pub chain: Vec<Certificate>,
    /// The files that were put with it; its key's is one of them.
    pub files: Vec<PathBuf>,
}

/// Whether `record` is of a certificate and its key: the CA that GitLab itself is to trust, and `gitlab.rb`, are files
/// that stand for themselves.
pub fn is_of_pair(record: &ChangeRecord) -> bool {
    let is_part = |step: &StepRecord| matches!(step, StepRecord::File { path, .. } if path.as_os_str() != record.subject.as_str());
    record.store.as_str() == gitlab::STORE && record.steps.iter().any(is_part)
}

/// The certificate files that were placed and that somebody else has changed since.
pub fn changed_certificates(receipts: &[Receipt], placed: &[Placed]) -> Vec<PathBuf> {
    let records = receipts.iter().flat_map(|receipt| &receipt.changes).filter(|record| is_of_pair(record));
    let files = records.flat_map(|record| &record.steps).filter_map(|step| match step {
        StepRecord::File { path, after: Some(_), .. } => Some(path),
        _ => None,
    });
    let is_certificate = |path: &Path| path.extension().is_some_and(|ending| ending == "crt");
    let is_changed = |path: &Path| placed.iter().all(|one| one.path != path);
    files.filter(|path| is_certificate(path) && is_changed(path)).cloned().collect()
}

/// The certificate files themselves.
pub fn chains_placed(state: &state::State<'_>) -> Result<Vec<Placed>> {
    let world = World::here();
    let mut chains = Vec::new();
    let receipts = state.receipts()?;
    recorded::check(&receipts, &[RECEIPT])?;
    for receipt in receipts.iter() {
        for record in receipt.changes.iter().filter(|record| record.store.as_str() == gitlab::STORE) {
            for step in &record.steps {
                let StepRecord::File { path, after: Some(after), .. } = step else { continue };
                let standing = world.read(path)?.unwrap_or_default();
                let chain = Certificate::read_all(&standing).0;
                // The CA that GitLab itself is to trust stands for itself.
                let is_pair = path.as_os_str() != record.subject.as_str();
                if Fingerprint::of(&standing) == *after && is_pair && !chain.is_empty() {
                    let files = record.proof.files().into_iter().map(Path::to_owned).collect();
                    chains.push(Placed { path: path.clone(), chain, files });
                }
            }
        }
    }
    Ok(chains)
}
