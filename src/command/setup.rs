//! `setup`: a CA, a certificate, in its place, served, trusted here, and the line for the clients.

mod ca;
mod leaf;
mod order;
mod report;
mod site;
mod take_back;

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_platform::{Anchor, Certificate, plan::Change};

use self::{ca::Ca, leaf::Leaf, order::Order};
use super::{
    Context,
    own::{self, Notes, OwnCa},
    place::{self, Done},
    stores,
};
use crate::{
    certificate::Authority,
    cli::{Setup, Stores},
};

pub use self::site::Site;

pub fn run(context: &Context<'_>, arguments: &Setup) -> Result<u8> {
    if arguments.undo {
        return take_back::run(context, arguments);
    }
    let site = Site::find(context, &arguments.place, arguments.host.as_ref(), arguments.registry.as_ref())?;
    let order = Order::new(arguments, &site.gitlab, &site.registry);
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
    let anchor = Anchor { certificate: Certificate::from(&leaf.root), endpoints: order.endpoints() };
    let planning = stores::plan(context, &anchor, &stores_of(arguments));
    let done = match place::carry_out(context, &changes, &anchor, planning, arguments.restart)? {
        ControlFlow::Continue(done) => done,
        ControlFlow::Break(code) => return Ok(code),
    };
    report::report(context, arguments, &Made { leaf: &leaf, site: &site, changes: &changes, done: &done })
}

/// What a setup made, for its report.
struct Made<'a> {
    leaf: &'a Leaf,
    site: &'a Site,
    changes: &'a [Change],
    done: &'a Done,
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
