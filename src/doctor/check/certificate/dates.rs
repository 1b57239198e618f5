//! Checks the dates, by this machine's clock and by the server's, because one of them may be wrong.

use labtrust_plan::{Endpoint, fact::ServiceManager};
use time::{Duration, OffsetDateTime, UtcOffset, format_description::well_known::Rfc2822};

use super::{
    code::{CLOCK_SKEW, EXPIRED, EXPIRING, NOT_YET_VALID},
    subject::Subject,
};
use crate::{
    certificate::{
        Parsed,
        profile::{CA_END_NOTICE, CA_END_WARNING},
    },
    doctor::{Case, Finding, evidence::ServerSeen},
};

/// The largest difference between two clocks without a finding. With more, registries also reject tokens.
const MOST_SKEW: Duration = Duration::minutes(5);
/// A certificate expires soon if this much is left, or a tenth of its validity if that is less. So a certificate of
/// ninety days that is renewed thirty days before its end, or one of a week that is renewed every day, gets no
/// warning.
const SOON: Duration = Duration::days(14);

pub(super) fn judge(case: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    let way = subject.way();
    let invalid: Vec<&&Parsed> =
        way.iter().filter(|certificate| !certificate.is_valid_at(subject.now)).collect();
    if invalid.is_empty() {
        return expiring_first(subject, &way);
    }
    // A certificate that is valid by the server's clock is a consequence of the clock skew.
    let follows = |certificate: &Parsed| {
        clock(case).is_some_and(|clock| clock.is_apart() && certificate.is_valid_at(clock.theirs))
    };
    invalid
        .into_iter()
        .filter(|certificate| !follows(certificate))
        .map(|certificate| outdated(subject, certificate))
        .collect()
}

/// What expires soon: the leaf unless it ends with its CA, and the first CA to end.
fn expiring_first(subject: &Subject, way: &[&Parsed]) -> Vec<Finding> {
    let above = way.iter().filter(|certificate| is_ca(subject, certificate));
    let ca = above.min_by_key(|ca| ca.not_after).filter(|ca| expiring(subject, ca).is_some());
    let leaf = Some(subject.leaf()).filter(|leaf| ca.is_none_or(|ca| leaf.not_after < ca.not_after));
    leaf.into_iter().chain(ca.copied()).filter_map(|certificate| expiring(subject, certificate)).collect()
}

/// The end of a CA above the leaf, if it is near enough to plan for.
pub(super) fn ca_end(subject: &Subject) -> Option<OffsetDateTime> {
    let ends =
        subject.way().into_iter().filter(|certificate| is_ca(subject, certificate)).map(|ca| ca.not_after);
    ends.min().filter(|end| *end - subject.now <= CA_END_NOTICE)
}

/// Whether `certificate` is a CA above the leaf. A self-signed leaf may be marked as a CA too.
fn is_ca(subject: &Subject, certificate: &Parsed) -> bool {
    certificate.ca == Some(true) && certificate.der() != subject.leaf().der()
}

/// The finding that this machine's clock and the server's differ, with its consequences.
pub(super) fn skew(case: &Case<'_>, subjects: &[Subject]) -> Option<Finding> {
    let clock = clock(case).filter(Clock::is_apart)?;
    let follows =
        |certificate: &&Parsed| !certificate.is_valid_at(clock.ours) && certificate.is_valid_at(clock.theirs);
    let consequences: Vec<Finding> = subjects
        .iter()
        .flat_map(|subject| {
            subject
                .way()
                .into_iter()
                .filter(follows)
                .map(|certificate| outdated(subject, certificate))
                .collect::<Vec<_>>()
        })
        .collect();
    let what = format!(
        "this machine's clock shows {}, the clock of {} shows {}",
        in_utc(clock.ours),
        clock.whose,
        in_utc(clock.theirs)
    );
    let why = if consequences.is_empty() {
        "certificates and tokens depend on the clock, and one of the two is wrong"
    } else {
        "the certificate is valid by the server's clock, but not by this machine's: one of the two is wrong"
    };
    let mut finding = Finding::new(&CLOCK_SKEW, what, why)
        .advise("compare both with a correct clock, and set the wrong one with NTP");
    if case.evidence.facts.services == Some(ServiceManager::Systemd) {
        finding = finding.command("sudo timedatectl set-ntp true");
    }
    finding.consequences = consequences;
    Some(finding)
}

