//! Certificates that clients reject because of their dates, and the next commands.

use labtrust_plan::ShellLine;
use time::OffsetDateTime;

use crate::{
    certificate::Parsed,
    server::install_pair::PlacedChain,
    state::{Ca, ca::with_key},
};

/// A certificate that has ended, or is not valid yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutOfDate {
    pub what: String,
    /// The commands that fix it, in order.
    pub next: Vec<ShellLine>,
}

/// The signer of a certificate that is out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// Itself: our CA, or a self-signed certificate. No other CA can issue it again.
    Itself,
    /// Our CA, whose key is kept here.
    Ours,
    /// A CA that `setup` has used, whose key is not kept here; or that CA is out of date itself.
    Given,
    Others,
}

/// The next commands: for an expired certificate, and for one that is not valid yet. The second means a wrong clock,
/// now or when the certificate was created. [`SETUP`] stands for the setup of the CA in use, and [`GIVEN`] for the same
/// with the files of a CA.
const WAYS: &[(By, &[&str], &[&str])] = &[
    (By::Itself, &["{labtrust setup --undo}", SETUP], &["date"]),
    (By::Ours, &["{labtrust renew}"], &["date", SETUP]),
    (By::Given, &[GIVEN], &["date", GIVEN]),
    (By::Others, &["{labtrust request}", "{labtrust import --cert FILE}"], &["date"]),
];
const SETUP: &str = "{labtrust setup}";
const GIVEN: &str = "{labtrust setup --ca-cert FILE --ca-key FILE}";

/// The certificates that are out of date at `now`: the CA in use, else the `placed` ones. `setup` sets this machine up
/// again.
pub(crate) fn find(
    own: Option<&Ca>,
    setup: Option<&ShellLine>,
    placed: &[PlacedChain],
    now: OffsetDateTime,
) -> Vec<OutOfDate> {
    let authority = own.and_then(|own| {
        let by = if own.is_given() { By::Given } else { By::Itself };
        let mut all = [&own.root].into_iter().chain(&own.intermediates);
        all.find_map(|certificate| of(certificate, by, setup, now))
    });
    let leaves = placed.iter().filter_map(|placed| {
        let by = match own.filter(|own| own.has_signed(&placed.chain)) {
            // A certificate of an expired CA cannot be renewed.
            Some(_) if authority.is_some() => return None,
            Some(own) if own.is_given() => By::Given,
            Some(_) => By::Ours,
            None => By::Others,
        };
        of(&placed.leaf()?, by, setup, now)
    });
    let mut lapses: Vec<_> = authority.clone().into_iter().chain(leaves).collect();
    // The same certificate may be in several files.
    lapses.dedup();
    lapses
}

fn of(certificate: &Parsed, by: By, setup: Option<&ShellLine>, now: OffsetDateTime) -> Option<OutOfDate> {
    let what = certificate.out_of_date(now)?;
    let (_, ended, early) = WAYS.iter().find(|(whose, ..)| *whose == by)?;
    let next = if now < certificate.not_before { early } else { ended };
    let line = |line: &&'static str| match setup {
        Some(setup) if *line == SETUP => setup.clone(),
        Some(_) if *line == GIVEN => with_key(setup),
        _ => ShellLine::from(*line),
    };
    Some(OutOfDate { what, next: next.iter().map(line).collect() })
}
