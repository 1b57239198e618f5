//! `rotate`: replaces the CA step by step. At every point, each client that ran its command works.
//!
//! First the server also sends the root of the next CA, with a certificate that vouches for it: clients that trust the
//! old CA can then trust the next one from the handshake. Then the server switches to the next CA. Only after that is
//! the old CA removed.

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