/// This machine's clock and a server's, read at about the same time.
struct Clock<'c> {
    ours: OffsetDateTime,
    theirs: OffsetDateTime,
    whose: &'c Endpoint,
}

impl Clock<'_> {
    fn is_apart(&self) -> bool {
        (self.ours - self.theirs).abs() > MOST_SKEW
    }
}

/// The clock of the first server that sends a date; the registry is asked first.
fn clock<'e>(case: &Case<'e>) -> Option<Clock<'e>> {
    let of_server = |server: &'e ServerSeen| {
        // RFC 9110 §5.6.7, whose preferred form RFC 2822 allows.
        let date = server.answer.answer()?.headers.get("date")?;
        let theirs = OffsetDateTime::parse(date, &Rfc2822).ok()?;
        Some(Clock { ours: case.evidence.at, theirs, whose: &server.endpoint })
    };
    case.registry_server().and_then(of_server).or_else(|| case.evidence.servers.iter().find_map(of_server))
}

fn in_utc(at: OffsetDateTime) -> String {
    // A server can send any date, and the last hours of the year 9999 in other time zones have no UTC time.
    at.checked_to_offset(UtcOffset::UTC)
        .map_or_else(|| at.to_string(), |at| format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute()))
}

/// What gives the server a valid certificate again.
fn renewal(is_ca: bool, is_over: bool) -> &'static str {
    match (is_ca, is_over) {
        (false, _) => {
            "on the server: sudo labtrust renew. If another CA issued the certificate, that CA must renew it"
        }
        (true, false) => {
            "every client must trust the next CA first. If labtrust made this CA, on the server: sudo labtrust rotate start"
        }
        (true, true) => {
            "the server needs another CA. If labtrust made this one, status names the commands, on the server: sudo labtrust status"
        }
    }
}

fn outdated(subject: &Subject, certificate: &Parsed) -> Finding {
    let role = subject.role(certificate);
    if subject.now < certificate.not_before {
        let what = format!("{role} is valid only from {}", in_utc(certificate.not_before));
        return Finding::new(&NOT_YET_VALID, what, "every client rejects a certificate before its first day")
            .advise(
                "check the clock of this machine and of the machine that made the certificate (date -u). If both \
                 are right, wait",
            );
    }
    let what = format!("{role} expired on {}", in_utc(certificate.not_after));
    Finding::new(&EXPIRED, what, "every client rejects an expired certificate")
        .advise(renewal(is_ca(subject, certificate), true))
}

fn expiring(subject: &Subject, certificate: &Parsed) -> Option<Finding> {
    let (left, life) = (certificate.not_after - subject.now, certificate.not_after - certificate.not_before);
    // A quarter of its life is enough for a CA of short life.
    let soon = if is_ca(subject, certificate) { CA_END_WARNING.min(life / 4) } else { SOON.min(life / 10) };
    let days = match left.whole_days() {
        0 => "within a day".to_owned(),
        1 => "in one day".to_owned(),
        days => format!("in {days} days"),
    };
    let what = format!("{} expires {days}, on {}", subject.role(certificate), in_utc(certificate.not_after));
    (left < soon).then(|| {
        Finding::new(&EXPIRING, what, "every client rejects an expired certificate")
            .advise(renewal(is_ca(subject, certificate), false))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_can_be_in_utc() {
        for (date, expected) in [
            ("Tue, 24 Nov 2026 12:00:00 GMT", "2026-11-24 12:00 UTC"),
            ("Tue, 24 Nov 2026 01:30:00 +0200", "2026-11-23 23:30 UTC"),
            ("Fri, 31 Dec 9999 23:59:00 -2300", "9999-12-31 23:59:00.0 -23:00:00"),
        ] {
            let at = OffsetDateTime::parse(date, &Rfc2822).expect("a date");
            assert_eq!(in_utc(at), expected);
        }
    }
}
