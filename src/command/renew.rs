//! `renew`: a fresh certificate before the old one ends, for the same names and, unless another is asked
//! for, the same key; placed, read again by nginx, proven to be served, and taken back if it is not.

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
        renew::answer::{Answer, Asked, look},
    },
    state::{self, RenewalRecord},
};

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Renew) -> Result<u8> {
    let now = OffsetDateTime::now_utc();
    // One that cannot be read is replaced; `status` says of it what is wrong.
    let ran = state.renewal().ok().flatten().map(|record| record.ran);
    let ended = renew(context, state, arguments, ran.filter(|_| arguments.if_expiring.is_some()), now);
    let ended = match ended {
        Ok(ControlFlow::Break(code)) => return Ok(code),
        Ok(ControlFlow::Continue(ended)) => Ok(ended),
        Err(error) => Err(error),
    };
    // A command that was mistyped is no run that failed.
    let counts = ended.is_ok() || arguments.if_expiring.is_some();
    if counts && !context.everywhere.dry_run {
        write_down(context, state, &ended, now, ran)?;
    }
    ended.map(|ended| ended.code)
}

/// Keeps what a run has come to, where there is a state to keep it in.
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
        // A clock that is behind must not be taken for the last time it was.
        Err(error) => RenewalRecord {
            schema: 1,
            ran: ran.map_or(now, |ran| ran.max(now)),
            well: false,
            outcome: format!("{error:#}"),
            not_after: None,
        },
    };
    let written = context.session(state, |_, state| record.write(state.home()));
    // What the run has come to is said whether or not it can be kept.
    if ended.is_ok() { written } else { Ok(()) }
}

fn renew(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Renew,
    ran: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<ControlFlow<u8, Ended>> {
    match look(&context.facts, &context.worlds, state, &asked(arguments), ran, now)? {
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
        // A run that was waited for may have done it.
        let answer = look(&context.facts, &context.worlds, state, &asked(arguments), ran, now)?;
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
