use time::macros::datetime;

use super::*;
use crate::certificate::{KeyType, PrivateKey, SubjectName, self_signed};

const NOW: OffsetDateTime = datetime!(2026-11-29 12:00 UTC);

fn certificate(days: u32) -> Parsed {
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let names: Vec<SubjectName> = vec!["gitlab.example.com".parse().expect("a name")];
    self_signed(&names, &key, days, NOW).expect("a certificate").leaf
}

fn codes(concerns: &[Concern]) -> Vec<(&'static str, Level)> {
    concerns.iter().map(|concern| (concern.code, concern.level)).collect()
}

#[test]
fn the_end_of_a_ca_is_announced_a_year_ahead() {
    for (days, has_next, level, next) in [
        (366, false, None, ""),
        (365, false, Some(Level::Notice), "labtrust rotate start"),
        (90, false, Some(Level::Warning), "labtrust rotate start"),
        (30, true, Some(Level::Critical), "labtrust rotate"),
        // An ended CA is said as what is out of date.
        (0, false, None, ""),
    ] {
        let end = authority_end(
            Authority { not_after: NOW + Duration::days(days), has_next, can_rotate: true, is_sealed: false },
            None,
            NOW,
        );
        assert_eq!(end.as_ref().map(|end| end.level), level, "{days}");
        assert_eq!(end.map_or(String::new(), |end| end.next[0].as_str().to_owned()), next, "{days}");
    }
}

#[test]
fn a_certificate_is_a_concern_once_it_should_have_been_replaced() {
    // 90 days: due when 30 are left.
    let parsed = certificate(90);
    for (renewer, left, level) in [
        (Renewer::Elsewhere, 31, None),
        (Renewer::Elsewhere, 29, Some(Level::Warning)),
        (Renewer::Elsewhere, 13, Some(Level::Critical)),
        // The daily run has two days.
        (Renewer::Kept, 29, None),
        (Renewer::Kept, 27, Some(Level::Warning)),
        (Renewer::Given, 29, Some(Level::Warning)),
        (Renewer::Itself, 29, Some(Level::Warning)),
        (Renewer::Kept, -1, None),
    ] {
        let end = leaf_end(
            &Leaf { parsed: parsed.clone(), renewer },
            None,
            parsed.not_after - Duration::days(left),
        );
        assert_eq!(end.map(|end| end.level), level, "{renewer:?} {left}");
    }
}

#[test]
fn the_last_certificate_of_a_sealed_ca_is_said_by_the_end_of_the_ca() {
    let parsed = certificate(90);
    let now = parsed.not_after - Duration::days(20);
    let leaves = [Leaf { parsed: parsed.clone(), renewer: Renewer::Kept }];
    for (is_sealed, later, codes_of, next) in [
        (true, 0, &["ca-ends"][..], "labtrust rotate start --sealed"),
        (false, 0, &["ca-ends", "certificate-ends"], "labtrust rotate start"),
        // The next certificate is there, so somebody needs to look why it is not in place.
        (true, 1, &["ca-ends", "certificate-ends"], "labtrust rotate start --sealed"),
    ] {
        let not_after = parsed.not_after + Duration::days(later);
        let concerns = judge(
            &Signs {
                authority: Some(Authority { not_after, has_next: false, can_rotate: true, is_sealed }),
                leaves: &leaves,
                last_run: None,
                installed: None,
                schedule: &Schedule::Never,
                setup: None,
                own: None,
                is_trusted: false,
                out_of_date: &[],
                followed: &Followed::default(),
                presented: &[],
            },
            now,
        );
        let mut found: Vec<_> = concerns.iter().map(|concern| concern.code).collect();
        found.sort_unstable();
        assert_eq!(found, codes_of, "{concerns:?}");
        let end = concerns.iter().find(|concern| concern.code == "ca-ends").expect("the end");
        assert_eq!(end.next[0].as_str(), next);
    }
}

#[test]
fn every_concern_is_named_and_the_most_urgent_comes_first() {
    let endpoint = |text: &str| text.parse::<Endpoint>().expect("an endpoint");
    let followed = Followed {
        pending: Some(ShellLine::from("gitlab-ctl reconfigure")),
        endpoints: vec![endpoint("gitlab.example.com:443"), endpoint("registry.example.com:443")],
        moved: Vec::new(),
    };
    let leaves = [Leaf { parsed: certificate(90), renewer: Renewer::Kept }];
    let presented = [
        (endpoint("gitlab.example.com:443"), Presented::Same),
        (endpoint("gitlab.example.com:4567"), Presented::Another),
        (endpoint("gitlab.example.com:5050"), Presented::Nothing),
    ];
    let mut signs = Signs {
        authority: Some(Authority {
            not_after: NOW + Duration::days(20),
            has_next: false,
            can_rotate: true,
            is_sealed: false,
        }),
        leaves: &leaves,
        last_run: Some((NOW - Duration::days(8), None)),
        installed: None,
        schedule: &Schedule::Runs { next: String::new(), since: None },
        setup: None,
        own: None,
        is_trusted: false,
        out_of_date: &[],
        followed: &followed,
        presented: &presented,
    };
    let concerns = judge(&signs, NOW);
    assert_eq!(
        codes(&concerns),
        [
            ("ca-ends", Level::Critical),
            ("renewal-missing", Level::Warning),
            ("name-missing", Level::Warning),
            ("not-served", Level::Warning),
            ("not-answering", Level::Notice),
        ]
    );
    assert!(concerns[2].what.contains("registry.example.com"), "{concerns:?}");
    assert_eq!(level(&concerns), Level::Critical);
    // Another setup for the missing name makes GitLab apply its settings, too.
    let complete = Followed {
        pending: followed.pending.clone(),
        endpoints: vec![endpoint("gitlab.example.com:443")],
        moved: Vec::new(),
    };
    signs.followed = &complete;
    assert!(codes(&judge(&signs, NOW)).contains(&(NOT_FOLLOWED, Level::Warning)));

    // An installation a week ago is no run.
    let never = Schedule::Runs { next: String::new(), since: Some(NOW - Duration::days(8)) };
    (signs.schedule, signs.last_run) = (&never, None);
    assert!(codes(&judge(&signs, NOW)).contains(&("renewal-missing", Level::Warning)));
    let new = Schedule::Runs { next: String::new(), since: Some(NOW - Duration::days(6)) };
    signs.schedule = &new;
    assert!(judge(&signs, NOW).iter().all(|concern| concern.code != "renewal-missing"));

    signs.last_run = Some((NOW - Duration::days(8), None));
    signs.schedule = &Schedule::Never;
    assert!(judge(&signs, NOW).iter().all(|concern| concern.code != "renewal-missing"));
    let gone = Schedule::Gone("labtrust-renew.timer is not active".into());
    (signs.schedule, signs.last_run) = (&gone, Some((NOW, Some("the disk is full"))));
    let failed = ("renewal-failed", Level::Warning);
    // The end of the CA is the reason of such a failure.
    assert!(!codes(&judge(&signs, NOW)).contains(&failed));
    signs.authority = None;
    let found = codes(&judge(&signs, NOW));
    assert!(found.contains(&("schedule-gone", Level::Warning)), "{found:?}");
    assert!(found.contains(&failed), "{found:?}");
    signs.installed = Some(NOW);
    assert!(!codes(&judge(&signs, NOW)).contains(&failed));
    let broken = [(endpoint("gitlab.example.com:443"), Presented::Broken)];
    signs.presented = &broken;
    assert!(codes(&judge(&signs, NOW)).contains(&("not-served", Level::Warning)));
    assert_eq!(level(&[]), Level::Ok);
}
