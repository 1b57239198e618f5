//! From when until when: by this machine's clock, and by the server's, for one of them may be wrong.

use labtrust_plan::{Endpoint, fact::ServiceManager};
use time::{Duration, OffsetDateTime, UtcOffset, format_description::well_known::Rfc2822};

use super::{
    code::{CLOCK_SKEW, EXPIRED, EXPIRING, NOT_YET_VALID},
    subject::Subject,
};
use crate::{
    certificate::Parsed,
    doctor::{Case, Finding, evidence::ServerSeen},
};

/// Clocks that are further apart than this are told of: by then, tokens are refused, too.
const MOST_SKEW: Duration = Duration::minutes(5);
/// A certificate is about to end when so little is left, or a tenth of its life if that is less: who renews
/// ninety days thirty days before, or a week by the day, is not warned of every renewal to come.
const SOON: Duration = Duration::days(14);

pub(super) fn judge(case: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    let way = subject.way();
    let invalid: Vec<&&Parsed> =
        way.iter().filter(|certificate| !certificate.is_valid_at(subject.now)).collect();
    if invalid.is_empty() {
        return way.iter().filter_map(|certificate| expiring(subject, certificate)).take(1).collect();
    }
    // What is good by the server's clock follows from the clocks, and is told with them.
    let follows = |certificate: &Parsed| {
        clock(case).is_some_and(|clock| clock.is_apart() && certificate.is_valid_at(clock.theirs))
    };
    invalid
        .into_iter()
        .filter(|certificate| !follows(certificate))
        .map(|certificate| outdated(subject, certificate))
        .collect()
}

/// That this machine's clock and the server's are apart, and what follows from it.
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
        "this machine's clock says {}, that of {} says {}",
        in_utc(clock.ours),
        clock.whose,
        in_utc(clock.theirs)
    );
    let why = if consequences.is_empty() {
        "certificates and tokens hold good by the clock, and one of the two is wrong"
    } else {
        "by the server's clock its certificate is valid, by this machine's it is not: one of the two is wrong"
    };
    let mut finding = Finding::new(&CLOCK_SKEW, what, why)
        .advise("compare both with a clock that is right, and let the wrong one be set by NTP");
    if case.evidence.facts.services == Some(ServiceManager::Systemd) {
        finding = finding.command("sudo timedatectl set-ntp true");
    }
    finding.consequences = consequences;
    Some(finding)
}

/// Two clocks, read at about the same time.
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

/// What the first server that says so takes the time to be; the registry before the others.
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
    // A server may say what it likes, and the last hours of the year 9999 elsewhere are no time in UTC.
    at.checked_to_offset(UtcOffset::UTC)
        .map_or_else(|| at.to_string(), |at| format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute()))
}

fn outdated(subject: &Subject, certificate: &Parsed) -> Finding {
    let role = subject.role(certificate);
    if subject.now < certificate.not_before {
        let what = format!("{role} is valid only from {}", in_utc(certificate.not_before));
        return Finding::new(&NOT_YET_VALID, what, "every client refuses a certificate before its first day")
            .advise(
                "see that the clocks of this machine and of whoever made it are right (date); else wait",
            );
    }
    let what = format!("{role} expired on {}", in_utc(certificate.not_after));
    Finding::new(&EXPIRED, what, "every client refuses a certificate after its last day").advise(
        "on the server: labtrust setup, which makes a new one; if another CA made it, have it renewed there",
    )
}

fn expiring(subject: &Subject, certificate: &Parsed) -> Option<Finding> {
    let left = certificate.not_after - subject.now;
    let soon = SOON.min((certificate.not_after - certificate.not_before) / 10);
    let days = match left.whole_days() {
        0 => "within a day".to_owned(),
        1 => "in one day".to_owned(),
        days => format!("in {days} days"),
    };
    let what = format!("{} ends {days}, on {}", subject.role(certificate), in_utc(certificate.not_after));
    (left < soon).then(|| {
        Finding::new(&EXPIRING, what, "every client refuses a certificate after its last day")
            .advise("on the server: labtrust setup, which makes a new one; if another CA made it, have it renewed there")
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
