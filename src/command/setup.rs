//! `setup`: creates a CA and a certificate, installs them, trusts the CA here, and prints the command for clients.

mod undo;

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_plan::Wanted;

use super::options::reader;
use crate::{
    certificate::SubjectName,
    cli::Setup,
    client::restart,
    context::Context,
    hint::fail,
    prompt,
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
    let names = [arguments.names.clone(), more_names(context, state, arguments)?].concat();
    let asked = asked(context, arguments, &names);
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

/// The question before a CA is sealed. labtrust adds the hosts that gitlab.rb names without a question.
const MORE_NAMES: &str = "A sealed CA can never add a name. More names for GitLab Pages, KAS, Mattermost or a registry, in one line (none: Enter):";

/// More names for a CA that is about to be sealed: they cannot come later.
fn more_names(context: &Context<'_>, state: &State<'_>, arguments: &Setup) -> Result<Vec<SubjectName>> {
    if arguments.sealed && consent::is_asked(context) && state.ca()?.is_none() {
        return prompt::names(context.printer, MORE_NAMES);
    }
    Ok(Vec::new())
}

fn asked<'a>(context: &Context<'a>, arguments: &'a Setup, names: &'a [SubjectName]) -> Asked<'a> {
    Asked {
        host: arguments.host.as_ref(),
        registry: arguments.registry.as_ref(),
        place: arguments.site.record(),
        replace: arguments.site.replace,
        can_ask: consent::is_asked(context),
        names,
        permits: &arguments.permits,
        stage: arguments.stage,
        days: arguments.days,
        key_type: arguments.key_type.into(),
        reader: reader(context, &arguments.passphrase),
        key: arguments.key.as_deref(),
        ca: arguments.ca_cert.as_deref().zip(arguments.ca_key.as_deref()),
        sealed: arguments.sealed,
        self_signed: arguments.self_signed,
        no_constraints: arguments.no_constraints,
        no_trust: arguments.no_trust,
        no_auto_renew: arguments.no_auto_renew,
    }
}
