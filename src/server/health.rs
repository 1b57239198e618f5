//! The concerns of a server: each needs its operator now or within a year. Judged from facts alone, so that
//! `status`, monitoring and the daily run of `renew` cannot disagree.

use labtrust_plan::{Endpoint, Host, ShellLine};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::renew::{out_of_date::OutOfDate, schedule::Schedule};
use crate::{
    certificate::{
        Parsed, days_until,
        profile::{CA_END_NOTICE, CA_END_WARNING},
    },
    gitlab::{Role, behind::Followed, moved::Moved},
    state::{
        Ca,
        ca::{next_ca, with_key},
    },
};

pub(crate) mod look;
#[cfg(test)]
mod tests;

/// Days before its end from which the CA's end is a warning.
pub(crate) const CA_WARNING: i64 = CA_END_WARNING.whole_days();
/// Days before its end from which the CA's end is critical.
pub(crate) const CA_CRITICAL: i64 = 30;
/// Days before its end from which a certificate that was not replaced is critical.
pub(crate) const LEAF_CRITICAL: i64 = 14;
/// The daily run has this long for a renewal that is due.
const OVERDUE: Duration = Duration::days(2);
/// A daily run that was not seen for so long is missing.
const MISSING: Duration = Duration::days(7);

/// The concern about a GitLab that has not applied its gitlab.rb yet.
pub(crate) const NOT_FOLLOWED: &str = "not-followed";

/// How urgent a concern is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    /// Nothing is to be done.
    Ok,
    /// The operator should plan something; everything works until then.
    Notice,
    /// Something works only for some more weeks, or not everywhere.
    Warning,
    /// Clients refuse the server, or will within days.
    Critical,
}

impl Level {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// One concern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Concern {
    /// Its name, for scripts.
    pub code: &'static str,
    /// How urgent it is.
    pub level: Level,
    /// The problem, as a clause.
    pub what: String,
    /// The commands that come next.
    pub next: Vec<ShellLine>,
}

/// The CA in use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Authority {
    /// The last moment of the first of its certificates to end.
    pub not_after: OffsetDateTime,
    /// Whether the CA that will follow it exists already.
    pub has_next: bool,
    /// Whether labtrust made this CA: `rotate` can then replace it.
    pub can_rotate: bool,
    /// Whether it is sealed.
    pub is_sealed: bool,
}

impl Authority {
    /// The days that are left at `now`, rounded down.
    pub(crate) fn days_left(&self, now: OffsetDateTime) -> i64 {
        days_until(self.not_after, now)
    }
}

/// The source of the certificate that replaces one in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewer {
    /// `renew`, by the CA whose key, or whose certificates, are kept here.
    Kept,
    /// A CA whose key is not kept here, and that `setup` has used.
    Given,
    /// Nothing: the certificate signed itself.
    Itself,
    /// A CA that takes requests.
    Elsewhere,
}

/// A certificate in place.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// The certificate.
    pub parsed: Parsed,
    /// The source of the one that replaces it.
    pub renewer: Renewer,
}

/// What a server presents at an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presented {
    /// The certificate in place.
    Same,
    /// Another certificate.
    Another,
    /// No certificate, although the port is open: the TLS handshake failed.
    Broken,
    /// Nothing: the endpoint does not answer.
    Nothing,
}

/// The facts that [`judge`] weighs.
#[derive(Debug)]
pub(crate) struct Signs<'a> {
    /// The CA in use, unless it is one self-signed certificate.
    pub authority: Option<Authority>,
    /// The certificates in place.
    pub leaves: &'a [Leaf],
    /// When `renew` last ran, if it did, and why that failed, if it did.
    pub last_run: Option<(OffsetDateTime, Option<&'a str>)>,
    /// When the newest certificate in place was installed, if that is known.
    pub installed: Option<OffsetDateTime>,
    /// The schedule.
    pub schedule: &'a Schedule,
    /// The command that sets this machine up as it is, if `setup` did.
    pub setup: Option<&'a ShellLine>,
    /// The CA in use.
    pub own: Option<&'a Ca>,
    /// Whether this machine's stores have it.
    pub is_trusted: bool,
    /// The certificates that have ended, or are not valid yet.
    pub out_of_date: &'a [OutOfDate],
    /// The settings of GitLab.
    pub followed: &'a Followed,
    /// The endpoints that serve a certificate in place.
    pub presented: &'a [(Endpoint, Presented)],
}

