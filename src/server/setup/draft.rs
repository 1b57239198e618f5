//! Plans a setup.

use std::path::PathBuf;

use anyhow::Result;
use labtrust_machine::Worlds;
use labtrust_plan::{Anchor, Certificate, Facts, Fingerprint};

use super::{
    asked::Asked,
    issuer::{self, Issuer},
    leaf::{self, Leaf},
    order::Order,
    site::{Site, SiteOptions},
};
use crate::{
    certificate::SubjectName,
    client::{selection::Selection, stores},
    server::{
        install_pair::{Done, Plan},
        renew::schedule,
    },
    state::{
        Ca, RECEIPT, SetupRecord, State,
        ca::{self, Source},
        recorded,
    },
};

/// The hint for a host that is missing in the certificate.
pub(crate) const ADD_HOST_HINT: &str = "add it with {labtrust setup} if this CA can sign it, else with the next CA: {labtrust rotate start --permit {}}";

/// The same where the CA is sealed.
pub(crate) const ADD_HOST_SEALED_HINT: &str =
    "this CA is sealed, so only a next CA can have it: {labtrust rotate start --sealed --name {}}";

/// The hint for a host that is missing in the certificate of a CA.
pub(crate) fn add_host_hint(is_sealed: bool) -> &'static str {
    if is_sealed { ADD_HOST_SEALED_HINT } else { ADD_HOST_HINT }
}

/// The plan of a setup.
pub(crate) struct Draft {
    /// The root of the CA for which it was planned, if there was one.
    pub root_before: Option<Fingerprint>,
    pub site: Site,
    pub leaf: Leaf,
    /// Why no renewal is scheduled, if none is.
    pub unscheduled: Option<String>,
    pub plan: Plan,
}

/// The result of a setup, for its report.
pub(crate) struct SetupDone {
    pub draft: Draft,
    pub done: Done,
    pub own: Ca,
}

/// The root of the CA on this machine.
pub(crate) fn current_root(state: &State<'_>) -> Result<Option<Fingerprint>> {
    Ok(state.ca()?.map(|own| own.root.fingerprint()))
}

impl Draft {
    /// Plans a setup with `arguments`.
    pub(crate) fn make(
        facts: &Facts,
        worlds: &Worlds,
        state: &State<'_>,
        arguments: &Asked<'_>,
    ) -> Result<Self> {
        let before = current_root(state)?;
        match Self::made_for(before, facts, worlds, state, arguments) {
            Err(error) => {
                // Another run may have created the CA meanwhile: its certificate looked foreign then.
                let now = state.again();
                if current_root(&now)? == before {
                    Err(error)
                } else {
                    Self::make(facts, worlds, &now, arguments)
                }
            }
            made => made,
        }
    }

    fn made_for(
        root_before: Option<Fingerprint>,
        facts: &Facts,
        worlds: &Worlds,
        state: &State<'_>,
        arguments: &Asked<'_>,
    ) -> Result<Self> {
        let options = SiteOptions {
            folders: &arguments.place,
            host: arguments.host,
            registry: arguments.registry,
            import: None,
        };
        let mut site = Site::find(facts, state, options)?;
        recorded::check(state.receipts()?, &[RECEIPT])?;
        let earlier = state.ca()?.map(|own| &own.notes);
        let order = Order::new(arguments, &site.gitlab, &site.registry, site.extra_names(), earlier);
        let ca = issuer::issuer(state, arguments, &order)?;
        let order = order.within(|name| ca.can_sign(name, &site.files()));
        let leaf = leaf::leaf(state, arguments, &order, &ca, &site.files())?;
        let is_ours = |chain: &[Certificate]| ca.is_ours(chain);
        let add_host = add_host_hint(matches!(ca.source(), Some(Source::Sealed(_))));
        site.assign_extra_hosts(leaf.leaf(), &is_ours, arguments.replace, add_host)?;
        if !arguments.stage {
            site.guard(&is_ours, arguments.replace)?;
            site.check_settings(arguments.can_ask, arguments.replace)?;
            site.check_sites(leaf.leaf(), add_host)?;
        }
        let notes = SetupRecord {
            schema: 1,
            endpoints: order.endpoints(),
            site: arguments.place.absolute()?,
            days: order.days,
        };
        let kept = ca.source().unwrap_or(&Source::Elsewhere);
        let mut changes = vec![ca::change(&state.authority()?, &leaf.root, kept, &notes)?];
        if !arguments.stage {
            changes.extend(site.changes(&leaf.pair));
        }
        let mut unscheduled = None;
        if !arguments.stage && !arguments.no_auto_renew {
            match schedule::plan(facts, state, &changes, schedule::RENEWS) {
                Ok(change) => changes.push(change),
                Err(note) => unscheduled = Some(note),
            }
        }
        let anchor = Anchor::new(Certificate::from(&leaf.root), order.endpoints());
        let planning = stores::plan(facts, worlds, &anchor, &stores_of(arguments));
        let mut warnings = if arguments.stage { Vec::new() } else { site.warnings() };
        if let (Issuer::Adopted(authority, _), false) = (&ca, arguments.no_trust) {
            let why = authority.root().broad_scope(&[]);
            warnings.extend(
                why.map(|why| format!("this machine will trust {}: {why}", authority.root().title())),
            );
        }
        // --no-constraints is consent to a CA without limits.
        let broad = if arguments.no_constraints { None } else { ca.broad_scope() };
        let expected = site.expected()?;
        let afterwards = site.next(&[]);
        let plan = Plan { changes, anchor, planning, warnings, broad, expected, afterwards };
        Ok(Self { root_before, site, leaf, unscheduled, plan })
    }
}

fn stores_of(arguments: &Asked<'_>) -> Selection {
    if arguments.no_trust { Selection::none() } else { Selection::all() }
}

impl Issuer {
    /// The source of its next certificates, which is stored here.
    fn source(&self) -> Option<&Source> {
        match self {
            Self::Known(_, source) | Self::Made(source) => Some(source),
            Self::Adopted(..) | Self::SelfSigned => None,
        }
    }

    /// Why a new CA can sign more than the names of one server, if it can.
    fn broad_scope(&self) -> Option<String> {
        match self {
            Self::Made(source) => source.root().and_then(|root| root.broad_scope(&[])),
            Self::Known(..) | Self::Adopted(..) | Self::SelfSigned => None,
        }
    }

    /// Whether it can sign for `name`. If it is sealed: whether its certificates have the name; if its key is not here: whether the certificate in `places` has the name.
    fn can_sign(&self, name: &SubjectName, places: &[(PathBuf, PathBuf)]) -> bool {
        match self {
            Self::Known(_, Source::Key(authority)) | Self::Adopted(authority, _) => {
                authority.check_permitted(std::slice::from_ref(name)).is_ok()
            }
            Self::Known(_, Source::Sealed(sealed)) => name.is_among(sealed.names()),
            Self::Known(_, Source::Elsewhere) => leaf::has_name(places, name),
            Self::Made(_) | Self::SelfSigned => true,
        }
    }

    /// Whether `chain` leads to this CA.
    fn is_ours(&self, chain: &[Certificate]) -> bool {
        match self {
            Self::Known(own, _) => own.is_ours(chain),
            Self::Adopted(authority, earlier) => {
                Ca::leads_to(chain, authority.root())
                    || earlier.as_ref().is_some_and(|earlier| earlier.is_ours(chain))
            }
            Self::Made(_) | Self::SelfSigned => false,
        }
    }
}
