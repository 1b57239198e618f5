//! The site of a CA, as files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use labtrust_plan::{Anchor, Certificate, ShellLine};

use super::{
    texts::{LANGUAGES, TEXTS},
    *,
};
use crate::{certificate::parsed::Parsed, report::html::source};

/// A root without limits.
fn root(name: &str) -> Parsed {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    Parsed::from_der(parameters.self_signed(&key).unwrap().der()).unwrap()
}

fn site_of(names: &[&str], endpoints: &[&str], programs: &[Program]) -> Option<Site> {
    let certificates: Vec<_> = names.iter().map(|name| root(name)).collect();
    let endpoints: Vec<_> = endpoints.iter().map(|endpoint| endpoint.parse().unwrap()).collect();
    let anchors: Vec<_> =
        certificates.iter().map(|root| Anchor::new(Certificate::from(root), endpoints.clone())).collect();
    let command = ShellLine::of(["labtrust", "trust", "gitlab.example.com:4567"]);
    site(&Subject { anchors: &anchors, certificates: &certificates, command, programs }).unwrap()
}

const ENDPOINTS: [&str; 2] = ["gitlab.example.com:443", "gitlab.example.com:4567"];

fn text<'s>(site: &'s Site, path: &str) -> &'s str {
    let file = site.files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path}"));
    std::str::from_utf8(&file.contents).unwrap()
}

#[test]
fn every_page_is_whole_in_its_language() {
    let site = site_of(&["Lab CA"], &ENDPOINTS, &[]).unwrap();
    let pages: Vec<_> = site.files.iter().filter(|file| file.media_type.starts_with("text/html")).collect();
    assert_eq!(pages.len(), LANGUAGES.len() + 1);
    for (number, language) in LANGUAGES.iter().enumerate() {
        let page = text(&site, &format!("{}.html", language.code));
        assert!(!page.contains("{{") && !page.contains("}}"), "a part of the page was not filled");
        assert!(page.contains(&format!("<html lang=\"{}\">", language.code)));
        for (name, texts) in TEXTS {
            assert!(texts.iter().all(|text| !text.is_empty()), "{name}");
            // The words around the gaps.
            let parts =
                texts[number].split("{{").map(|part| part.split_once("}}").map_or(part, |(_, rest)| rest));
            let is_conditional =
                ["now", "beside", "scope_only", "scope_any", "scope", "programs"].contains(name);
            for part in parts.filter(|_| !is_conditional) {
                assert!(page.contains(part), "{}: {name} is not on the page: {part}", language.code);
            }
        }
        for other in &LANGUAGES {
            assert!(page.contains(&format!("href=\"{}.html\"", other.code)), "{}", other.code);
        }
    }
    assert!(text(&site, "index.html").contains("<html lang=\"en\" data-choose>"));
}

#[test]
fn a_gap_and_a_tag_of_one_language_are_those_of_all() {
    let marks = |text: &str| {
        let gaps = text.split("{{").skip(1).map(|part| part.split_once("}}").unwrap().0.to_owned());
        let tags = text.split('<').skip(1).map(|part| part.split_once('>').unwrap().0.to_owned());
        gaps.chain(tags).collect::<BTreeSet<_>>()
    };
    for (name, [english, others @ ..]) in TEXTS {
        for other in others {
            assert_eq!(marks(english), marks(other), "{name}: {other}");
        }
    }
    let names: BTreeSet<_> = TEXTS.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), TEXTS.len(), "two texts have one name");
}

