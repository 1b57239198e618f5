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
    // Without a CA, and where the own one cannot be read, the list still names the stores.
    let has_own = || matches!(state.nearest_ca(), Ok(Some(_)));
    let anchor = if arguments.source.is_some() || arguments.fingerprint.is_some() || has_own() {
        let reader = reader(context, &arguments.passphrase);
        Some(source::anchor(&reader, state, &arguments.asked())?.anchor)
    } else {
        None
    };
    let receipts = if anchor.is_some() { &**state.receipts()? } else { &[] };
    let selection = arguments.stores.selection();
    let stores = list(&context.facts, &context.worlds, receipts, anchor.as_ref(), &selection);
    list::print(context, anchor.map(|anchor| anchor.sha256()), &stores);
    Ok(exit::DONE)
}
