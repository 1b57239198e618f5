//! What stores hold and engines answer: Java's keystores, macOS's trust settings, os-release, the
//! accounts of a machine, Docker's answers.
#![no_main]

use labtrust_machine::{
    database::keystore,
    fuzzing::{TrustSettings, parse_account, parse_engine, parse_os_release},
};
use labtrust_plan::Certificate;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let whole = keystore::is_whole(bytes);
    if let Some(entries) = keystore::entries(bytes) {
        assert!(whole);
        let total: usize = entries.iter().flat_map(|(_, parts)| parts).map(|part| part.len()).sum();
        assert!(total <= bytes.len());
    }
    if let Ok(settings) = TrustSettings::parse(bytes) {
        let xml = settings.to_xml().expect("settings are XML");
        let again = TrustSettings::parse(&xml).expect("our own settings");
        let certificate = Certificate::new([0x30, 0]);
        assert_eq!(again.entry(&certificate), settings.entry(&certificate));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        parse_os_release(text);
        parse_account(text);
        parse_engine(text);
    }
});
