//! The decision of a renewal: renew, wait, or warn.

use anyhow::{Context as _, Result};
use labtrust_machine::Worlds;
use labtrust_plan::{Facts, Fingerprint, ShellLine};
use time::{Duration, OffsetDateTime};

use super::{
    asked::Asked,
    clock,
    current_certificate::{CurrentCertificate, Ours, Signer},
    sealed,
};
use crate::{
    certificate::{Issued, LeafOrder, Parsed, PrivateKey},
    client::{selection::Selection, stores},
    gitlab::Pair,
    hint::{Hint, fail, hint},
    server::{
        health::{self, Authority, Level, look},
        install_pair::Plan,
        setup::{draft::add_host_hint, site::Site},
    },
    state::{
        self, Ca,
        ca::{Source, next_ca},
    },
};

/// The decision.
pub(crate) enum Answer {
    /// Wait: the installed certificate is not due yet.
    Nothing { standing: CurrentCertificate, due: OffsetDateTime },
    /// Warn: the certificate is due, and labtrust cannot renew it.
    Warn { standing: CurrentCertificate, why: String, hint: Hint },
    /// Renew.
    Renew(Box<Draft>),
}

/// A new certificate, and the plan to install it.
pub(crate) struct Draft {
    pub plan: Plan,
    pub leaf: Parsed,
    pub root: Parsed,
    pub notes: Vec<String>,
    pub site: Site,
    /// The last certificate that is sent after the root, if any.
    pub sent_with: Option<Fingerprint>,
}

/// Decides what a renewal does now. `ran` is the time of the last run.
pub(crate) fn look(
    facts: &Facts,
    worlds: &Worlds,
    state: &state::State<'_>,
    arguments: &Asked<'_>,
    ran: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<Answer> {
    let standing = CurrentCertificate::find(facts, state)?;
    clock::refuse_clock_behind(now, &[&standing.leaf, &standing.root], ran, &standing.setup)?;
    let leaf = &standing.leaf;
    let due = match arguments.if_expiring {
        None => now,
        Some(None) => leaf.due(),
        Some(Some(days)) => leaf.not_after.saturating_sub(Duration::days(days.into())),
    };
    let is_due = due <= now;
    match &standing.signer {
        Signer::Others { why, hint } if arguments.if_expiring.is_some() => Ok(if is_due {
            let why = format!("labtrust cannot renew it here: {why}");
            let hint = hint.clone();
            Answer::Warn { standing, why, hint }
        } else {
            Answer::Nothing { standing, due }
        }),
        Signer::Others { why, hint } => Err(fail(
            format!(
                "labtrust cannot renew this certificate here: {why}; it expires on {}",
                leaf.not_after.date()
            ),
            hint.clone(),
        )),
        // A certificate without its key is of no use, so it is always renewed.
        Signer::Ours(ours) if is_due || ours.key.is_none() => {
            // A new certificate of the same CA would expire on the same day.
            let end = ours.own.not_after();
            let is_last = leaf.not_after >= end;
            let last = || {
                let hint = next_ca_hint(ours.own.is_sealed());
                (format!("its CA expires on the same day, {}", end.date()), hint)
            };
            if arguments.if_expiring.is_some() && ours.key.is_some() && is_last {
                let (why, hint) = last();
                return Ok(Answer::Warn { standing, why, hint });
            }
            let Some((issued, key)) = replacement(arguments, leaf, ours, now)? else {
                let due = leaf.due();
                return Ok(if is_last && due <= now {
                    let (why, hint) = last();
                    Answer::Warn { standing, why, hint }
                } else {
                    Answer::Nothing { standing, due }
                });
            };
            Draft::make(facts, worlds, &standing, ours, (issued, key), now)
                .map(|draft| Answer::Renew(Box::new(draft)))
        }
        Signer::Ours(ours) => Ok(match ca_end(&ours.own, now) {
            Some((why, hint)) => Answer::Warn { standing, why, hint },
            None => Answer::Nothing { standing, due },
        }),
    }
}

/// Why the end of the CA `own` needs somebody now, and what they do: clients take weeks to trust the next CA.
fn ca_end(own: &Ca, now: OffsetDateTime) -> Option<(String, Hint)> {
    let authority = look::authority(own)?;
    let end = health::authority_end(authority, None, now).filter(|end| end.level >= Level::Warning)?;
    Some((end.what, next_step(authority)))
}

fn next_step(authority: Authority) -> Hint {
    if authority.has_next {
        "go on with the rotation: {labtrust rotate}".into()
    } else {
        next_ca_hint(authority.is_sealed)
    }
}

fn next_ca_hint(is_sealed: bool) -> Hint {
    hint!("create the next CA: {}", ShellLine::from(next_ca(is_sealed)))
}

/// The certificate that replaces `leaf`, and its key. None if `leaf` is the one of the present period of a sealed CA.
fn replacement(
    arguments: &Asked<'_>,
    leaf: &Parsed,
    ours: &Ours,
    now: OffsetDateTime,
) -> Result<Option<(Issued, PrivateKey)>> {
    let authority = match &ours.source {
        Source::Key(authority) => authority,
        Source::Sealed(sealed) => return sealed::replacement(sealed, arguments, leaf, ours, now),
        Source::Elsewhere => return Ok(None),
    };
    let key = match &ours.key {
        Some(key) if !arguments.new_key => key.clone(),
        _ => PrivateKey::generate(leaf.next_key_type())?,
    };
    let mut names = leaf.names.clone();
    names.extend(arguments.names.iter().cloned());
    let days = arguments.days.unwrap_or(ours.own.notes.days);
    let order = LeafOrder { names, public_key: key.public_key().clone(), days };
    Ok(Some((authority.sign(&order, now)?, key)))
}

impl Draft {
    fn make(
        facts: &Facts,
        worlds: &Worlds,
        standing: &CurrentCertificate,
        ours: &Ours,
        (issued, key): (Issued, PrivateKey),
        now: OffsetDateTime,
    ) -> Result<Self> {
        // A damaged next CA must not stop the renewal.
        let extra_chain = ours.own.extra_chain();
        let unsent = extra_chain.as_ref().err().map(|damage| {
            format!("the root of the next CA is not sent with it: {damage}; {}", damage.hint())
        });
        let extra_chain = extra_chain.unwrap_or_default();
        let pair = Pair::of(&issued, &extra_chain, &key).context("nothing was signed")?;
        let mut site = ours.site.clone();
        let add_host = add_host_hint(ours.own.is_sealed());
        site.assign_extra_hosts(&issued.leaf, &|chain| ours.own.is_ours(chain), false, add_host)?;
        let anchor = ours.own.anchor();
        let planning = stores::plan(facts, worlds, &anchor, &Selection::none());
        let mut notes = issued.notes;
        let authority = look::authority(&ours.own);
        let ending = authority.filter(|authority| health::authority_end(*authority, None, now).is_some());
        notes.extend(ending.map(|authority| next_step(authority).to_string()));
        notes.extend(unsent);
        Ok(Self {
            plan: Plan {
                changes: site.pair_changes(&pair),
                anchor,
                planning,
                warnings: Vec::new(),
                broad: None,
                expected: site.expected()?,
                afterwards: Vec::new(),
            },
            leaf: issued.leaf,
            root: standing.root.clone(),
            notes,
            sent_with: pair.sent_with,
            site,
        })
    }
}
