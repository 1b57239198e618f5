//! SECURITY.md names the tests that hold each promise: they are there.

use std::path::Path;

#[test]
fn what_security_md_names_is_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(folder.join("SECURITY.md")).unwrap();
    let is_path = |word: &&str| {
        ["tests/", "src/", "scripts/", "platform/", "fuzz/"].iter().any(|start| word.starts_with(start))
    };
    let named: Vec<&str> = text.split('`').skip(1).step_by(2).filter(is_path).collect();
    assert!(named.len() > 25, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|path| !folder.join(path).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // A row of a table of promises without a test is a promise that nobody holds.
    let is_of_promises = |row: &&str| {
        row.starts_with("| ")
            && !row.contains("---")
            && !row.contains("no client")
            && !row.contains("Go, rustls")
    };
    let of_promises = text.lines().filter(is_of_promises).filter(|row| !row.contains("accepted by"));
    let bare: Vec<_> = of_promises.filter(|row| !row.contains('`') && !row.contains("held by")).collect();
    assert!(bare.is_empty(), "{bare:?}");
}
