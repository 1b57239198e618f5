//! `status`: which stores trust which CA, read from the stores themselves, and on a server the state of its certificate.

use std::collections::BTreeMap;

use anyhow::Result;
use labtrust_machine::receipt::Recorded;
use labtrust_plan::{Anchor, Fingerprint};
use time::OffsetDateTime;

use crate::{
    client::untrust,
    context::Context,
    exit,
    report::{
        renewal::Renewal,
        status::{awaited, overview::Overview, print_anchors},
    },
    server::{install_pair, renew::out_of_date},
    state::{self, Ca, Damage, RECEIPT, damages},
};

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>) -> Result<u8> {
    let overview = find(context, state)?;
    let shown = print_anchors(context, state, overview.own, &overview.anchors)?;
    overview.print(context, state, &shown.missing);
    overview.print_document(context, state, &shown);
    let code = overview.print_faults(context);
    Ok(exit::worse(exit::worse(shown.code, overview.code()), code))
}

/// Looks at everything but the stores. A damaged part is a finding, and hides no other part.
fn find<'s>(context: &Context<'_>, state: &'s state::State<'_>) -> Result<Overview<'s>> {
    let receipts = state.receipts()?;
    let mut damages = damages::all(state)?;
    // Under sudo, the damaged CA may be the one of the user who called it.
    let own = state.nearest_ca().unwrap_or_else(|damage| {
        damages.extend((!damages.contains(&damage)).then_some(damage));
        None
    });
    let (placed, unreadable) = match install_pair::chains_placed(state) {
        Ok(placed) => (placed, None),
        // A damaged receipt is among the damages.
        Err(error) => (Vec::new(), (!error.is::<Damage>()).then_some(error)),
    };
    Ok(Overview {
        own,
        anchors: anchors(receipts, own),
        renewal: Renewal::look(state, receipts, &placed),
        awaited: awaited(context, receipts, own),
        outdated: out_of_date::find(own, &placed, OffsetDateTime::now_utc()),
        is_set_up: receipts.iter().any(|receipt| receipt.name == RECEIPT),
        placed,
        unreadable,
        damages,
    })
}

/// The CAs that labtrust knows here, each with all endpoints that it is trusted for.
fn anchors(receipts: &Recorded, own: Option<&Ca>) -> BTreeMap<Fingerprint, Anchor> {
    let all_own = own.into_iter().flat_map(Ca::all);
    let known = untrust::trusted(receipts).chain(all_own.map(Ca::anchor));
    let mut anchors: BTreeMap<Fingerprint, Anchor> = BTreeMap::new();
    for anchor in known {
        let all = &mut anchors.entry(anchor.sha256()).or_insert_with(|| anchor.clone()).endpoints;
        all.extend(
            anchor.endpoints.into_iter().filter(|endpoint| !all.contains(endpoint)).collect::<Vec<_>>(),
        );
    }
    anchors
}