#[test]
fn every_link_of_a_page_is_a_file_of_the_site_or_gitlab() {
    let programs = [
        Program {
            name: "labtrust-1.0.0-x86_64-unknown-linux-musl.tar.gz".into(),
            contents: b"\x1f\x8bx".to_vec(),
        },
        Program {
            name: "labtrust-1.0.0-aarch64-apple-darwin.tar.gz".into(),
            contents: b"\x1f\x8by".to_vec(),
        },
    ];
    let site = site_of(&["Old CA", "New CA"], &ENDPOINTS, &programs).unwrap();
    for page in site.files.iter().filter(|file| file.media_type.starts_with("text/html")) {
        let page = text(&site, &page.path);
        for link in page.split("href=\"").skip(1).map(|part| part.split_once('"').unwrap().0) {
            let is_file = site.files.iter().any(|file| file.path == link);
            assert!(is_file || link.starts_with('#') || link == "https://gitlab.example.com/", "{link}");
        }
        let offered = |way: &str, name: &str| {
            let (_, rest) = page.split_once(&format!("id=\"{way}\"")).unwrap();
            rest.split_once("</details>").unwrap().0.contains(name)
        };
        assert!(offered("linux", &programs[0].name) && !offered("linux", &programs[1].name));
        assert!(offered("mac", &programs[1].name) && !offered("windows", &programs[0].name));
        assert_eq!(page.matches("class=\"ca\"").count(), 2);
        assert_eq!(page.matches("certutil -hashfile ").count(), 2, "a line for each certificate");
        for outside in ["http:", " style=", " onclick=", " src=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}

#[test]
fn the_policy_allows_this_script_and_this_style_and_one_server() {
    for (endpoint, origin) in [
        ("gitlab.example.com:443", "https://gitlab.example.com"),
        ("gitlab.example.com:8443", "https://gitlab.example.com:8443"),
        ("192.0.2.10:443", "https://192.0.2.10"),
    ] {
        let site = site_of(&["Lab CA"], &[endpoint], &[]).unwrap();
        let page = text(&site, "de.html");
        let inside =
            |from: &str, to: &str| page.split_once(from).unwrap().1.split_once(to).unwrap().0.to_owned();
        let want = format!(
            "default-src 'none'; script-src {}; style-src {}; connect-src {origin}; base-uri 'none'; form-action 'none'",
            source(&inside("<script>", "</script>")),
            source(&inside("<style>", "</style>"))
        );
        assert_eq!(inside("http-equiv=\"Content-Security-Policy\" content=\"", "\""), want);
        let file = site.files.iter().find(|file| file.path == "de.html").unwrap();
        assert_eq!(file.headers, [("Content-Security-Policy", format!("{want}; frame-ancestors 'none'"))]);
    }
}

#[test]
fn the_page_asks_no_server_that_a_policy_cannot_name() {
    let site = site_of(&["Lab CA"], &["[2001:db8::1]:443"], &[]).unwrap();
    let page = text(&site, "en.html");
    assert!(page.contains("connect-src 'none';") && page.contains("data-url=\"\""), "{page}");
    assert!(page.contains("href=\"https://[2001:db8::1]/\"") && !page.contains("Its one request"), "{page}");
}

#[test]
fn no_name_of_a_ca_breaks_out_of_the_page() {
    let site =
        site_of(&["</script><script>alert(1)</script>\u{202e}\"'&{{script}}"], &ENDPOINTS, &[]).unwrap();
    let page = text(&site, "en.html");
    assert_eq!((page.matches("<script").count(), page.matches("\"use strict\";").count()), (1, 1), "{page}");
    assert!(!page.contains('\u{202e}'));
}

#[test]
fn a_ca_without_a_server_has_no_page() {
    assert!(site_of(&["Lab CA"], &[], &[]).is_none());
}

#[test]
fn only_our_files_are_replaced() {
    let site = site_of(&["Lab CA"], &ENDPOINTS, &[]).unwrap();
    let may = |path: &str, contents: &[u8]| {
        site.files.iter().find(|file| file.path == path).unwrap().may_replace(contents)
    };
    let other = site_of(&["Other CA"], &ENDPOINTS, &[]).unwrap();
    assert!(may("index.html", text(&other, "index.html").as_bytes()));
    assert!(may("labtrust-trust.sh", b"an old one"));
    assert!(!may("index.html", b"<html>Welcome to nginx"));
    assert!(!may("de.html", b""));
}

#[test]
fn only_files_of_a_release_are_offered() {
    for (name, contents, is) in [
        ("labtrust-0.1.0-x86_64-unknown-linux-musl.tar.gz", &b"\x1f\x8b\x08"[..], true),
        ("labtrust-1.0.0-rc.1-aarch64-apple-darwin.tar.gz", b"\x1f\x8b\x08", true),
        ("labtrust-0.1.0-x86_64-pc-windows-gnu.zip", b"PK\x03\x04", true),
        ("labtrust_0.1.0-1_amd64.deb", b"!<arch>\ndebian-binary", true),
        ("labtrust-0.1.0-1.x86_64.rpm", b"\xed\xab\xee\xdb", true),
        ("labtrust_0.1.0-r1_x86_64.apk", b"\x1f\x8b\x08", true),
        ("labtrust-0.1.0-1-aarch64.pkg.tar.zst", b"\x28\xb5\x2f\xfd", true),
        // The state folder, packed.
        ("labtrust.tar.gz", b"\x1f\x8b\x08", false),
        ("labtrust-state.tar.gz", b"\x1f\x8b\x08", false),
        ("labtrust-2026-11-30.tar.gz", b"\x1f\x8b\x08", false),
        ("labtrust-backup-x86_64.pkg.tar.zst", b"\x28\xb5\x2f\xfd", false),
        ("labtrust_0.1.0-1_amd64.deb", b"-----BEGIN PRIVATE KEY-----", false),
        ("labtrust-0.1.0\"-x86_64-unknown-linux-musl.tar.gz", b"\x1f\x8b", false),
        ("labtrust-ca.key", b"-----BEGIN PRIVATE KEY-----", false),
        ("labtrust-backup.age", b"age-encryption.org/v1", false),
        ("labtrust.key.der", b"0\x81\x87", false),
        ("other.tar.gz", b"\x1f\x8b", false),
        ("labtrust", b"\x7fELF", false),
    ] {
        let program = Program { name: name.into(), contents: contents.into() };
        assert_eq!(program.is_offered(), is, "{name}");
    }
}
