use super::*;
use crate::hint::hint_of;

fn files(host: &str) -> PairFiles {
    PairFiles {
        host: host.parse().expect("a host"),
        certificate: format!("/etc/gitlab/ssl/{host}.crt").into(),
        key: format!("/etc/gitlab/ssl/{host}.key").into(),
    }
}

fn chain(number: u8) -> Vec<Certificate> {
    vec![Certificate::new([0x30, 1, number])]
}

const OURS: u8 = 1;
const THEIRS: u8 = 2;

/// `certificate` and `key` as they stand for one host, and what is served.
fn survey(occupants: &[(&str, Option<Vec<Certificate>>, bool)], served: &[u8]) -> Survey {
    let endpoint = |port: usize| {
        let port = u16::try_from(443 + port).expect("a port");
        Endpoint::new("git.example.com".parse().expect("a host"), port)
    };
    Survey {
        occupants: occupants
            .iter()
            .map(|(host, chain, key)| Occupant {
                files: files(host),
                chain: chain.clone(),
                key: key.then(|| Zeroizing::new(b"key".to_vec())),
            })
            .collect(),
        served: served.iter().enumerate().map(|(port, number)| (endpoint(port), chain(*number))).collect(),
    }
}

#[test]
fn only_what_is_not_ours_is_in_the_way() {
    let host = "git.example.com";
    let other = "registry.example.com";
    let ours = || Some(chain(OURS));
    let theirs = || Some(chain(THEIRS));
    for (occupants, served, expected) in [
        (vec![(host, None, false)], vec![], "clear"),
        (vec![(host, ours(), true)], vec![], "ours"),
        (vec![(host, ours(), true)], vec![OURS, OURS], "ours"),
        // nginx has not read ours yet.
        (vec![(host, ours(), true)], vec![THEIRS], "ours"),
        // A run was killed between the certificate and its key.
        (vec![(host, ours(), false)], vec![], "clear"),
        (vec![(host, ours(), true), (other, None, false)], vec![], "clear"),
        (
            vec![(host, theirs(), true)],
            vec![],
            "/etc/gitlab/ssl/git.example.com.crt holds another certificate",
        ),
        (
            vec![(host, theirs(), false)],
            vec![],
            "/etc/gitlab/ssl/git.example.com.crt holds another certificate",
        ),
        (
            vec![(host, ours(), true), (other, theirs(), true)],
            vec![OURS],
            "registry.example.com.crt holds another",
        ),
        (vec![(host, Some(vec![]), true)], vec![], "does not contain a certificate"),
        (
            vec![(host, None, true)],
            vec![],
            "git.example.com.key holds a key, and there is no certificate for it",
        ),
        (vec![(host, None, false)], vec![THEIRS], "git.example.com:443 serves another certificate"),
        (vec![(host, None, false)], vec![OURS, THEIRS], "git.example.com:444 serves another certificate"),
    ] {
        let survey = survey(&occupants, &served);
        let found = ownership(&survey, &|found| found == chain(OURS));
        match (&found, expected) {
            (Ownership::Clear, "clear") | (Ownership::Ours, "ours") => {}
            (Ownership::NotOurs(not_ours), expected) => {
                let error = refusal(not_ours, &TypedCommand::default());
                assert!(error.to_string().contains(expected), "{error} for {survey:?}");
            }
            other => panic!("{other:?} for {survey:?}"),
        }
    }
}

#[test]
fn what_stands_and_is_served_is_named_once() {
    let survey = survey(&[("git.example.com", Some(chain(THEIRS)), true)], &[THEIRS, THEIRS]);
    let Ownership::NotOurs(not_ours) = ownership(&survey, &|_| false) else { panic!("it is not ours") };
    assert_eq!(not_ours.len(), 1);
    let options = vec!["--gitlab /etc/gitlab".into()];
    let mut typed = TypedCommand { import: None, host: "git.example.com".into(), options };
    let error = refusal(&not_ours, &typed);
    let hint = hint_of(&error).expect("a hint");
    for way in [
        "labtrust import --cert /etc/gitlab/ssl/git.example.com.crt --key /etc/gitlab/ssl/git.example.com.key --gitlab /etc/gitlab",
        "labtrust setup git.example.com --gitlab /etc/gitlab --stage",
        "labtrust setup git.example.com --gitlab /etc/gitlab --replace",
    ] {
        assert!(hint.as_str().contains(way), "{hint}");
    }
    typed.import = Some(vec!["--cert new.pem".into()]);
    let hint = hint_of(&refusal(&not_ours, &typed)).expect("a hint");
    let again = "labtrust import --cert new.pem --host git.example.com --gitlab /etc/gitlab --replace";
    assert!(hint.as_str().contains(again) && !hint.as_str().contains("labtrust setup"), "{hint}");
}
