//! Private keys in every encoding. Whatever is taken for a key can be written, read back as the same
//! key, and belongs to its own public half.
#![no_main]

use labtrust::certificate::{PrivateKey, read_material};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut passphrase = |_: &str| Ok("changeit".to_owned().into());
    let from_pem = PrivateKey::from_pem(bytes, &mut passphrase);
    let from_der = PrivateKey::from_der(bytes);
    for key in [from_pem, from_der].into_iter().flatten() {
        let text = key.to_pem();
        let again = PrivateKey::from_plain_pem(text.as_bytes()).expect("our own PEM");
        assert_eq!(again.pkcs8(), key.pkcs8());
        assert_eq!(again.public_key_der(), key.public_key_der());
        assert!(!format!("{key:?}").contains(text.lines().nth(1).unwrap_or("-----")));
    }
    let _ = read_material(bytes, &mut passphrase);
});