/// All concerns at `now`, the most urgent first.
pub(crate) fn judge(signs: &Signs<'_>, now: OffsetDateTime) -> Vec<Concern> {
    let out_of_date = signs.out_of_date.iter().map(|certificate| Concern {
        code: "out-of-date",
        level: Level::Critical,
        what: format!("{}, so clients reject it", certificate.what),
        next: certificate.next.clone(),
    });
    let names: Vec<_> = names(signs).into_iter().chain(moved(signs)).collect();
    // Another setup makes GitLab apply its gitlab.rb, too.
    let is_set_up_again = !names.is_empty();
    let pending = signs.followed.pending.iter().filter(|_| !is_set_up_again).map(|command| Concern {
        code: NOT_FOLLOWED,
        level: Level::Warning,
        what: "GitLab has not applied its gitlab.rb yet, so clients may not get the installed certificate"
            .into(),
        next: vec![command.clone()],
    });
    // A sealed CA has no certificate that ends later than the CA: the end of the CA says it all.
    let is_last = |leaf: &Leaf| {
        let sealed = signs.authority.filter(|authority| authority.is_sealed);
        leaf.renewer == Renewer::Kept
            && sealed.is_some_and(|sealed| leaf.parsed.not_after >= sealed.not_after)
    };
    let replaced = signs.leaves.iter().filter(|leaf| !is_last(leaf));
    let ends: Vec<_> = replaced.filter_map(|leaf| leaf_end(leaf, signs.setup, now)).collect();
    let ca_end = signs.authority.and_then(|authority| authority_end(authority, signs.setup, now));
    // Each of these two concerns names the reason of a failed run already.
    let is_said = !ends.is_empty() || ca_end.as_ref().is_some_and(|end| end.level >= Level::Warning);
    let run = failed_run(signs).filter(|_| !is_said).or_else(|| missing_run(signs, now));
    let mut concerns: Vec<Concern> = out_of_date
        .chain(ends)
        .chain(ca_end)
        .chain(pending)
        .chain(run)
        .chain(schedule(signs))
        .chain(names)
        .chain(signs.presented.iter().filter_map(|(endpoint, presented)| served(endpoint, *presented)))
        .collect();
    concerns.sort_by_key(|concern| std::cmp::Reverse(concern.level));
    concerns.dedup();
    concerns
}

/// The command that does what the daily run does.
const RUN: &[&str] = &["{labtrust renew --if-expiring}"];

fn failed_run(signs: &Signs<'_>) -> Option<Concern> {
    let (ran, why) = signs.last_run.and_then(|(ran, failed)| Some((ran, failed?)))?;
    // A certificate that was installed since is the answer to a run that failed.
    let is_answered = signs.installed.is_some_and(|installed| installed >= ran);
    let what = format!("the last renewal, on {}, failed: {why}", ran.date());
    (!is_answered).then(|| concern("renewal-failed", Level::Warning, what, RUN))
}

fn missing_run(signs: &Signs<'_>, now: OffsetDateTime) -> Option<Concern> {
    let Schedule::Runs { since, .. } = signs.schedule else { return None };
    let last = signs.last_run.map(|(ran, _)| ran);
    let seen = last.max(*since)?;
    let what = match last {
        Some(ran) => format!("the daily run is missing: the last one was on {}", ran.date()),
        None => "the daily run is missing: there was none yet".into(),
    };
    (now - seen > MISSING).then(|| concern("renewal-missing", Level::Warning, what, RUN))
}

fn schedule(signs: &Signs<'_>) -> Option<Concern> {
    let Schedule::Gone(why) = signs.schedule else { return None };
    let what = format!("the daily renewal is not active: {why}");
    let mut concern = concern("schedule-gone", Level::Warning, what, RUN);
    concern.next = signs.setup.map_or(concern.next, |setup| vec![setup.clone()]);
    Some(concern)
}

/// The host names of gitlab.rb that no certificate in place has.
fn names(signs: &Signs<'_>) -> Vec<Concern> {
    if signs.leaves.is_empty() {
        return Vec::new();
    }
    let mut hosts: Vec<&Host> = signs.followed.endpoints.iter().map(|endpoint| &endpoint.host).collect();
    hosts.sort();
    hosts.dedup();
    hosts.retain(|host| !signs.leaves.iter().any(|leaf| leaf.parsed.covers(host)));
    let gitlab = signs.followed.endpoints.first().map(|endpoint| &endpoint.host);
    let missing = |host: &Host| {
        let what = match signs.own {
            Some(own) if !own.can_sign(host) => {
                format!("gitlab.rb names {host}, and the CA can never sign for it")
            }
            _ => format!("gitlab.rb names {host}, and the installed certificate does not"),
        };
        let next = match signs.own {
            Some(own) => own.lines_for(host, gitlab == Some(host), signs.is_trusted),
            None => vec![ShellLine::from("{labtrust request}")],
        };
        Concern { code: "name-missing", level: Level::Warning, what, next }
    };
    hosts.into_iter().map(missing).collect()
}

