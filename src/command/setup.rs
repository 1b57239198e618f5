//! `setup`: creates a CA and a certificate, installs them, trusts the CA here, and prints the command for clients.

mod undo;

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_plan::Wanted;

use super::options::reader;
use crate::{
    cli::Setup,
    client::restart,
    context::Context,
    hint::fail,
    report::{self, consent},
    server::{
        install_pair,
        setup::{
            asked::Asked,
            draft::{Draft, SetupDone, current_root},
        },
    },
    state::State,
};

pub(super) fn run(context: &Context<'_>, state: &State<'_>, arguments: &Setup) -> Result<u8> {
    if arguments.undo {
        return undo::run(context, state, arguments);
    }
    let asked = asked(context, arguments);
    let draft_of = |state: &State<'_>| Draft::make(&context.facts, &context.worlds, state, &asked);
    let draft = context.plan(state, draft_of)?;
    let is_shown = match report::setup::ask(context, state, &draft)? {
        ControlFlow::Break(code) => return Ok(code),
        ControlFlow::Continue(is_shown) => is_shown,
    };
    let mut setup = context.session(state, |session, state| {
        // Another run may have created or removed a CA meanwhile.
        let is_current = draft.root_before == current_root(state)?;
        if is_shown && !is_current {
            return Err(fail(
                "another run of labtrust changed the CA while this one waited for the answer: nothing was done",
                "run the command again: it shows the plan for the CA of now",
            ));
        }
        let draft = if is_current { draft } else { draft_of(state)? };
        let done = install_pair::carry_out(session, &draft.plan)?;
        let made = state.again();
        let own = made
            .ca()?
            .cloned()
            .ok_or_else(|| fail("the CA that setup wrote cannot be found", "run the command again"))?;
        Ok(SetupDone { draft, done, own })
    })?;
    if arguments.restart {
        restart::restart(
            &context.facts,
            context.printer,
            &mut setup.done.trusted,
            Some((&setup.draft.plan.anchor, Wanted::There)),
        );
    }
    Ok(report::setup::report(context, state, arguments, &setup, is_shown))
}

fn asked<'a>(context: &Context<'a>, arguments: &'a Setup) -> Asked<'a> {
    Asked {
        host: arguments.host.as_ref(),
        registry: arguments.registry.as_ref(),
        place: arguments.site.record(),
        replace: arguments.site.replace,
        can_ask: consent::is_asked(context),
        names: &arguments.names,
        permits: &arguments.permits,
        stage: arguments.stage,
        days: arguments.days,
        key_type: arguments.key_type.into(),
        reader: reader(context, &arguments.passphrase),
        key: arguments.key.as_deref(),
        ca: arguments.ca_cert.as_deref().zip(arguments.ca_key.as_deref()),
        self_signed: arguments.self_signed,
        no_constraints: arguments.no_constraints,
        no_trust: arguments.no_trust,
        no_auto_renew: arguments.no_auto_renew,
    }
}
