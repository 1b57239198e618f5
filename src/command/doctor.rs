//! `doctor`: finds out why docker login fails, and fixes it.

mod file;
mod fix;
mod undo;

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_machine::{Progress, probe, session::OutcomeState};
use labtrust_plan::{Actor, Facts, Target};

use crate::{
    cli::Doctor,
    client::untrust,
    context::Context,
    doctor::{Diagnosis, Evidence, Question, diagnose, gather, without_repeats},
    exit, report, state,
};

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Doctor) -> Result<u8> {
    if arguments.undo {
        return undo::run(context, state, arguments.restart);
    }
    if let Some(file) = &arguments.evidence {
        file::check(file)?;
    }
    let evidence = match (&arguments.from, &arguments.target) {
        (Some(file), _) => file::read(file)?,
        (None, Some(target)) => {
            context.printer.begin(&format!("asking {target}"));
            ask(context, state, arguments, target, &context.facts)
        }
        (None, None) => return Err(exit::misuse("no host was given", "{labtrust doctor HOST[:PORT]}")),
    };
    if let Some(file) = &arguments.evidence {
        file::write(file, &evidence)?;
    }
    let diagnosis = diagnose(&evidence);
    match &arguments.target {
        Some(target) if arguments.fix => fix(context, state, arguments, target, &diagnosis),
        _ => {
            report::doctor::print(context, &evidence, &diagnosis, None);
            Ok(code(&diagnosis))
        }
    }
}

fn ask(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Doctor,
    target: &Target,
    facts: &Facts,
) -> Evidence {
    // An unreadable state does not stop the doctor: its CAs are unknown then.
    let receipts = state.receipts().ok();
    let own = state.nearest_ca().ok().flatten().map(state::ca::Ca::anchor);
    let known: Vec<_> =
        receipts.into_iter().flat_map(|receipts| untrust::trusted(receipts)).chain(own).collect();
    let fingerprint = arguments.fingerprint;
    let person = Actor::User(facts.person().clone());
    let world = Some(&person).filter(|person| person.is_within_reach(facts));
    let world = world.and_then(|person| context.worlds.of(person).ok());
    let question = Question { host: &target.host, port: target.port, facts, known: &known, fingerprint };
    gather(&question, world.as_deref())
}

/// Applies the fixes of `before`, and asks everything again.
fn fix(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Doctor,
    target: &Target,
    before: &Diagnosis,
) -> Result<u8> {
    let fixed = match fix::fix(context, state, before, arguments.restart)? {
        ControlFlow::Break(code) => return Ok(code),
        ControlFlow::Continue(fixed) => fixed,
    };
    let facts = probe()?;
    let after = ask(context, &state.again(), arguments, target, &facts);
    let diagnosis = without_repeats(diagnose(&after), &after, &fixed.outcomes, &fixed.restarted);
    report::doctor::print(context, &after, &diagnosis, Some(&fixed));
    let done = exit::of_outcomes(&fixed.outcomes, OutcomeState::Trusted);
    // A fix that waits for a restart still shows its problem. The output names the restart.
    let found = if done == exit::RESTART { exit::DONE } else { code(&diagnosis) };
    Ok(exit::worse(done, found))
}

/// The exit code: a finding counts more than a check that failed.
fn code(diagnosis: &Diagnosis) -> u8 {
    match (diagnosis.findings.is_empty(), diagnosis.has_faults()) {
        (false, _) => exit::NO,
        (true, true) => exit::FAULT,
        (true, false) => exit::DONE,
    }
}
