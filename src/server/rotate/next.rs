//! Creates the next CA of a rotation.

use anyhow::Result;
use labtrust_plan::{Change, DnsName, Facts};
use time::OffsetDateTime;

use super::phase::no_ca;
use crate::{
    certificate::{Authority, Parsed, Scope, Sealed, SubjectName, sealed::LEAST_DAYS},
    hint::{fail, hint},
    server::{placed_pair::PlacedPair, setup::site::Site},
    state::{
        Ca, Rotation, State, Way,
        ca::{self, Source, with_key},
    },
};

/// The options of the next CA.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NextAsked {
    /// Additional domains that it can sign.
    pub permits: Vec<DnsName>,
    /// Whether it is sealed.
    pub sealed: bool,
    /// Additional names in the certificates of a sealed CA.
    pub names: Vec<SubjectName>,
}

/// Creates the next CA after `own`. Returns the change that stores it, and the CA.
pub(super) fn make(facts: &Facts, state: &State<'_>, own: &Ca, asked: &NextAsked) -> Result<(Change, Ca)> {
    let present = source(own)?;
    let now = OffsetDateTime::now_utc();
    let first = own.notes.endpoints.first().ok_or_else(no_ca)?;
    let first = SubjectName::from(first.host.clone());
    let mut scope = own.root.next_scope(first, &asked.permits);
    let key_type = own.root.next_key_type();
    let next = if asked.sealed {
        refuse_short_periods(own)?;
        let names = names(facts, state, own, asked)?;
        add_names(&mut scope, &names);
        Source::Sealed(Sealed::make(&scope, &names, own.notes.days, key_type, now)?)
    } else {
        Source::Key(Authority::make(&scope, key_type, now)?)
    };
    let root = next.root().ok_or_else(no_ca)?.clone();
    // A sealed CA has no key to vouch with: clients are told the fingerprint of the next one.
    let voucher = match &present {
        Source::Key(authority) => Some(authority.vouch(&root, &scope, now)?),
        Source::Sealed(_) | Source::Elsewhere => None,
    };
    let folder = state.folder().join(Rotation::folder_for(root.fingerprint()));
    let change = ca::change_vouched(&folder, (&root, &next), &own.notes, voucher.as_ref())?;
    let (intermediates, periods) = match &next {
        Source::Key(authority) => (vec![authority.issuer().clone()], Vec::new()),
        Source::Sealed(sealed) => {
            (Vec::new(), sealed.periods().iter().map(|period| period.leaf.clone()).collect())
        }
        Source::Elsewhere => (Vec::new(), Vec::new()),
    };
    let own = Ca {
        root,
        intermediates,
        periods,
        notes: own.notes.clone(),
        next: Ok(None),
        previous: Ok(None),
        folder,
        owner: own.owner,
        way: Way::Next,
        voucher,
    };
    Ok((change, own))
}

/// The names of a next CA that is sealed: those of the certificate in place, those of GitLab's extra hosts that the
/// present CA can sign, and those that were asked for.
fn names(facts: &Facts, state: &State<'_>, own: &Ca, asked: &NextAsked) -> Result<Vec<SubjectName>> {
    let site = Site::of_setup(facts, state, &own.notes)?;
    let files = site.files();
    let placed = files.first().and_then(|(certificate, key)| PlacedPair::read(own, certificate, key));
    let leaf = placed.as_ref().map(PlacedPair::leaf).or(own.periods.first());
    let endpoints = own.notes.endpoints.iter().map(|endpoint| SubjectName::from(endpoint.host.clone()));
    let can_sign = |name: &SubjectName| own.root.permitted.permits(name);
    let mut names: Vec<SubjectName> = Vec::new();
    for name in leaf
        .map(|leaf: &Parsed| leaf.names.clone())
        .unwrap_or_default()
        .into_iter()
        .chain(endpoints)
        .chain(site.extra_names().into_iter().filter(can_sign))
        .chain(asked.names.iter().cloned())
    {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Refuses to seal a CA whose certificates are too short: `rotate start` takes their days from setup.
fn refuse_short_periods(own: &Ca) -> Result<()> {
    if own.notes.days >= LEAST_DAYS {
        return Ok(());
    }
    let mut longer = own.clone();
    longer.notes.days = LEAST_DAYS;
    Err(fail(
        format!(
            "a sealed CA signs all its certificates at once, so the {} days of this setup are too few for each",
            own.notes.days
        ),
        hint!("take at least {} days first: {}", LEAST_DAYS, longer.setup_line(None, true)),
    ))
}

/// Widens `scope` by those of `names` that are not in it.
fn add_names(scope: &mut Scope, names: &[SubjectName]) {
    for name in names {
        if !scope.names.contains(name) {
            scope.names.push(name.clone());
        }
    }
}

/// The source of the certificates of `own`; an error if they do not come from here.
pub(super) fn source(own: &Ca) -> Result<Source> {
    if !own.root.is_ca() {
        return Err(fail(
            "there is no CA here, only a self-signed certificate: a rotation needs a CA",
            hint!(
                "create a CA, then run the new command on every client: {labtrust setup --undo}; {}",
                own.setup_line_with_ca(None, true)
            ),
        ));
    }
    own.refuse_ended(None, OffsetDateTime::now_utc())?;
    match own.source()? {
        Source::Elsewhere => Err(fail(
            format!("the key of {} is not on this machine, but must sign the next CA", own.root.title()),
            hint!(
                "create the next CA where the key is, then use it here: {}",
                with_key(Some(&own.setup_line(None, true)))
            ),
        )),
        source => Ok(source),
    }
}
