//! Files for `doctor --from` that are not evidence, or not possible evidence.

use super::{
    case::{FOLDER, Row, outcomes, refused},
    samples,
};
use crate::lab::Machine;

/// Evidence as it was recorded in the lab.
const RECORDED: &str = include_str!("../evidence/cert-expired.json");

/// What is wrong with a file, and what is said of it.
const NO_EVIDENCE: &[(&str, &str)] = &[
    ("absent.json", "absent.json does not exist"),
    ("folder", "folder is a folder"),
    ("pipe", "pipe is not a regular file"),
    ("/dev/zero", "/dev/zero is not a regular file"),
    ("loop", "loop"),
    ("empty", "empty is not evidence"),
    ("large.pem", "large.pem is larger than"),
    ("zeros", "zeros is too large to be evidence"),
    ("noise", "noise is not evidence"),
    ("answer.json", "answer.json is not evidence: a field is not as labtrust writes it (line 1"),
    ("page.html", "page.html is not evidence"),
    ("leaf.crt", "leaf.crt is not evidence"),
    ("cut.json", "cut.json is not evidence"),
    ("deep.json", "deep.json is not evidence"),
    ("later.json", "later.json was written by another version of labtrust (9.0.0)"),
    ("long.json", "long.json is not evidence"),
    ("host.json", "host.json is not evidence"),
    ("schema.json", "schema.json is not evidence"),
    ("certificate.json", "certificate.json is not evidence"),
];

fn make(machine: &Machine) {
    samples::make(machine);
    let mut evidence: serde_json::Value = serde_json::from_str(RECORDED).unwrap();
    let changed = |field: &str, value: serde_json::Value| {
        let mut other = evidence.clone();
        other[field] = value;
        other.to_string()
    };
    let long = format!("\u{1b}[2J{}", "x".repeat(1 << 20));
    for (name, text) in [
        ("cut.json", RECORDED[..RECORDED.len() / 2].to_owned()),
        ("deep.json", format!("{{\"schema\": 1, \"labtrust\": {}", "[".repeat(1 << 20))),
        ("later.json", r#"{"schema": 2, "labtrust": "9.0.0", "other": []}"#.to_owned()),
        ("long.json", changed("facts", serde_json::json!({ "os": long }))),
        ("host.json", changed("host", "../etc/passwd\u{1b}".into())),
        ("schema.json", changed("schema", (-1).into())),
        ("certificate.json", RECORDED.replace("MII", "M\\u0000I")),
    ] {
        machine.write(&format!("{FOLDER}/{name}"), text);
    }
    // What is shown is what a stranger wrote, in bounds.
    evidence["engines"][0]["title"] = long[..2000].into();
    evidence["engines"][0]["registries"]["4567"] = serde_json::json!({ "answered": serde_json::json!({ "message": format!("x509: {long}") }).to_string() });
    machine.write(&format!("{FOLDER}/foreign.json"), evidence.to_string());
}

#[test]
fn what_is_no_evidence_is_said_to_be_none() {
    let machine = machine!("client");
    make(&machine);
    let rows: Vec<_> =
        NO_EVIDENCE.iter().map(|(file, says)| Row::new(["doctor", "--from", *file], 3, says)).collect();
    refused(&machine, "no evidence", 2, &rows);
    for outcome in outcomes(&machine, &["doctor --from foreign.json", "doctor --from foreign.json --json"]) {
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert!(outcome.megabytes < 200.0, "{}", outcome.megabytes);
        let is_hidden = |one: char| one != '\n' && super::case::is_hidden(one);
        assert!(!outcome.stdout.contains(is_hidden));
    }
}
