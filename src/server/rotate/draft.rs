//! Plans each step of a rotation, or says why it is not the next step.

use anyhow::Result;
use labtrust_machine::{World, Worlds};
use labtrust_plan::{Certificate, Change, Facts, Fingerprint, ShellLine};
use time::OffsetDateTime;

use super::{
    dropped::{Dropped, orphans},
    next::{self, NextAsked, source},
    phase::no_ca,
};
use crate::{
    certificate::{Issued, LeafOrder, Parsed, PrivateKey, SubjectName, broad_scope},
    client::{selection::Selection, stores, trust},
    gitlab::{Pair, expected::Expected},
    hint::{fail, hint},
    server::{
        install_pair::Plan,
        placed_pair::PlacedPair,
        setup::{draft::add_host_hint, site::Site},
    },
    state::{
        Ca, RECEIPT, Rotation, SetupRecord, State, Way,
        ca::{self, Source},
        recorded,
    },
};

/// A step of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RotateStep {
    /// Create the next CA, and send its root too.
    Start(NextAsked),
    /// Switch the server to the next CA.
    Switch,
    /// Remove the old CA.
    Retire,
    /// Remove the next CA; or switch the server back.
    Abort,
}

/// The plan of a step.
pub(crate) struct Draft {
    /// The rotation for which the step was planned.
    pub seen: Rotation,
    /// The certificate to install, and the CA to trust here.
    pub plan: Plan,
    /// The CA to remove: first its trust here, then `last`, then its files.
    pub dropped: Option<Dropped>,
    /// The changes after the trust is removed.
    pub last: Vec<Change>,
    /// The site, the leaf, and the last certificate that is sent after the root.
    pub placed: Option<(Site, Fingerprint, Option<Fingerprint>)>,
    /// The command after which GitLab itself trusts the next CA, if it needs one.
    pub reconfigure: Option<ShellLine>,
}

impl Draft {
    /// Plans `step`.
    pub(crate) fn make(facts: &Facts, worlds: &Worlds, state: &State<'_>, step: &RotateStep) -> Result<Self> {
        let own = state.ca()?.ok_or_else(no_ca)?;
        recorded::check(state.receipts()?, &[RECEIPT])?;
        let mut draft = Self {
            seen: state.rotation()?.clone(),
            plan: Plan {
                changes: Vec::new(),
                anchor: own.anchor(),
                planning: stores::plan(facts, worlds, &own.anchor(), &Selection::none()),
                warnings: Vec::new(),
                broad: None,
                expected: Expected::default(),
                afterwards: Vec::new(),
            },
            dropped: None,
            last: Vec::new(),
            placed: None,
            reconfigure: None,
        };
        match (step, own.next(), own.previous()) {
            (RotateStep::Start(_), _, Ok(Some(_))) => return Err(unfinished()),
            (RotateStep::Start(_) | RotateStep::Switch, Err(damage), _)
            | (RotateStep::Start(_) | RotateStep::Switch | RotateStep::Abort, Ok(None), Err(damage)) => {
                return Err(damage.into());
            }
            (RotateStep::Start(asked), ..) => draft.start(facts, worlds, state, own, asked)?,
            (RotateStep::Switch, Ok(Some(next)), _) => draft.switch(facts, state, own, next)?,
            (RotateStep::Switch, Ok(None), Ok(Some(_))) => {
                return Err(fail(
                    "the server already uses the next CA",
                    "remove the old CA ({labtrust rotate retire}), or go back to it ({labtrust rotate abort})",
                ));
            }
            (RotateStep::Retire, Ok(None), Ok(Some(_)) | Err(_)) => {
                draft.dropped = Dropped::find(state, &own.previous, draft.seen.previous.as_deref())?;
                draft.last = vec![draft.seen.retired().change(state.folder())?];
            }
            (RotateStep::Retire, Ok(Some(_)) | Err(_), _) => {
                return Err(fail(
                    "the server still uses the CA that would be removed",
                    "switch first, when every client trusts the next CA: {labtrust rotate switch}",
                ));
            }
            (RotateStep::Abort, next @ (Ok(Some(_)) | Err(_)), _) => {
                let mut placed = PairAtSite::find(facts, state, own, next.ok().flatten(), &[])?;
                draft.plan.changes = placed.changes(own)?;
                draft.plan.expected = placed.site.expected()?;
                draft.placed = Some(placed.site_and_leaf());
                draft.dropped = Dropped::find(state, &own.next, draft.seen.next.as_deref())?;
                draft.last = vec![draft.seen.with_next(None).change(state.folder())?];
            }
            (RotateStep::Abort, Ok(None), Ok(Some(previous))) => {
                draft.switch_back(facts, state, own, previous)?;
            }
            // A killed run left files of a removed CA.
            (RotateStep::Retire | RotateStep::Abort, Ok(None), Ok(None)) if !orphans(state)?.is_empty() => {}
            (RotateStep::Switch | RotateStep::Retire | RotateStep::Abort, Ok(None), Ok(None)) => {
                return Err(not_begun());
            }
        }
        Ok(draft)
    }

