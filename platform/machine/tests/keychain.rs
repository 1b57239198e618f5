//! macOS's keychains from plan to undo, on any system. `keychain/security` replaces Apple's tool: it behaves as that is
//! documented, or has faults that were observed.

#![allow(clippy::disallowed_methods, reason = "the stand-in is not the program")]

mod keychain {
    pub(crate) mod mac;
}

use keychain::mac::{Mac, Which, authority, leaf};
use labtrust_machine::OutcomeState;

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[test]
fn a_user_trusts_once_and_undoes_it() -> Result {
    let mac = Mac::of_user()?;
    let ca = authority("GitLab CA")?;

    let first = mac.trust(&ca)?;
    assert_eq!((first[0].state, first[0].changed), (OutcomeState::Trusted, true), "{first:?}");
    assert_eq!(first[0].detail, "macOS accepts it");
    assert_eq!(mac.holds(Which::Login)?, std::slice::from_ref(&ca));
    assert_eq!(mac.policies(Which::Login, &ca)?, Some(vec!["sslServer".into(), "basicX509".into()]));
    assert_eq!(mac.changing_calls()?.len(), 1);

    let second = mac.trust(&ca)?;
    assert_eq!((second[0].state, second[0].changed), (OutcomeState::Trusted, false), "{second:?}");
    assert_eq!(mac.changing_calls()?.len(), 1, "the password is asked for twice");

    let undone = mac.untrust(&ca)?;
    assert_eq!((undone[0].state, undone[0].changed), (OutcomeState::Untrusted, true), "{undone:?}");
    assert_eq!(mac.holds(Which::Login)?, []);
    assert_eq!(mac.policies(Which::Login, &ca)?, None);
    mac.assert_no_traces();
    Ok(())
}

#[test]
fn root_trusts_for_the_machine_and_shows_its_caller_no_window() -> Result {
    let mac = Mac::under_sudo()?;
    let ca = authority("GitLab CA")?;

    let outcomes = mac.trust(&ca)?;
    let seen: Vec<_> = outcomes.iter().map(|outcome| (outcome.state, outcome.changed)).collect();
    assert_eq!(seen, [(OutcomeState::Trusted, true), (OutcomeState::Trusted, false)], "{outcomes:?}");
    assert_eq!(outcomes[1].detail, "macOS accepts it; another program or person added it");
    assert_eq!((mac.holds(Which::System)?, mac.holds(Which::Login)?), (vec![ca.clone()], vec![]));
    let calls = mac.changing_calls()?;
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(calls[0].starts_with("add-trusted-cert -d -r trustRoot -p ssl -p basic -k "), "{calls:?}");

    assert_eq!(mac.untrust(&ca)?[0].state, OutcomeState::Untrusted);
    assert_eq!((mac.holds(Which::System)?, mac.policies(Which::System, &ca)?), (vec![], None));
    mac.assert_no_traces();
    Ok(())
}

#[test]
fn another_certificate_of_the_same_name_is_left_in_place() -> Result {
    let mac = Mac::of_user()?;
    let (ca, stranger) = (authority("GitLab CA")?, authority("GitLab CA")?);
    mac.put(Which::Login, &stranger)?;
    mac.set_result(Which::Login, &stranger, 1)?;

    assert_eq!(mac.trust(&ca)?[0].state, OutcomeState::Trusted);
    assert_eq!(mac.holds(Which::Login)?, [stranger.clone(), ca.clone()]);
    assert_eq!(mac.untrust(&ca)?[0].state, OutcomeState::Untrusted);
    assert_eq!(mac.holds(Which::Login)?, std::slice::from_ref(&stranger));
    assert_eq!(mac.result(Which::Login, &stranger)?, Some(1));
    Ok(())
}

#[test]
fn a_certificate_that_was_there_untrusted_stays_there_untrusted() -> Result {
    let mac = Mac::of_user()?;
    let ca = authority("GitLab CA")?;
    mac.put(Which::Login, &ca)?;

    assert_eq!(mac.trust(&ca)?[0].state, OutcomeState::Trusted);
    assert_eq!(mac.untrust(&ca)?[0].state, OutcomeState::Untrusted);
    assert_eq!((mac.holds(Which::Login)?, mac.policies(Which::Login, &ca)?), (vec![ca], None));
    Ok(())
}

#[test]
fn earlier_settings_are_restored() -> Result {
    let mac = Mac::of_user()?;
    let (ca, other) = (authority("GitLab CA")?, authority("Other CA")?);
    mac.put(Which::Login, &ca)?;
    mac.set_result(Which::Login, &ca, 3)?;
    mac.set_result(Which::Login, &other, 1)?;

    assert_eq!(mac.trust(&ca)?[0].state, OutcomeState::Trusted);
    let undone = mac.untrust(&ca)?;
    assert_eq!(undone[0].state, OutcomeState::Untrusted, "{undone:?}");
    assert_eq!(mac.result(Which::Login, &ca)?, Some(3), "denied again");
    assert_eq!(mac.result(Which::Login, &other)?, Some(1));
    Ok(())
}

#[test]
fn settings_that_somebody_changed_since_are_left_and_named() -> Result {
    let mac = Mac::of_user()?;
    let ca = authority("GitLab CA")?;
    assert_eq!(mac.trust(&ca)?[0].state, OutcomeState::Trusted);
    mac.set_result(Which::Login, &ca, 3)?;

    let undone = mac.untrust(&ca)?;
    assert_eq!(undone[0].state, OutcomeState::Untrusted);
    assert!(undone[0].detail.contains("login.keychain-db"), "{undone:?}");
    assert_eq!((mac.holds(Which::Login)?, mac.result(Which::Login, &ca)?), (vec![ca], Some(3)));
    Ok(())
}

