//! `setup`: a CA, a certificate, in its place, served, trusted here, and the line for the clients.

mod draft;
mod issuer;
mod leaf;
mod order;
mod report;
mod site;
mod take_back;

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_platform::Wanted;

use self::draft::{Draft, Made, found};
use super::{place, restart};
use crate::{cli::Setup, context::Context, hint::fail, state::State};

pub use self::{draft::WAY_ON, order::endpoints, site::Site};

pub fn run(context: &Context<'_>, state: &State<'_>, arguments: &Setup) -> Result<u8> {
    if arguments.undo {
        return take_back::run(context, state, arguments);
    }
    let draft = Draft::make(context, state, arguments)?;
    if let ControlFlow::Break(code) = place::ask(context, state, &draft.plan)? {
        if context.everywhere.dry_run {
            draft.site.print_afterwards(context.printer);
            place::print_for_real(context, code);
        }
        return Ok(code);
    }
    let mut made = context.session(state, |session, state| {
        // Another setup may have made a CA meanwhile, or taken it back: there is to be one.
        let is_current = draft.found == found(state)?;
        let draft = if is_current { draft } else { Draft::make(context, state, arguments)? };
        let done = place::carry_out(session, &draft.plan)?;
        let made = state.again();
        let own = made
            .ca()?
            .cloned()
            .ok_or_else(|| fail("the CA that was just written cannot be found", "run it again"))?;
        Ok(Made { draft, done, own })
    })?;
    if arguments.restart {
        restart::restart(context, &mut made.done.trusted, Some((&made.draft.plan.anchor, Wanted::There)));
    }
    Ok(report::report(context, state, arguments, &made))
}
