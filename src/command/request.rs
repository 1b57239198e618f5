//! `request`: creates a key and a certificate signing request for a company's CA. The key stays on this machine.

use std::ops::ControlFlow;

use anyhow::Result;

use super::options::reader;
use crate::{
    certificate::{SubjectName, name},
    cli::Request,
    context::Context,
    exit,
    hint::fail,
    report::{
        consent::{self, Proposal},
        request::{day, hand_out, title},
        stores::warn_of_damages,
    },
    server::{
        install_pair,
        request::{Asked, Order, meant},
        requests,
    },
    state::State,
};

pub(super) fn run(context: &Context<'_>, state: &State<'_>, arguments: &Request) -> Result<u8> {
    if arguments.undo {
        return forget_requests(context, state, arguments);
    }
    let order = Order::new(&context.facts, state, asked(context, arguments))?;
    warn_of_damages(context, state.requests()?.damaged.iter());
    if context.everywhere.dry_run {
        let change = match order.waiting(state)? {
            Some(_) => None,
            None => Some(order.make(state)?.1),
        };
        let mut proposal = Proposal::default();
        proposal.apply(context, change.as_slice());
        order.notes.into_iter().for_each(|note| proposal.note(note));
        return Ok(consent::dry_run(context, &proposal));
    }
    let (kept, is_new) = context.session(state, |session, state| order.keep(state, session))?;
    let request = kept.request()?;
    let same = format!("same request as on {}: no certificate was imported for it yet", day(&kept.notes));
    let notes = (!is_new).then_some(same).into_iter().chain(order.notes).collect();
    hand_out(context, arguments, &kept, &request, notes)?;
    Ok(exit::DONE)
}

/// Deletes the stored requests: all, or those for HOST.
fn forget_requests(context: &Context<'_>, state: &State<'_>, arguments: &Request) -> Result<u8> {
    let printer = context.printer;
    let host = arguments.host.as_ref().map(|target| SubjectName::from(target.host.clone()));
    let (found, lost) = meant(state, host.as_ref())?;
    warn_of_damages(context, state.requests()?.damaged.iter());
    if found.is_empty() && lost.is_empty() {
        return Err(fail(
            format!("no request is stored in {}", state.folder().display()),
            "if you made it with --state DIR or as another user, run this command in the same way",
        ));
    }
    for kept in &found {
        printer.say(title(kept));
    }
    let names: Vec<_> = found.iter().map(|kept| &kept.notes.names).collect();
    let question = "This deletes the key too, so a certificate that arrives later cannot be used. Delete?";
    let propose = || {
        let mut proposal = Proposal::default();
        for kept in &found {
            let names = name::list(&kept.notes.names);
            proposal.step(&kept.folder, &format!("delete the request for {names} and its key"));
        }
        for damage in &lost {
            proposal.step(&damage.path, "move it aside: it is damaged");
        }
        Ok(proposal)
    };
    if let ControlFlow::Break(code) = consent::ask(context, question, None, propose)? {
        return Ok(code);
    }
    context.session(state, |session, state| {
        requests::sweep(session)?;
        let (found, lost) = meant(state, host.as_ref())?;
        found.into_iter().try_for_each(|kept| install_pair::check(&requests::forget(kept, session)?))?;
        for folder in lost.iter().filter_map(|damage| damage.path.parent()) {
            requests::give_up(session, state, folder, printer)?;
        }
        Ok(())
    })?;
    printer.document(&serde_json::json!({ "forgotten": names }));
    printer.say("deleted, with the key");
    Ok(exit::DONE)
}

fn asked<'a>(context: &Context<'a>, arguments: &'a Request) -> Asked<'a> {
    Asked {
        host: arguments.host.as_ref(),
        registry: arguments.registry.as_ref(),
        gitlab: arguments.gitlab.as_ref(),
        names: &arguments.names,
        reader: reader(context, &arguments.passphrase),
        key: arguments.key.as_deref(),
        key_type: arguments.key_type.into(),
        new_key: arguments.new_key,
    }
}
