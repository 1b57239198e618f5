//! `trust --list`: the stores that labtrust knows.

use anyhow::Result;

use crate::{
    cli::Trust,
    client::{list::list, source},
    command::options::reader,
    context::Context,
    exit,
    report::list,
    state,
};

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Trust) -> Result<u8> {
    let anchor = match &arguments.source {
        Some(_) => {
            let reader = reader(context, &arguments.passphrase);
            Some(source::anchor(&reader, state, &arguments.asked())?.anchor)
        }
        None => None,
    };
    let receipts = if anchor.is_some() { &**state.receipts()? } else { &[] };
    let selection = arguments.stores.selection();
    let stores = list(&context.facts, &context.worlds, receipts, anchor.as_ref(), &selection);
    list::print(context, anchor.map(|anchor| anchor.sha256()), &stores);
    Ok(exit::DONE)
}
