//! What ten clients did with 95 chains, and what `judge` says of them, row by row. The clients were asked on
//! 2026-12-01, each with the root trusted and the leaf's name right: all certificates of a chain in
//! `measured/chains.pem` but its last are what the server sent, the last is the root. `-` in
//! `measured/verdicts.tsv` stands for a client that could not be asked fairly.

use std::collections::{BTreeMap, BTreeSet};

use labtrust::certificate::{
    Client, Parsed, Version, judge,
    judge::{hits, rules},
    pem,
};
use time::{OffsetDateTime, macros::datetime};

const CHAINS: &str = include_str!("measured/chains.pem");
const VERDICTS: &str = include_str!("measured/verdicts.tsv");

/// When the clients were asked.
const AT: OffsetDateTime = datetime!(2026-12-01 12:00 UTC);

/// The share of the rows, in percent, that must agree.
const AGREED: usize = 99;

/// Rows that are known to disagree, and why that stays.
const TOLERATED: &[(&str, &str, &str)] = &[
    ("key-usage-empty", "gnutls", CERTTOOL),
    ("key-usage-key-agreement", "gnutls", CERTTOOL),
    ("key-usage-key-encipherment-ec", "gnutls", CERTTOOL),
    ("leaf-key-brainpoolp256r1", "gnutls", CERTTOOL),
    ("must-staple", "gnutls", CERTTOOL),
    ("must-staple-critical", "gnutls", CERTTOOL),
    ("self-signed-not-ca", "gnutls", CERTTOOL),
    ("self-signed-without-basic-constraints", "gnutls", CERTTOOL),
    ("leaf-key-ed448", "go", "asked without a handshake then, in which it has no such signature"),
];
const CERTTOOL: &str = "asked with certtool then; a handshake, as the matrix asks, differs";

/// The chains by name; what cannot be read is no chain.
fn chains() -> BTreeMap<&'static str, Result<Vec<Parsed>, String>> {
    let parts = CHAINS.split("# ").filter(|part| !part.is_empty());
    let chain = |part: &'static str| {
        let (name, text) = part.split_once('\n').expect("a name");
        let ders = pem::certificates(text.as_bytes()).expect(name);
        (name, ders.iter().map(|der| Parsed::from_der(der).map_err(|error| error.to_string())).collect())
    };
    parts.map(chain).collect()
}

/// A column's title: a client's id and its version.
fn asked(title: &str) -> (Client, Version) {
    let (id, version) = title.split_once(' ').expect("a version");
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    let number = |text: &str| text.parse().expect("a number");
    let client = Client::all().find(|client| client.id() == id).expect(id);
    (client, Version(number(major), number(minor)))
}

#[test]
fn verdicts_agree_with_those_that_were_measured() {
    let chains = chains();
    let mut lines = VERDICTS.lines();
    let clients: Vec<_> = lines.next().expect("titles").split('\t').skip(1).map(asked).collect();
    let (mut rows, mut wrong) = (0, Vec::new());
    for line in lines {
        let (name, verdicts) = line.split_once('\t').expect("verdicts");
        let chain = match &chains[name] {
            Ok(chain) => chain,
            Err(error) => {
                let asked = verdicts.split('\t').filter(|verdict| *verdict != "-");
                asked.for_each(|_| wrong.push((name, "all", error.clone())));
                rows += verdicts.split('\t').filter(|verdict| *verdict != "-").count();
                continue;
            }
        };
        let (root, sent) = chain.split_last().expect("a root");
        let served = if sent.is_empty() { &chain[..] } else { sent };
        let refusals = judge(served, Some(root), AT);
        for (verdict, (client, version)) in verdicts.split('\t').zip(&clients).filter(|(one, _)| *one != "-")
        {
            rows += 1;
            let refused: Vec<_> =
                refusals.iter().filter(|one| one.is_by_version(*client, *version)).collect();
            if refused.is_empty() != (verdict == "yes") {
                let why: Vec<_> = refused.iter().map(|refusal| refusal.why.as_str()).collect();
                wrong.push((name, client.id(), format!("accepts: {verdict}; judged: {why:?}")));
            }
        }
    }
    let report: Vec<_> =
        wrong.iter().map(|(name, client, what)| format!("{name} · {client} · {what}")).collect();
    let agreed = rows - wrong.len();
    let is_tolerated =
        |name: &str, client: &str| TOLERATED.iter().any(|(chain, by, _)| (*chain, *by) == (name, client));
    let surprising = wrong.iter().filter(|(name, client, _)| !is_tolerated(name, client)).count();
    assert!(
        surprising == 0 && agreed * 100 >= rows * AGREED,
        "{agreed} of {rows} agree:\n{}",
        report.join("\n")
    );
    assert_eq!(rows, 940);
}

/// Chrome cannot be asked by the matrix: what counts as measured of it is shown by a chain here.
#[test]
fn chrome_was_asked_where_it_counts_as_measured() {
    let chains = chains();
    let mut shown = BTreeSet::new();
    for line in VERDICTS.lines().skip(1).filter(|line| line.ends_with("\tno")) {
        let Ok(chain) = &chains[line.split('\t').next().expect("a name")] else { continue };
        let (root, sent) = chain.split_last().expect("a root");
        let served = if sent.is_empty() { &chain[..] } else { sent };
        shown.extend(hits(served, Some(root), AT).iter().map(|hit| hit.rule));
    }
    assert!(VERDICTS.lines().next().is_some_and(|titles| titles.ends_with("\tchrome 156")));
    let of_chrome = rules().filter(|(_, by)| by.client == Client::Chrome);
    let wrong: Vec<_> =
        of_chrome.filter(|(rule, by)| by.source().is_none() != shown.contains(rule)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
