//! Looks at a server for `status`: everything but the trust stores.

use std::collections::BTreeMap;

use anyhow::Result;
use labtrust_machine::receipt::Recorded;
use labtrust_plan::{Anchor, Endpoint, Fingerprint};
use time::OffsetDateTime;

use super::overview::Overview;
use crate::{
    client::untrust,
    context::Context,
    report::renewal::Renewal,
    server::{
        health::{Authority, Leaf, Presented, Signs, judge, look},
        install_pair::{self, PlacedChain},
        renew::{out_of_date, schedule::Schedule},
    },
    state::{self, Ca, Damage, RECEIPT, damages},
};

/// A server as `status` sees it.
pub(crate) struct Server<'s> {
    pub overview: Overview<'s>,
    pub authority: Option<Authority>,
    pub leaves: Vec<Leaf>,
    pub presented: Vec<(Endpoint, Presented)>,
}

impl<'s> Server<'s> {
    /// Looks at everything but the stores. A damaged part is a finding, and hides no other part.
    pub(crate) fn look(
        context: &Context<'_>,
        state: &'s state::State<'_>,
        now: OffsetDateTime,
    ) -> Result<Self> {
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
        let renewal = Renewal::look(state, own, receipts, &placed);
        let (authority, leaves) = (own.and_then(look::authority), look::leaves(own, &placed));
        let presented = look::presented(&placed);
        let is_trusted = own.is_some_and(|own| {
            untrust::trusted(receipts).any(|anchor| anchor.sha256() == own.anchor().sha256())
        });
        let setup = own.map(|own| {
            let leaf = placed.iter().find(|placed| own.has_signed(&placed.chain)).and_then(PlacedChain::leaf);
            own.setup_line(leaf.as_ref(), is_trusted)
        });
        let followed = look::followed(&context.facts, receipts, own);
        let signs = Signs {
            authority,
            leaves: &leaves,
            last_run: renewal.as_ref().and_then(Renewal::last_run),
            schedule: schedule(renewal.as_ref()),
            installed: placed.iter().filter_map(|placed| placed.installed).max(),
            setup: setup.as_ref(),
            own,
            is_trusted,
            out_of_date: &out_of_date::find(own, setup.as_ref(), &placed, now),
            followed: &followed,
            presented: &presented,
        };
        let concerns = judge(&signs, now);
        let requests = state.requests().map(|requests| &requests.kept[..]).unwrap_or_default();
        let overview = Overview {
            own,
            client_line: own
                .filter(|_| !renewal.as_ref().is_some_and(Renewal::is_foreign))
                .and_then(|own| look::client_line(own, &followed)),
            requests: requests.iter().filter(|request| request.answer.is_empty()).collect(),
            anchors: anchors(receipts, own),
            renewal,
            concerns,
            is_set_up: receipts.iter().any(|receipt| receipt.name == RECEIPT),
            placed,
            unreadable,
            damages,
        };
        Ok(Self { overview, authority, leaves, presented })
    }

    /// The last run of `renew`, if there was one: when, and why it failed, if it did.
    pub(crate) fn last_run(&self) -> Option<(OffsetDateTime, Option<&str>)> {
        self.overview.renewal.as_ref().and_then(Renewal::last_run)
    }

    /// The schedule of the daily run.
    pub(crate) fn schedule(&self) -> &Schedule {
        schedule(self.overview.renewal.as_ref())
    }
}

/// The schedule in `renewal`; where nothing is known of a renewal, nothing is scheduled.
fn schedule(renewal: Option<&Renewal>) -> &Schedule {
    renewal.map_or(&Schedule::Never, Renewal::schedule)
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
