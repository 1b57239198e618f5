//! Refuses to sign while this machine's clock is behind: clients with a correct clock would reject the certificate.

use anyhow::Result;
use labtrust_plan::ShellLine;
use time::OffsetDateTime;

use crate::{
    certificate::{Parsed, profile::SET_BACK},
    hint::{Hint, fail, hint},
};

/// Fails if `now` is before the last run, `ran`, or before one of `certificates` was created. `setup` creates others.
///
/// A difference of a day is allowed. New certificates are valid from a day ago, and a machine without a hardware clock
/// is hours behind until it has synchronized.
pub(crate) fn refuse_clock_behind(
    now: OffsetDateTime,
    certificates: &[&Parsed],
    ran: Option<OffsetDateTime>,
    setup: &ShellLine,
) -> Result<()> {
    let made = certificates.iter().map(|certificate| {
        let what = format!("{} is valid only from", certificate.title());
        (what, certificate.not_before.saturating_add(SET_BACK), hint!("make another certificate: {}", setup))
    });
    let ran = ran.map(|ran| ("the last run was on".to_owned(), ran, Hint::from("{labtrust renew}")));
    match made.chain(ran).find(|(_, at, _)| now.saturating_add(SET_BACK) < *at) {
        None => Ok(()),
        Some((what, at, way_out)) => Err(fail(
            format!("this machine's clock shows {}, but {what} {}", now.date(), at.date()),
            hint!(
                "check and correct the clock (date, timedatectl); if the clock is right now and was wrong then: {}",
                way_out
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;
    use crate::certificate::{Authority, KeyType, Scope};

    #[test]
    fn a_date_at_the_end_of_time_is_refused_in_words() {
        let now = datetime!(2026-03-01 12:00 UTC);
        let names = vec!["gitlab.example.com".parse().expect("a name")];
        let scope = Scope { names, permit: Vec::new(), constrained: true };
        let setup = ShellLine::from("labtrust setup");
        let mut root = Authority::make(&scope, KeyType::P256, now).expect("a CA").root().clone();
        assert!(refuse_clock_behind(now - Duration::HOUR, &[&root], None, &setup).is_ok());
        root.not_before = datetime!(9999-12-31 23:59:59 UTC);
        let error = refuse_clock_behind(now, &[&root], None, &setup).expect_err("it is not valid yet");
        assert!(error.to_string().contains("9999-12-31"), "{error}");
    }
}
