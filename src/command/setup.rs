//! `setup`: a CA, a certificate, in its place, served, trusted here, and the line for the clients.

mod ca;
mod leaf;
mod order;
mod report;
mod site;
mod take_back;

use anyhow::Result;
use labtrust_platform::{Anchor, Certificate, Outcome, plan::Change};

use self::{ca::Ca, leaf::Leaf, order::Order};
use super::{
    Context,
    own::{self, Notes, OwnCa},
    place::{self, Placement},
    restart, stores, trust,
};
use crate::{
    certificate::Authority,
    cli::{Setup, Stores},
    exit,
};

pub use self::site::Site;

pub fn run(context: &Context<'_>, arguments: &Setup) -> Result<u8> {
    if arguments.undo {
        return take_back::run(context, arguments);
    }
    let site = Site::find(context, &arguments.place, arguments.host.as_ref(), arguments.registry.as_ref())?;
    let order = Order::new(arguments, &site.gitlab, &site.registry)?;
    let ca = ca::ca(context, arguments, &order)?;
    let leaf = leaf::leaf(context, arguments, &order, &ca, &site.files())?;
    let is_ours = |chain: &[Certificate]| ca.is_ours(chain);
    if !arguments.stage {
        site.guard(&is_ours, arguments.place.replace, &order.gitlab.host)?;
    }
    let notes = Notes { schema: 1, endpoints: order.endpoints() };
    let mut changes = vec![own::change(&context.home, &leaf.root, ca.kept(), &notes)?];
    if !arguments.stage {
        changes.extend(site.changes(&leaf.pair));
    }
    let anchor =
        Anchor { certificate: Certificate::new(leaf.root.der().to_vec()), endpoints: order.endpoints() };
    let placement = Placement { name: place::RECEIPT.to_owned(), changes: &changes };
    let planning = stores::plan(context, &anchor, &stores_of(arguments));
    if context.everywhere.dry_run {
        return place::dry_run(context, &placement, &anchor, &planning);
    }
    if !place::confirm(context, &placement, &anchor, &planning)? {
        return Ok(exit::NO);
    }
    let placed = place::apply(context, &placement)?;
    let mut outcomes = trust::trust(context, &anchor, planning)?;
    if arguments.restart {
        restart::restart(context, &mut outcomes);
    }
    report::report(
        context,
        arguments,
        &Made { leaf: &leaf, site: &site, changes: &changes, placed: &placed, outcomes: &outcomes },
    )
}

/// What a setup made, for its report.
struct Made<'a> {
    leaf: &'a Leaf,
    site: &'a Site,
    changes: &'a [Change],
    placed: &'a [Outcome],
    outcomes: &'a [Outcome],
}

fn stores_of(arguments: &Setup) -> Stores {
    if arguments.no_trust { Stores::none() } else { Stores::all() }
}

impl Ca {
    /// The CA whose key stays here.
    fn kept(&self) -> Option<&Authority> {
        match self {
            Self::Known(_, authority) => authority.as_ref(),
            Self::Made(authority) => Some(authority),
            Self::Adopted(_) | Self::SelfSigned => None,
        }
    }

    /// Whether a chain that is met leads to this CA.
    fn is_ours(&self, chain: &[Certificate]) -> bool {
        match self {
            Self::Known(own, _) => own.has_signed(chain),
            Self::Adopted(authority) => OwnCa::leads_to(chain, authority.root()),
            Self::Made(_) | Self::SelfSigned => false,
        }
    }
}