#[test]
fn a_certificate_that_the_machine_still_trusts_is_reported_as_trusted() -> Result {
    let mac = Mac::of_user()?;
    let ca = authority("GitLab CA")?;
    assert_eq!(mac.trust(&ca)?[0].state, OutcomeState::Trusted);
    mac.put(Which::System, &ca)?;
    mac.set_result(Which::System, &ca, 1)?;

    let undone = mac.untrust(&ca)?;
    assert_eq!(undone[0].state, OutcomeState::Trusted, "{undone:?}");
    assert!(undone[0].detail.contains("still trusted, without a receipt"), "{undone:?}");
    assert_eq!((mac.holds(Which::Login)?, mac.policies(Which::Login, &ca)?), (vec![], None));
    Ok(())
}

#[test]
fn a_certificate_that_another_signed_is_trusted_as_a_root() -> Result {
    let mac = Mac::of_user()?;
    let leaf = leaf("mygitlab.example.com")?;
    assert_eq!(mac.trust(&leaf)?[0].state, OutcomeState::Trusted);
    assert!(mac.changing_calls()?[0].contains("-r trustAsRoot"));
    Ok(())
}

#[test]
fn a_password_window_that_nobody_answers_ends_with_a_hint() -> Result {
    let mac = Mac::under_sudo()?;
    mac.misbehave(&["hang add-trusted-cert"])?;
    let ca = authority("GitLab CA")?;

    let started = std::time::Instant::now();
    let outcomes = mac.trust(&ca)?;
    assert!(started.elapsed().as_secs() < 20);
    for outcome in &outcomes {
        assert_eq!(outcome.state, OutcomeState::Failed);
        assert!(outcome.detail.contains("did not end within 1 seconds"), "{outcome:?}");
        assert!(
            outcome.hint.as_ref().is_some_and(|hint| hint.as_str().contains(".mobileconfig")),
            "{outcome:?}"
        );
    }
    assert_eq!((mac.holds(Which::System)?, mac.policies(Which::System, &ca)?), (vec![], None));
    mac.assert_no_traces();
    Ok(())
}

#[test]
fn a_refusal_shows_the_message_of_macos_and_leaves_nothing() -> Result {
    let mac = Mac::of_user()?;
    mac.misbehave(&["deny add-trusted-cert"])?;
    let ca = authority("GitLab CA")?;

    let outcome = &mac.trust(&ca)?[0];
    assert_eq!(outcome.state, OutcomeState::Failed);
    assert!(outcome.detail.contains("no user interaction was possible"), "{outcome:?}");
    assert!(outcome.hint.as_ref().is_some_and(|hint| hint.as_str().contains(".mobileconfig")), "{outcome:?}");
    assert_eq!(mac.holds(Which::Login)?, [], "the keychain had taken it before trust was refused");
    mac.assert_no_traces();
    Ok(())
}

#[test]
fn an_exit_code_of_0_is_not_trust() -> Result {
    for lie in ["lie add-trusted-cert", "half add-trusted-cert"] {
        let mac = Mac::of_user()?;
        mac.misbehave(&[lie])?;
        let ca = authority("GitLab CA")?;

        let outcome = &mac.trust(&ca)?[0];
        assert_eq!(outcome.state, OutcomeState::Failed, "{lie}: {outcome:?}");
        assert_eq!(outcome.detail, "macOS does not accept it: Cert Verify Result: CSSMERR_TP_NOT_TRUSTED");
        assert_eq!(mac.holds(Which::Login)?, [], "{lie}");
        mac.assert_no_traces();
    }
    Ok(())
}

#[test]
fn an_undo_that_is_refused_keeps_the_receipt_and_the_certificate() -> Result {
    let mac = Mac::of_user()?;
    let ca = authority("GitLab CA")?;
    assert_eq!(mac.trust(&ca)?[0].state, OutcomeState::Trusted);
    mac.misbehave(&["deny remove-trusted-cert"])?;

    let refused = &mac.untrust(&ca)?[0];
    assert_eq!(refused.state, OutcomeState::Failed);
    assert!(refused.hint.as_ref().is_some_and(|hint| hint.as_str().contains(".mobileconfig")), "{refused:?}");
    assert_eq!(mac.holds(Which::Login)?, std::slice::from_ref(&ca));

    mac.misbehave(&[])?;
    assert_eq!(mac.untrust(&ca)?[0].state, OutcomeState::Untrusted);
    assert_eq!((mac.holds(Which::Login)?, mac.policies(Which::Login, &ca)?), (vec![], None));
    mac.assert_no_traces();
    Ok(())
}

#[test]
fn an_undo_that_lies_is_found_out() -> Result {
    let mac = Mac::of_user()?;
    let ca = authority("GitLab CA")?;
    assert_eq!(mac.trust(&ca)?[0].state, OutcomeState::Trusted);
    mac.misbehave(&["lie remove-trusted-cert"])?;
    let outcome = &mac.untrust(&ca)?[0];
    assert_eq!(outcome.state, OutcomeState::Trusted, "{outcome:?}");
    Ok(())
}
