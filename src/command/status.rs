//! `status`: which stores trust which CA, read from the stores themselves, and on a server the state of its certificate.

use std::collections::BTreeMap;

use anyhow::Result;
use labtrust_machine::{World, receipt::Recorded, world::Access};
use labtrust_plan::{Anchor, Contents, Endpoint, Fingerprint};
use time::OffsetDateTime;

use crate::{
    cli::Status,
    client::untrust,
    context::Context,
    exit,
    report::{
        health::{self, Monitored},
        renewal::Renewal,
        status::{KnownCa, look_at_anchors, missing, overview::Overview, print_known},
    },
    server::{
        health::{Authority, Leaf, Presented, Schedule, Signs, judge, look},
        install_pair,
        renew::out_of_date,
    },
    state::{self, Ca, Damage, RECEIPT, damages},
};

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Status) -> Result<u8> {
    let now = OffsetDateTime::now_utc();
    let server = Server::look(context, state, now)?;
    let overview = &server.overview;
    let known = look_at_anchors(context, state, overview.own, &overview.anchors)?;
    let is_monitored = arguments.check || arguments.metrics.is_some();
    let code = if is_monitored { Some(monitor(context, arguments, &server, &known, now)?) } else { None };
    if let Some(code) = code.filter(|_| !context.everywhere.json) {
        return Ok(code);
    }
    let anchors: Vec<_> = known.iter().map(|one| print_known(context, one)).collect();
    let missing = missing(&known);
    overview.print(context, state, &missing);
    overview.print_document(context, state, &anchors, &missing);
    let faults = overview.print_faults(context);
    if let Some(code) = code {
        return Ok(code);
    }
    let trusted = known.iter().map(KnownCa::code).fold(exit::DONE, exit::worse);
    Ok(exit::worse(exit::worse(trusted, overview.code()), faults))
}

/// What monitoring is told: one line with the exit code of a plugin, or a file of metrics, or both.
fn monitor(
    context: &Context<'_>,
    arguments: &Status,
    server: &Server<'_>,
    known: &[KnownCa],
    now: OffsetDateTime,
) -> Result<u8> {
    let monitored = Monitored {
        now,
        known,
        concerns: health::with_stores(&server.overview, known),
        authority: server.authority,
        leaves: &server.leaves,
        presented: &server.presented,
        last_run: server.overview.renewal.as_ref().and_then(Renewal::last_run),
        schedule: &server.schedule,
    };
    if let Some(path) = &arguments.metrics {
        let text = Contents::Public(monitored.metrics().into_bytes());
        World::here().put(&std::path::absolute(path)?, &text, Access { mode: 0o644, owner: None })?;
    }
    if !arguments.check {
        return Ok(exit::DONE);
    }
    if !context.everywhere.json {
        context.printer.data(format!("{}\n", monitored.line()).as_bytes());
    }
    Ok(monitored.code())
}

/// A server as `status` sees it.
struct Server<'s> {
    overview: Overview<'s>,
    authority: Option<Authority>,
    leaves: Vec<Leaf>,
    presented: Vec<(Endpoint, Presented)>,
    schedule: Schedule,
}

impl<'s> Server<'s> {
    /// Looks at everything but the stores. A damaged part is a finding, and hides no other part.
    fn look(context: &Context<'_>, state: &'s state::State<'_>, now: OffsetDateTime) -> Result<Self> {
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
        let renewal = Renewal::look(state, receipts, &placed);
        let (authority, leaves) = (own.and_then(look::authority), look::leaves(own, &placed));
        let (presented, schedule) = (look::presented(&placed), look::schedule(receipts));
        let (setup, as_configured) = (own.map(Ca::setup_line), own.map(Ca::setup_line_as_configured));
        let signs = Signs {
            authority,
            leaves: &leaves,
            last_run: renewal.as_ref().and_then(Renewal::last_run),
            schedule: &schedule,
            setup: setup.as_ref(),
            setup_as_configured: as_configured.as_ref(),
            out_of_date: &out_of_date::find(own, &placed, now),
            followed: &look::followed(&context.facts, receipts, own),
            presented: &presented,
        };
        let concerns = judge(&signs, now);
        let requests = state.requests().map(|requests| &requests.kept[..]).unwrap_or_default();
        let overview = Overview {
            own,
            requests: requests.iter().filter(|request| request.answer.is_empty()).collect(),
            anchors: anchors(receipts, own),
            renewal,
            concerns,
            is_set_up: receipts.iter().any(|receipt| receipt.name == RECEIPT),
            placed,
            unreadable,
            damages,
        };
        Ok(Self { overview, authority, leaves, presented, schedule })
    }
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
