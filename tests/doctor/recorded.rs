//! Evidence that was recorded in the lab, one file for each code, and judged without a machine: every later version
//! must find the same code. `LABTRUST_RECORD=1 scripts/test doctor::` records it again.

use std::{fs, path::PathBuf};

use labtrust::doctor::{Evidence, codes, diagnose};

use crate::documents::check_evidence;

fn file(code: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/evidence").join(format!("{code}.json"))
}

/// Checks `evidence` against its schema in docs/json, and records it for `code` if the variable is set.
#[track_caller]
pub(super) fn keep(code: &str, evidence: &str) {
    check_evidence(evidence);
    if std::env::var_os("LABTRUST_RECORD").is_some() {
        fs::write(file(code), evidence).unwrap();
    }
}

/// The daemons' messages about the registry in the evidence of `code`.
pub(super) fn engines_words(code: &str) -> Vec<String> {
    let Ok(text) = fs::read_to_string(file(code)) else { return Vec::new() };
    let evidence: serde_json::Value = serde_json::from_str(&text).unwrap();
    let port = evidence["port"].as_u64().unwrap_or(4567).to_string();
    let engines = evidence["engines"].as_array().into_iter().flatten();
    let answer = |engine: &serde_json::Value| {
        let body = engine["registries"][&port]["answered"].as_str()?;
        let body: serde_json::Value = serde_json::from_str(body).ok()?;
        body["message"].as_str().map(str::to_owned)
    };
    engines.filter_map(answer).collect()
}

/// The recorded evidence of `code`.
pub(super) fn evidence(code: &str) -> Evidence {
    serde_json::from_str(&fs::read_to_string(file(code)).unwrap()).unwrap()
}

#[test]
fn each_code_is_found_in_its_recorded_evidence() {
    let mut wrong = Vec::new();
    for code in codes() {
        let Ok(text) = fs::read_to_string(file(code.id)) else {
            wrong.push(format!("{}: nothing is recorded", code.id));
            continue;
        };
        let evidence: Evidence = serde_json::from_str(&text).unwrap();
        let found: Vec<_> = diagnose(&evidence).findings.iter().map(|finding| finding.code.id).collect();
        if found.first() != Some(&code.id) {
            wrong.push(format!("{}: {found:?} is found", code.id));
        }
    }
    assert_eq!(wrong, [""; 0]);
}