/// The URLs of gitlab.rb that are not those of the setup, at hosts that the certificate has.
fn moved(signs: &Signs<'_>) -> Vec<Concern> {
    let Some(own) = signs.own else { return Vec::new() };
    let covered = |moved: &&Moved| {
        !moved.to.https || signs.leaves.iter().any(|leaf| leaf.parsed.covers(&moved.to.endpoint.host))
    };
    let concern = |moved: &Moved| Concern {
        code: "moved",
        level: Level::Warning,
        what: moved.to_string(),
        next: own.lines_for(&moved.to.endpoint.host, moved.role == Role::Gitlab, signs.is_trusted),
    };
    signs.followed.moved.iter().filter(covered).map(concern).collect()
}

fn served(endpoint: &Endpoint, presented: Presented) -> Option<Concern> {
    let what = match presented {
        Presented::Same => return None,
        Presented::Another => format!("{endpoint} presents another certificate than the installed one"),
        Presented::Broken => format!("{endpoint} is open, but the TLS handshake fails"),
        Presented::Nothing => {
            let what = format!("{endpoint} does not answer");
            return Some(concern("not-answering", Level::Notice, what, &[]));
        }
    };
    let next = vec![ShellLine::filled("{labtrust doctor {}}", &[endpoint])];
    Some(Concern { code: "not-served", level: Level::Warning, what, next })
}

/// The most urgent level among `concerns`.
pub(crate) fn level(concerns: &[Concern]) -> Level {
    concerns.iter().map(|concern| concern.level).max().unwrap_or(Level::Ok)
}

/// The concern about the end of the CA in use, from a year ahead. `setup` sets this machine up again.
pub(crate) fn authority_end(
    authority: Authority,
    setup: Option<&ShellLine>,
    now: OffsetDateTime,
) -> Option<Concern> {
    let days = authority.days_left(now);
    let level = if days <= CA_CRITICAL {
        Level::Critical
    } else if days <= CA_WARNING {
        Level::Warning
    } else if days <= CA_END_NOTICE.whole_days() {
        Level::Notice
    } else {
        return None;
    };
    // The concern `out-of-date` reports a CA that has ended.
    if authority.not_after <= now {
        return None;
    }
    let what = format!(
        "the CA ends on {} ({}), and every certificate with it",
        authority.not_after.date(),
        in_days(days)
    );
    let next = match (authority.has_next, authority.can_rotate) {
        (true, _) => "{labtrust rotate}".into(),
        (false, true) => next_ca(authority.is_sealed).into(),
        // Its owner has the next one.
        (false, false) => with_key(setup),
    };
    Some(Concern { code: "ca-ends", level, what, next: vec![next] })
}

fn leaf_end(leaf: &Leaf, setup: Option<&ShellLine>, now: OffsetDateTime) -> Option<Concern> {
    let Leaf { parsed, renewer } = leaf;
    let (due, days) = (parsed.due(), parsed.days_left(now));
    let late = if *renewer == Renewer::Kept { due + OVERDUE } else { due };
    // The concern `out-of-date` reports a certificate that has ended.
    if parsed.not_after <= now || now < late {
        return None;
    }
    let level = if days <= LEAF_CRITICAL { Level::Critical } else { Level::Warning };
    let (why, next): (_, &[&'static str]) = match renewer {
        Renewer::Kept => (format!("was not renewed on {}", due.date()), &["{labtrust renew}"]),
        Renewer::Given => ("its CA's key is not stored here".to_owned(), &[]),
        Renewer::Itself => ("no CA can renew it".to_owned(), &["{labtrust setup --undo}"]),
        Renewer::Elsewhere => {
            ("labtrust cannot renew it".to_owned(), &["{labtrust request}", "{labtrust import --cert FILE}"])
        }
    };
    let what = format!("the certificate ends on {} ({}), and {why}", parsed.not_after.date(), in_days(days));
    let mut concern = concern("certificate-ends", level, what, next);
    match renewer {
        Renewer::Itself => concern.next.extend(setup.cloned()),
        Renewer::Given => concern.next.push(with_key(setup)),
        Renewer::Kept | Renewer::Elsewhere => {}
    }
    Some(concern)
}

/// A number of days, in words.
fn in_days(days: i64) -> String {
    match days {
        ..=0 => "today".into(),
        1 => "tomorrow".into(),
        days => format!("in {days} days"),
    }
}

fn concern(code: &'static str, level: Level, what: String, next: &[&'static str]) -> Concern {
    Concern { code, level, what, next: next.iter().map(|line| ShellLine::from(*line)).collect() }
}
