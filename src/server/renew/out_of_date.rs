//! What is in place though its dates make every client refuse it, and the command that comes next.

use time::OffsetDateTime;

use crate::{certificate::Parsed, server::install_pair::PlacedChain, state::Ca};

/// A certificate that has ended, or is not valid yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutOfDate {
    pub what: String,
    /// The commands that put it right, in their order.
    pub next: &'static [&'static str],
}

/// Who has signed what has lapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// It is our CA, or a self-signed certificate: nothing above it can make it anew.
    Itself,
    Ours,
    Others,
}

/// The ways on, where it has ended and where it is not valid yet. The latter is a wrong clock: now, or when it
/// was made.
const WAYS: &[(By, &[&str], &[&str])] = &[
    (
        By::Itself,
        &["{labtrust setup --undo}", "{labtrust setup}"],
        &["date", "{labtrust setup --undo}", "{labtrust setup}"],
    ),
    (By::Ours, &["{labtrust renew}"], &["date", "{labtrust setup}"]),
    (By::Others, &["{labtrust request}", "{labtrust import --cert FILE}"], &["date"]),
];

/// What has lapsed at `now`: the CA in use here, else what was `placed`.
pub(crate) fn find(own: Option<&Ca>, placed: &[PlacedChain], now: OffsetDateTime) -> Vec<OutOfDate> {
    let authority = own.and_then(|own| {
        [&own.root].into_iter().chain(&own.intermediates).find_map(|one| of(one, By::Itself, now))
    });
    let leaves = placed.iter().filter_map(|PlacedChain { chain, .. }| {
        let by = match own {
            // What ends with its CA is not to be renewed.
            Some(own) if own.has_signed(chain) && authority.is_some() => return None,
            Some(own) if own.has_signed(chain) => By::Ours,
            _ => By::Others,
        };
        of(&Parsed::from_der(chain.first()?.der()).ok()?, by, now)
    });
    let mut lapses: Vec<_> = authority.clone().into_iter().chain(leaves).collect();
    // One certificate may lie in several places.
    lapses.dedup();
    lapses
}

fn of(one: &Parsed, by: By, now: OffsetDateTime) -> Option<OutOfDate> {
    let what = one.out_of_date(now)?;
    let (_, ended, early) = WAYS.iter().find(|(whose, ..)| *whose == by)?;
    Some(OutOfDate { what, next: if now < one.not_before { early } else { ended } })
}
