//! Requests across programs: openssl accepts labtrust's request, and labtrust signs openssl's, with labtrust's limits.

use std::fs;

use labtrust::certificate::{
    KeyType, LeafOrder, PrivateKey,
    pem::{self, Section},
    request,
};
use time::OffsetDateTime;

use super::{
    is_here,
    profile::{make, names},
    run, said, script,
};

#[test]
fn openssl_reads_our_request() {
    if !is_here("openssl", &["version"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let request = request(&names(&["gitlab.example.com", "192.0.2.10"]), &key).expect("a request");
    fs::write(folder.path().join("ours.csr"), pem::write_request(&request)).expect("a file");
    let output = run(folder.path(), "openssl", &["req", "-in", "ours.csr", "-verify", "-noout", "-text"]);
    let text = said(&output);
    assert!(output.status.success() && text.contains("OK"), "{text}");
    assert!(text.contains("DNS:gitlab.example.com, IP Address:192.0.2.10"), "{text}");
    assert!(!text.contains("CA:TRUE"), "{text}");
}

#[test]
fn we_sign_what_openssl_requests() {
    if !is_here("openssl", &["version"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    script(
        folder,
        r#"
        openssl req -newkey rsa:2048 -nodes -keyout a.key -out greedy.csr -subj "/O=Greedy/CN=x" \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign \
            -addext subjectAltName=DNS:gitlab.example.com 2>log
        openssl req -new -key a.key -out mixed.csr -subj "/O=Mixed/CN=gitlab.example.com" \
            -addext subjectAltName=DNS:gitlab.example.com,email:a@example.com 2>log
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout b.key -out old.csr \
            -subj "/O=Old/CN=gitlab.example.com" 2>log
        openssl req -newkey rsa:2048 -nodes -keyout c.key -out nameless.csr -subj "/CN=My GitLab" 2>log
        openssl req -newkey rsa:1024 -nodes -keyout d.key -out weak.csr -subj "/CN=gitlab.example.com" 2>log
        openssl req -newkey ed25519 -nodes -keyout e.key -out ed25519.csr -subj "/CN=gitlab.example.com" 2>log
        "#,
    );
    let order = |file: &str| {
        let text = fs::read(folder.join(file)).expect(file);
        match pem::read(&text).expect(file).pop() {
            Some(Section::Request(request)) => LeafOrder::from_csr(&request, Vec::new(), 30),
            other => panic!("{file}: {other:?}"),
        }
    };
    let authority = make(&["gitlab.example.com"], KeyType::P256);
    for (file, usages) in
        [("greedy.csr", &["digitalSignature", "keyEncipherment"][..]), ("old.csr", &["digitalSignature"])]
    {
        let leaf = authority.sign(&order(file).expect(file), OffsetDateTime::now_utc()).expect(file).leaf;
        assert_eq!(leaf.names, names(&["gitlab.example.com"]), "{file}");
        assert_eq!((leaf.ca, leaf.key_usage.as_deref()), (Some(false), Some(usages)), "{file}");
        assert!(leaf.other_names.is_empty() && leaf.subject == "CN=gitlab.example.com", "{file}");
    }
    for (file, what) in [
        ("nameless.csr", "names no DNS name"),
        ("mixed.csr", "a@example.com"),
        ("weak.csr", "RSA 1024 key cannot serve HTTPS"),
        ("ed25519.csr", "Ed25519 key cannot serve HTTPS"),
    ] {
        let error = order(file).expect_err(file);
        assert!(error.to_string().contains(what), "{error}");
    }
}
