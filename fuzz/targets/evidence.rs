//! Evidence from a file of others: whatever it says, it is judged, in codes that are known, and written again
//! it is judged alike.
#![no_main]

use labtrust::doctor::{Evidence, codes, diagnose};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(evidence) = serde_json::from_slice::<Evidence>(bytes) else { return };
    let told = |evidence: &Evidence| {
        let diagnosis = diagnose(evidence);
        let is_known = |id: &str| codes().any(|code| code.id == id);
        assert!(diagnosis.findings.iter().all(|finding| is_known(finding.code.id)));
        diagnosis.findings.iter().map(|finding| finding.what.clone()).collect::<Vec<_>>()
    };
    let written = serde_json::to_vec(&evidence).expect("evidence is JSON");
    let again: Evidence = serde_json::from_slice(&written).expect("our own evidence");
    assert_eq!(told(&evidence), told(&again));
});
