//! PKCS #12 archives, opened with a passphrase that some of them have.
#![no_main]

use labtrust::certificate::read_material;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let passphrase = || "changeit".to_owned().into();
    if let Ok(material) = read_material(bytes, &mut |_| Ok(passphrase())) {
        assert!(material.has_key() || !material.certificates.is_empty() || bytes.is_empty());
        assert!(!format!("{material:?}").contains("PRIVATE"));
    }
});
