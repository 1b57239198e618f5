//! What stores hold and engines answer: Java's keystores, NSS databases, macOS's trust settings, os-release, the
//! accounts of a machine, Docker's answers.
#![no_main]

use labtrust_machine::{database::keystore, fuzzing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let whole = keystore::is_whole(bytes);
    if let Some(entries) = keystore::entries(bytes) {
        assert!(whole);
        let total: usize = entries.iter().flat_map(|entry| &entry.parts).map(|part| part.len()).sum();
        assert!(total <= bytes.len());
    }
    fuzzing::keystore(bytes);
    fuzzing::nss(bytes);
    fuzzing::trust_settings(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        fuzzing::os_release(text);
        fuzzing::account(text);
        fuzzing::engine_answer(text);
    }
});
