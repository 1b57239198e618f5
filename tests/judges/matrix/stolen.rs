//! The possibilities of a thief of the server's key: chains below labtrust's CA that it must never sign, with every client.
//! SECURITY.md has the same table.

use labtrust::certificate::KeyType;
use time::OffsetDateTime;

use super::{
    super::{
        client::{Answers, answers},
        profile::make,
        sealed::sealed_at,
    },
    plan::{
        COMMON_NAME, Change, Change::*, HOST, Leaf, Middle, Plan, Root, SUBJECT_ALT_NAME, Upper, alt_names,
        dns, name_of,
    },
    rows::names::{directory, email, ip, other, uri},
};

/// A host that our CA must never vouch for.
const OTHER: &str = "other.example.com";

fn forgeries() -> Vec<(&'static str, Vec<Change>)> {
    let named = |names: &[Vec<u8>]| {
        vec![Host(OTHER), Put(Leaf, alt_names(names)), Subject(Leaf, name_of(&[(COMMON_NAME, "thief")]))]
    };
    let common = |name: &str, names: Option<Vec<u8>>| {
        let san = names.map_or(Drop(Leaf, SUBJECT_ALT_NAME), |name| Put(Leaf, alt_names(&[name])));
        vec![Host(OTHER), Subject(Leaf, name_of(&[(COMMON_NAME, name)])), san]
    };
    let wildcard = "*.example.com";
    let at = |host, changes: Vec<Change>| [&changes[..], &[Host(host)]].concat();
    vec![
        ("the host's name among the alternative names", named(&[dns(OTHER)])),
        ("a wildcard among the alternative names", named(&[dns(wildcard)])),
        ("an address among the alternative names", at("192.0.2.99", named(&[ip(&[192, 0, 2, 99])]))),
        ("the host's name beside the CA's", named(&[dns(HOST), dns(OTHER)])),
        ("the host's name as common name, no alternative names", common(OTHER, None)),
        ("an address as common name, no alternative names", at("192.0.2.99", common("192.0.2.99", None))),
        ("a wildcard as common name, no alternative names", common(wildcard, None)),
        (
            "a wildcard as common name, the CA's name among the alternative names",
            common(wildcard, Some(dns(HOST))),
        ),
        (
            "a wildcard as common name, only an e-mail address among the alternative names",
            common(wildcard, Some(email("a@example.com"))),
        ),
        (
            "a wildcard as common name, only a URI among the alternative names",
            common(wildcard, Some(uri("https://example.com/"))),
        ),
        (
            "a wildcard as common name, only a directory name among the alternative names",
            common(wildcard, Some(directory(name_of(&[(COMMON_NAME, "x")])))),
        ),
        (
            "a wildcard as common name, only a name of another type among the alternative names",
            common(wildcard, Some(other())),
        ),
        (
            "a CA of the thief's between",
            [
                named(&[dns(OTHER)]),
                vec![SignedBy(Upper, Middle), SignedBy(Leaf, Upper), Serve(&[Leaf, Upper, Middle, Root])],
            ]
            .concat(),
        ),
    ]
}

/// The thief of a server with a sealed CA has the keys of all periods, and no other.
#[test]
fn the_keys_of_a_sealed_ca_sign_nothing() {
    let now = OffsetDateTime::now_utc();
    // Seven keys, and not fourteen, because each question takes every client a moment.
    let sealed = sealed_at(now, 825);
    let forgeries = forgeries();
    let (mut questions, mut told) = (Vec::new(), Vec::new());
    for (index, period) in sealed.periods().iter().enumerate() {
        for (what, changes) in &forgeries {
            let plan = Plan::with(changes).below(&period.leaf, &period.key, sealed.root());
            questions.push(plan.question(now));
            told.push(format!("{what}, by key {index}"));
        }
    }
    // As if the root had signed it.
    let key = &sealed.periods()[0].key;
    for (what, changes) in &forgeries {
        questions.push(Plan::with(changes).below(sealed.root(), key, sealed.root()).question(now));
        told.push(format!("{what}, in the root's name"));
    }
    let mut accepted = Vec::new();
    for client in answers(&questions) {
        for (said, what) in client.said.iter().zip(&told) {
            if matches!(said, Some(Ok(()))) {
                accepted.push(format!("{}: {what}", client.name));
            }
        }
    }
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
}

/// Where the table is.
const TOLD: &str = include_str!("../../../SECURITY.md");

#[test]
fn a_stolen_key_can_do_what_is_told() {
    let authority = make(&[HOST], KeyType::P256);
    let now = OffsetDateTime::now_utc();
    let forgeries = forgeries();
    let questions: Vec<_> =
        forgeries.iter().map(|(_, changes)| Plan::with(changes).under(&authority).question(now)).collect();
    let clients = answers(&questions);
    let list = |names: &[&str], all: &str, none: &str| match names.len() {
        0 => none.to_owned(),
        count if count == clients.len() => all.to_owned(),
        _ => names.join(", "),
    };
    let mut rows = String::new();
    for (index, (what, _)) in forgeries.iter().enumerate() {
        let (accept, refuse): (Vec<_>, Vec<_>) =
            clients.iter().partition(|client| matches!(client.said[index], Some(Ok(()))));
        let [accept, refuse] = [accept, refuse]
            .map(|clients: Vec<&Answers>| clients.iter().map(|client| client.name).collect::<Vec<_>>());
        let (accept, refuse) = (list(&accept, "all", "no client"), list(&refuse, "all", "no client"));
        rows.extend(["| ", what, " | ", &accept, " | ", &refuse, " |\n"]);
    }
    assert!(TOLD.contains(&rows), "SECURITY.md tells otherwise than:\n{rows}");
}
