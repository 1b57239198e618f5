//! A backup, before it is decrypted and after: what is read stays below the state folder, is no more than what
//! there is, and packed again it is the same.
#![no_main]

use std::path::Component;

use labtrust::backup::{Archive, Opener, seal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = (seal::takes_passphrase(bytes), seal::open(bytes, &Opener::Identities(Vec::new())));
    let Ok(archive) = Archive::read(bytes) else { return };
    let held: usize = archive.items.iter().map(|item| item.contents.len()).sum();
    assert!(held <= bytes.len(), "{held} bytes of {}", bytes.len());
    for item in &archive.items {
        let is_plain = |part| matches!(part, Component::Normal(_));
        assert!(item.path.components().all(is_plain) && item.path.components().count() > 0, "{item:?}");
        assert!(!item.path.to_string_lossy().contains('\0'), "{item:?}");
    }
    let packed = archive.to_bytes().expect("what was read can be packed");
    let again = Archive::read(&packed).expect("our own archive");
    let files = |archive: &Archive| -> Vec<_> {
        archive.items.iter().map(|item| (item.path.clone(), item.contents.to_vec(), item.mode())).collect()
    };
    assert_eq!(files(&again), files(&archive));
    assert_eq!(again.manifest, archive.manifest);
});
