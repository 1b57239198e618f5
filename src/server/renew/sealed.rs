//! The renewal from a sealed CA: the certificate of the present period is placed with its key, and nothing is signed.

use anyhow::Result;
use labtrust_plan::{Options, ShellLine};
use time::OffsetDateTime;

use super::{asked::Asked, current_certificate::Ours};
use crate::{
    certificate::{Issued, Parsed, Period, PrivateKey, Sealed},
    hint::{fail, hint, shell_line},
    state::ca::{DAYS_HINT, next_ca},
};

/// The certificate that replaces `leaf`, and its key. None if `leaf` is the right one and its key is in place.
pub(super) fn replacement(
    sealed: &Sealed,
    asked: &Asked<'_>,
    leaf: &Parsed,
    ours: &Ours,
    now: OffsetDateTime,
) -> Result<Option<(Issued, PrivateKey)>> {
    refuse_signature(asked, leaf, ours)?;
    let periods = sealed.periods();
    let is_placed = |period: &Period| period.leaf.fingerprint() == leaf.fingerprint();
    let placed = periods.iter().position(is_placed);
    let current = sealed.index_at(now);
    let period = if asked.new_key {
        next(sealed, after(placed, current), ours, now)?
    } else {
        // A period that was placed early stays.
        let index = placed.map_or(current, |placed| placed.max(current));
        if placed == Some(index) && ours.key.is_some() {
            return Ok(None);
        }
        periods.get(index).map_or_else(|| sealed.at(now), Ok)?
    };
    Ok(Some((sealed.issued(period), period.key.clone())))
}

/// The index of the period whose key was never in place: the one after `placed`, or the `current` one if that is later.
fn after(placed: Option<usize>, current: usize) -> usize {
    placed.map_or(0, |placed| placed + 1).max(current)
}

/// The period at `index`, perhaps early.
fn next<'s>(sealed: &'s Sealed, index: usize, ours: &Ours, now: OffsetDateTime) -> Result<&'s Period> {
    let Some(period) = sealed.periods().get(index) else {
        return Err(fail(
            "this CA is sealed, and its last certificate is in place already",
            hint!("create the next CA: {}", ShellLine::from(next_ca(true))),
        ));
    };
    if period.leaf.is_valid_at(now) {
        return Ok(period);
    }
    Err(fail(
        format!(
            "this CA is sealed, and its next certificate is valid only from {}",
            period.leaf.not_before.date()
        ),
        hint!(
            "wait until then; if the key in place was stolen, start over: {labtrust setup --undo}; {}",
            ours.own.setup_line(None, true)
        ),
    ))
}

/// Refuses names and days that only a new signature could give.
fn refuse_signature(asked: &Asked<'_>, leaf: &Parsed, ours: &Ours) -> Result<()> {
    let missing: Vec<_> = asked.names.iter().filter(|name| !name.is_among(&leaf.names)).collect();
    if let Some(name) = missing.first() {
        let names: Vec<_> = missing.iter().map(|name| shell_line!("--name {}", name.to_string())).collect();
        let hint = hint!("create the next CA: {labtrust rotate start --sealed{}}", Options(&names));
        ours.own.refuse_to_sign(&format!("a certificate for {name}"), hint)?;
    }
    match asked.days {
        Some(days) => ours.own.refuse_to_sign(&format!("a certificate for {days} days"), DAYS_HINT.into()),
        None => Ok(()),
    }
}
