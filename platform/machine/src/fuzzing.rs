//! Entry points for the fuzz targets: parsers of a machine's files and of programs' output, with the properties that must
//! hold for any input.

use labtrust_plan::Certificate;

use crate::{
    database::{keystore, trust_settings::TrustSettings},
    engine, probe,
};

/// macOS's trust settings: written and read again, they are the same.
pub fn trust_settings(bytes: &[u8]) {
    let Ok(settings) = TrustSettings::parse(bytes) else { return };
    let xml = settings.to_xml().expect("settings are XML");
    let again = TrustSettings::parse(&xml).expect("our own settings");
    let certificate = Certificate::new([0x30, 0]);
    assert_eq!(again.entry(&certificate), settings.entry(&certificate));
}

/// A Java keystore: what can be read without a password is a part of the whole.
pub fn keystore(bytes: &[u8]) {
    let seen = keystore::entries_without_password(bytes).unwrap_or_default();
    if let Some(all) = keystore::entries(bytes) {
        assert_eq!(all, seen);
    }
    if let Some(all) = keystore::entries_with(bytes, "changeit") {
        assert!(seen.iter().all(|entry| all.contains(entry)));
    }
}

/// The file `cert9.db` of an NSS database.
pub fn nss(bytes: &[u8]) {
    if let Some(contents) = crate::database::nss::contents::Contents::parse(bytes) {
        contents.has_trust(&Certificate::new([0x30, 0]));
    }
}

/// The file os-release.
pub fn os_release(text: &str) {
    probe::parse_os_release(text);
}

/// A line of `/etc/passwd`.
pub fn account(line: &str) {
    probe::users::parse(line);
}

/// An answer of the Docker daemon.
pub fn engine_answer(text: &str) {
    engine::reach_from_answer(text);
}
