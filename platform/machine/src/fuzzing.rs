//! Entry points for the fuzz targets: parsers of a machine's files and of programs' output, with the properties that must
//! hold for any input.

use labtrust_plan::Certificate;

use crate::{database::trust_settings::TrustSettings, engine, probe};

/// macOS's trust settings: written and read again, they are the same.
pub fn trust_settings(bytes: &[u8]) {
    let Ok(settings) = TrustSettings::parse(bytes) else { return };
    let xml = settings.to_xml().expect("settings are XML");
    let again = TrustSettings::parse(&xml).expect("our own settings");
    let certificate = Certificate::new([0x30, 0]);
    assert_eq!(again.entry(&certificate), settings.entry(&certificate));
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