    fn start(
        &mut self,
        facts: &Facts,
        worlds: &Worlds,
        state: &State<'_>,
        own: &Ca,
        asked: &NextAsked,
    ) -> Result<()> {
        let made;
        let next = if let Some(next) = own.next()? {
            refuse_another(next, asked)?;
            next
        } else {
            let (change, next) = next::make(facts, state, own, asked)?;
            self.plan.broad = broad_scope::added_names(&next.root.permitted, &own.root.permitted);
            let rotation = self.seen.with_next(Some(Rotation::folder_for(next.root.fingerprint())));
            self.plan.changes = vec![change, rotation.change(state.folder())?];
            made = next;
            &made
        };
        let extra_chain = extra_chain(next);
        let mut placed = PairAtSite::find(facts, state, own, own.next()?, &extra_chain)?;
        self.plan.changes.extend(placed.site.trust_change(&next.root));
        self.plan.changes.extend(placed.changes(own)?);
        self.plan.expected = placed.site.expected()?;
        self.placed = Some(placed.site_and_leaf());
        self.reconfigure = placed.site.reconfigure();
        self.plan.anchor = next.anchor();
        let receipts = state.receipts()?;
        let name = trust::receipt_name(&own.anchor());
        // If setup did not trust the CA here, the next CA is not trusted here either.
        recorded::check(receipts, &[&name])?;
        let is_trusted = receipts.iter().any(|receipt| receipt.name == name);
        let stores = if is_trusted { Selection::all() } else { Selection::none() };
        self.plan.planning = stores::plan(facts, worlds, &self.plan.anchor, &stores);
        let is_done = own.next()?.is_some()
            && stores::unmet(facts, worlds, receipts, RECEIPT, &self.plan.changes).is_empty()
            && orphans(state)?.is_empty();
        let name = trust::receipt_name(&self.plan.anchor);
        if is_done && stores::unmet(facts, worlds, receipts, &name, &self.plan.planning.changes).is_empty() {
            return Err(fail(
                format!("the next CA exists already: {}", next.root.title()),
                "switch when every client trusts it ({labtrust rotate switch}), or cancel ({labtrust rotate abort})",
            ));
        }
        Ok(())
    }

    fn switch(&mut self, facts: &Facts, state: &State<'_>, own: &Ca, next: &Ca) -> Result<()> {
        if !is_sent(facts, state, own, next)? {
            return Err(fail(
                "the server does not send the next CA's root yet, so no client can trust it",
                "finish the first step, then run the printed command on every client: {labtrust rotate start}",
            ));
        }
        self.reissue_from(facts, state, own, next, &[])?;
        self.plan.changes.push(self.seen.switched().change(state.folder())?);
        Ok(())
    }

    /// The next CA is kept, so that nobody has to start again.
    fn switch_back(&mut self, facts: &Facts, state: &State<'_>, own: &Ca, previous: &Ca) -> Result<()> {
        self.reissue_from(facts, state, own, previous, &extra_chain(own))?;
        self.plan.changes.push(self.seen.switched_back().change(state.folder())?);
        Ok(())
    }

    /// Replaces a certificate of `from` by one of `to`, with the same names and the same key.
    fn reissue_from(
        &mut self,
        facts: &Facts,
        state: &State<'_>,
        from: &Ca,
        to: &Ca,
        extra_chain: &[Certificate],
    ) -> Result<()> {
        let source = source(to)?;
        let mut placed = PairAtSite::find(facts, state, to, Some(from), extra_chain)?;
        // The setup record of the other CA is the newer one, but the certificates of a sealed CA keep their days.
        let days = if to.is_sealed() { to.notes.days } else { from.notes.days };
        let notes = SetupRecord { days, ..from.notes.clone() };
        self.plan.changes = vec![ca::change(&to.folder, &to.root, &source, &notes)?];
        self.plan.changes.extend(placed.changes(from)?);
        self.plan.expected = placed.site.expected()?;
        self.placed = Some(placed.site_and_leaf());
        self.plan.anchor = to.anchor();
        Ok(())
    }
}

/// Whether the server's file for `own` contains the root of `next`. If not, the first step failed or was killed.
pub(crate) fn is_sent(facts: &Facts, state: &State<'_>, own: &Ca, next: &Ca) -> Result<bool> {
    let files = Site::of_setup(facts, state, &own.notes)?.files();
    let Some((certificate, _)) = files.first() else { return Ok(false) };
    let sent = Certificate::read_all(&World::here().read(certificate)?.unwrap_or_default()).0;
    Ok(sent.iter().any(|sent| sent.fingerprint() == next.root.fingerprint()))
}

/// The certificates after the root that introduce `next`.
fn extra_chain(next: &Ca) -> Vec<Certificate> {
    next.voucher.iter().chain([&next.root]).map(Certificate::from).collect()
}

/// A certificate with its key, and its site.
struct PairAtSite {
    site: Site,
    leaf: Parsed,
    pair: Pair,
}

