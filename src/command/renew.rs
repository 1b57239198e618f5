//! `renew`: replaces the certificate before it expires, by default with the same names and the same key. It reloads nginx
//! and proves that the new certificate is served, or restores the old one.

use std::ops::ControlFlow;

use anyhow::Result;
use time::OffsetDateTime;

use crate::{
    cli::Renew,
    context::Context,
    exit,
    report::{self, install, renew::Ended},
    server::{
        install_pair,
        renew::{
            answer::{Answer, look},
            asked::Asked,
        },
    },
    state::{self, RenewalRecord},
};

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Renew) -> Result<u8> {
    let now = OffsetDateTime::now_utc();
    // An unreadable record is replaced. `status` reports it.
    let ran = state.renewal().ok().flatten().map(|record| record.ran);
    let ended = renew(context, state, arguments, ran.filter(|_| arguments.if_expiring.is_some()), now);
    let ended = match ended {
        Ok(ControlFlow::Break(code)) => return Ok(code),
        Ok(ControlFlow::Continue(ended)) => Ok(ended),
        Err(error) => Err(error),
    };
    // A command line with an error is not a failed run.
    let counts = ended.is_ok() || arguments.if_expiring.is_some();
    if counts && !context.everywhere.dry_run {
        write_down(context, state, &ended, now, ran)?;
    }
    ended.map(|ended| ended.code)
}

/// Records the result of a run, if there is a state folder.
fn write_down(
    context: &Context<'_>,
    state: &state::State<'_>,
    ended: &Result<Ended>,
    now: OffsetDateTime,
    ran: Option<OffsetDateTime>,
) -> Result<()> {
    if !state.folder().is_dir() {
        return Ok(());
    }
    let record = match ended {
        Ok(ended) => RenewalRecord {
            schema: 1,
            ran: now,
            well: [exit::DONE, exit::RESTART].contains(&ended.code),
            outcome: ended.outcome.clone(),
            not_after: Some(ended.not_after),
        },
        // The clock may be wrong: the record keeps the later time.
        Err(error) => RenewalRecord {
            schema: 1,
            ran: ran.map_or(now, |ran| ran.max(now)),
            well: false,
            outcome: format!("{error:#}"),
            not_after: None,
        },
    };
    let written = context.session(state, |_, state| record.write(state.home()));
    // The error of the run is more important than one of the record.
    if ended.is_ok() { written } else { Ok(()) }
}

fn renew(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Renew,
    ran: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<ControlFlow<u8, Ended>> {
    let look =
        |state: &state::State<'_>| look(&context.facts, &context.worlds, state, &asked(arguments), ran, now);
    match context.plan(state, look)? {
        Answer::Renew(draft) => {
            if let ControlFlow::Break(code) = install::ask(context, state, &draft.plan)? {
                return Ok(ControlFlow::Break(code));
            }
        }
        answer if context.everywhere.dry_run => {
            return Ok(ControlFlow::Break(report::renew::dry_run(&answer, context)));
        }
        _ => {}
    }
    let answer = context.session(state, |session, state| {
        // Another run may have renewed it while this one waited for the lock.
        let answer = look(state)?;
        if let Answer::Renew(draft) = &answer {
            install_pair::carry_out(session, &draft.plan)?;
        }
        Ok(answer)
    })?;
    Ok(ControlFlow::Continue(report::renew::report(&answer, context)))
}

fn asked(arguments: &Renew) -> Asked<'_> {
    let Renew { if_expiring, names, days, new_key, .. } = arguments;
    Asked { if_expiring: *if_expiring, names, days: *days, new_key: *new_key }
}
