//! Evidence that was gathered in the lab, one file a code, judged again without any machine: whatever the
//! judges become, they still find in it what was the matter. `LABTRUST_RECORD=1 scripts/test doctor::` records
//! it anew.

use std::{fs, path::PathBuf};

use labtrust::doctor::{Evidence, check::codes, diagnose};

fn file(code: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/evidence").join(format!("{code}.json"))
}

/// Keeps `evidence` as that of `code`, if evidence is to be recorded.
pub fn keep(code: &str, evidence: &str) {
    if std::env::var_os("LABTRUST_RECORD").is_some() {
        fs::write(file(code), evidence).unwrap();
    }
}

/// What is recorded of `code`.
pub fn evidence(code: &str) -> Evidence {
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