impl PairAtSite {
    /// The installed certificate if `owner` signed it. Otherwise, a new certificate by `owner` with the names and the
    /// key of the installed one, which `other` signed.
    fn find(
        facts: &Facts,
        state: &State<'_>,
        owner: &Ca,
        other: Option<&Ca>,
        extra_chain: &[Certificate],
    ) -> Result<Self> {
        let site = Site::of_setup(facts, state, &owner.notes)?;
        let files = site.files();
        let standing = |own: &Ca| {
            let (certificate, key) = files.first()?;
            PlacedPair::read(own, certificate, key)
        };
        let now = OffsetDateTime::now_utc();
        let own = standing(owner);
        if let Some(own) = own.as_ref().filter(|own| own.leaf().is_valid_at(now))
            && let Some(pair) = own.pair(extra_chain)
        {
            return Ok(Self { site, leaf: own.leaf().clone(), pair });
        }
        let nothing = || {
            let (path, _) = files.first().cloned().unwrap_or_default();
            fail(
                format!(
                    "{} contains no certificate of {} that matches its key file",
                    path.display(),
                    owner.root.title()
                ),
                hint!("install one first: {}", owner.setup_line(None, true)),
            )
        };
        let standing = other.and_then(standing).or(own).ok_or_else(nothing)?;
        let (issued, key) = reissued(owner, &standing, now)?;
        let pair = Pair::of(&issued, extra_chain, &key).ok_or_else(nothing)?;
        Ok(Self { site, leaf: issued.leaf, pair })
    }

    fn site_and_leaf(&self) -> (Site, Fingerprint, Option<Fingerprint>) {
        (self.site.clone(), self.pair.leaf, self.pair.sent_with)
    }

    /// The changes that install it. Fails if the site has a certificate that neither `own` nor a CA beside it signed.
    fn changes(&mut self, own: &Ca) -> Result<Vec<Change>> {
        let is_ours = |chain: &[Certificate]| own.is_ours(chain);
        self.site.guard(&is_ours, false)?;
        self.site.assign_extra_hosts(&self.leaf, &is_ours, false, add_host_hint(own.is_sealed()))?;
        Ok(self.site.pair_changes(&self.pair))
    }
}

/// The certificate of `owner` that replaces the one `standing`, and its key: with the same names and the same key, or
/// from a sealed CA. The keys of a sealed CA lie in its backups, so they do not stay in use after it.
fn reissued(owner: &Ca, standing: &PlacedPair, now: OffsetDateTime) -> Result<(Issued, PrivateKey)> {
    let names = &standing.leaf().names;
    match source(owner)? {
        Source::Key(authority) => {
            // Going back to the old CA, the certificate has its names again.
            let can_sign = |name: &SubjectName| authority.check_permitted(std::slice::from_ref(name)).is_ok();
            let is_kept = |name: &&SubjectName| owner.way == Way::Next || can_sign(name);
            let names = names.iter().filter(is_kept).cloned().collect();
            let was_sealed = standing.chain().last().is_some_and(Parsed::is_sealed_root);
            let key = if was_sealed {
                PrivateKey::generate(standing.leaf().next_key_type())?
            } else {
                standing.key.clone()
            };
            let order = LeafOrder { names, public_key: key.public_key().clone(), days: owner.notes.days };
            Ok((authority.sign(&order, now)?, key))
        }
        Source::Sealed(sealed) => {
            let missing = names.iter().find(|name| !name.is_among(sealed.names()));
            // Going back to the old CA brings its names back.
            if let Some(name) = missing.filter(|_| owner.way == Way::Next) {
                return Err(fail(
                    format!("the next CA is sealed, and its certificates are not for {name}"),
                    "remove it ({labtrust rotate abort}), then start again",
                ));
            }
            let period = sealed.at(now)?;
            Ok((sealed.issued(period), period.key.clone()))
        }
        Source::Elsewhere => Err(no_ca()),
    }
}

/// Refuses options that the CA `next`, which exists already, does not have.
fn refuse_another(next: &Ca, asked: &NextAsked) -> Result<()> {
    let permits = |name: &SubjectName| next.root.permitted.permits(name);
    let domains = asked.permits.iter().map(|domain| SubjectName::Dns(domain.clone()));
    let outside = domains.into_iter().find(|domain| !permits(domain));
    let has_name = |name: &SubjectName| next.periods.iter().all(|leaf| name.is_among(&leaf.names));
    let lacking = asked.names.iter().find(|name| !has_name(name));
    let what = match (outside, lacking) {
        (Some(domain), _) => format!("can never sign for {domain}"),
        (None, Some(name)) => format!("has no certificate for {name}"),
        (None, None) if asked.sealed && !next.is_sealed() => "is not sealed".to_owned(),
        (None, None) => return Ok(()),
    };
    Err(fail(
        format!("the next CA exists already, and {what}"),
        "remove it ({labtrust rotate abort}), then start again",
    ))
}

fn unfinished() -> anyhow::Error {
    fail(
        "the last rotation is not finished: the old CA still exists",
        "remove it ({labtrust rotate retire}), or go back to it ({labtrust rotate abort})",
    )
}

fn not_begun() -> anyhow::Error {
    fail("no rotation is in progress", "start one: {labtrust rotate start}")
}
