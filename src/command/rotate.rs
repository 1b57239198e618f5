//! `rotate`: one CA after another, so that at every point each client that did its step works.
//!
//! The next CA stands beside the one in use, and its root is served along with what vouches for it: clients that
//! trust the one can take up the other from the handshake. Only then does the server change over, and only after
//! that does the old one go.

mod step;

use anyhow::Result;

use crate::{
    cli::Rotate,
    context::Context,
    report::{self, stores as reports},
    server::rotate::phase::no_ca,
    state::State,
};

pub(super) fn run(context: &Context<'_>, state: &State<'_>, arguments: &Rotate) -> Result<u8> {
    if let Some(step) = &arguments.step {
        return step::run(context, state, step);
    }
    let own = state.nearest_ca()?.ok_or_else(no_ca)?;
    let notes = own.damages().map(ToString::to_string).collect();
    report::rotation::print(context, state, own, (&[], notes), Vec::new());
    Ok(reports::print_damages(context, own.damages()))
}
