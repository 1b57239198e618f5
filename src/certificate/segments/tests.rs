//! No certificate is lost silently from files that people join.

use std::sync::LazyLock;

use anyhow::bail;
use base64ct::{Base64, Encoding};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry};
use proptest::prelude::*;
use time::macros::datetime;
use zeroize::Zeroizing;

use crate::{
    certificate::{
        Authority, CertificateDer, KeyType, LeafOrder, PrivateKey, Scope,
        import::read_certificates_with_remarks, pem, read_certificates, read_material, read_request, request,
    },
    hint::hint_of,
};

/// A piece of a file.
#[derive(Clone, Debug)]
struct Piece {
    what: String,
    bytes: Vec<u8>,
    /// The certificates in it.
    holds: Vec<CertificateDer<'static>>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It can be read.
    Readable,
    /// It is ignored, but it may turn the next piece into a comment, or be where only certificates are allowed.
    Text,
    /// It holds a certificate that cannot be read. Its four hyphens and one of the piece before make five.
    Unreadable,
}

fn tlv(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let content = contents.concat();
    let length = u16::try_from(content.len()).expect("a short one").to_be_bytes();
    [&[tag, 0x82], &length[..], &content].concat()
}

const SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
const DATA: &[u8] = &[0x30, 0x0B, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
const ALGORITHM: &[u8] = &[0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];
const TIME: &[u8] = b"\x17\x0D260301120000Z";

fn pkcs7(certificates: &[u8]) -> Vec<u8> {
    let content = tlv(0x30, &[&[2, 1, 1, 0x31, 0], DATA, &tlv(0xA0, &[certificates]), &[0x31, 0]]);
    tlv(0x30, &[SIGNED_DATA, &tlv(0xA0, &[&content])])
}

/// The same with indefinite lengths, as some tools write it.
fn pkcs7_ber(certificates: &[u8]) -> Vec<u8> {
    let (open, end) = (|tag| [tag, 0x80], [0, 0]);
    let head = [&open(0x30)[..], SIGNED_DATA, &open(0xA0), &open(0x30), &[2, 1, 1, 0x31, 0], DATA].concat();
    [&head[..], &open(0xA0), certificates, &end, &[0x31, 0], &end, &end, &end].concat()
}

fn signed(fields: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &[&tlv(0x30, fields), ALGORITHM, &tlv(3, &[&[0; 200]])])
}

fn text(label: &str, der: &[u8]) -> String {
    let body = Base64::encode_string(der);
    let lines: Vec<_> = body.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn wide(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

static PIECES: LazyLock<Vec<Piece>> = LazyLock::new(|| {
    let now = datetime!(2026-03-01 12:00 UTC);
    let names = vec!["gitlab.example.com".parse().expect("a name")];
    let scope = Scope { names: names.clone(), permit: Vec::new(), constrained: true };
    let ca = Authority::make(&scope, KeyType::P256, now).expect("a CA");
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let order = LeafOrder { names: names.clone(), public_key: key.public_key().clone(), days: 397 };
    let chain = ca.sign(&order, now).expect("a leaf").chain;
    let mut pieces = Vec::new();
    let mut add = |kind, what: &str, bytes: &[u8], holds: &[CertificateDer<'static>]| {
        pieces.push(Piece { what: what.into(), bytes: bytes.to_vec(), holds: holds.to_vec(), kind });
    };
    for der in &chain {
        let one = std::slice::from_ref(der);
        let pem = text("CERTIFICATE", der);
        for (what, bytes) in [
            ("DER", der.to_vec()),
            ("DER and a line end", [der, &b"\r\n"[..]].concat()),
            ("PEM", pem.clone().into_bytes()),
            ("PEM without a last line end", pem.trim_end().as_bytes().to_vec()),
            ("PEM with CRLF", pem.replace('\n', "\r\n").into_bytes()),
            ("PEM in one line", pem.replace('\n', "").into_bytes()),
            ("PEM in JSON", format!("{{\"ca\": \"{}\"}}", pem.replace('\n', "\\n")).into_bytes()),
            ("PEM in YAML", format!("ca: |\n  {}\n", pem.trim_end().replace('\n', "\n  ")).into_bytes()),
            ("PEM with attributes", format!("Bag Attributes\n    friendlyName: 0x30\n{pem}").into_bytes()),
            ("PEM in Latin-1", [b"friendlyName: \xE4\xF6\n", pem.as_bytes()].concat()),
            // What `openssl x509 -text` prints of an odd extension.
            ("PEM with control characters", [b"  0\x82\x06\x01*.com..\x02\x7F\n", pem.as_bytes()].concat()),
            ("PEM with a mark", format!("\u{FEFF}{pem}").into_bytes()),
            ("UTF-16 LE", wide(&pem, u16::to_le_bytes)),
            ("UTF-16 LE with a mark", wide(&format!("\u{FEFF}{pem}"), u16::to_le_bytes)),
            ("UTF-16 BE", wide(&pem, u16::to_be_bytes)),
            ("UTF-16 BE with a mark", wide(&format!("\u{FEFF}{pem}"), u16::to_be_bytes)),
            ("an old label", text("X509 CERTIFICATE", der).into_bytes()),
            ("an unknown label", text("CA CHAIN", der).into_bytes()),
            (
                "with OpenSSL's appendix",
                text("TRUSTED CERTIFICATE", &[der, &[0x30, 4, 0x30, 2, 6, 0][..]].concat()).into(),
            ),
            ("PKCS #7", pkcs7(der)),
            ("PKCS #7 without lengths", pkcs7_ber(der)),
            ("PKCS #7 in PEM", text("PKCS7", &pkcs7(der)).into_bytes()),
            ("PKCS #12", {
                let mut store = KeyStore::new();
                let certificate = Certificate::from_der(der).expect("a certificate");
                store.add_entry("a", KeyStoreEntry::Certificate(certificate));
                store.writer("").encryption_iterations(2).mac_iterations(2).write().expect("an archive")
            }),
        ] {
            add(Kind::Readable, what, &bytes, one);
        }
        for (what, bytes) in [
            ("cut DER", der[..der.len() / 2].to_vec()),
            ("DER with a wrong length", [&der[..2], &[der[2] + 1], &der[3..]].concat()),
            ("cut PEM", pem.as_bytes()[..pem.len() - 30].to_vec()),
            ("Base64 alone", format!("{}\n", Base64::encode_string(der)).into_bytes()),
            ("Base64 in JSON", format!("{{\"x5c\": [\"{}\"]}}\n", Base64::encode_string(der)).into_bytes()),
            ("Base64 of PEM", format!("ca: {}\n", Base64::encode_string(pem.as_bytes())).into_bytes()),
            ("a marker of four hyphens", pem.replace("-----BEGIN", "----BEGIN").into_bytes()),
            (
                "markers in lower case",
                pem.replace("CERTIFICATE", "Certificate").replace("BEGIN", "Begin").into(),
            ),
            ("PKCS #7 with damage", pkcs7(&[&der[..], &[0x30, 0x82, 9]].concat())),
        ] {
            add(Kind::Unreadable, what, &bytes, one);
        }
    }
    let request = request(&names, &key).expect("a request");
    let name = &[0x30, 0][..];
    let crl = signed(&[&[2, 1, 1], ALGORITHM, name, TIME]);
    let attributes = signed(&[&[2, 1, 1], name, &[0xA0, 0], ALGORITHM, &[2, 1, 9]]);
    for (what, bytes) in [
        ("key", key.to_pem().as_bytes().to_vec()),
        ("key in DER", key.pkcs8().to_vec()),
        ("public key in DER", key.public_key_der().to_vec()),
        ("parameters", text("EC PARAMETERS", &[6, 1, 0x2A]).into_bytes()),
        ("request", text("CERTIFICATE REQUEST", &request).into_bytes()),
        ("request in DER", request.to_vec()),
        ("revocations", text("X509 CRL", &crl).into_bytes()),
        ("revocations in DER", crl),
        ("a certificate of attributes", text("ATTRIBUTE CERTIFICATE", &attributes).into_bytes()),
        ("a certificate of attributes in DER", attributes),
        ("something unknown", text("CONTENTS", b"x").into_bytes()),
        ("line ends", b"\r\n\n".to_vec()),
        ("nulls", vec![0; 9]),
    ] {
        add(Kind::Readable, what, &bytes, &[]);
    }
    add(Kind::Text, "text", b"The CA of the company, 2026:\n", &[]);
    add(Kind::Text, "a comment without a line end", b"# ours", &[]);
    add(Kind::Text, "nothing known", b"\x01\xFE\x30\x82", &[]);
    pieces
});

fn no_passphrase(_: &str) -> anyhow::Result<Zeroizing<String>> {
    bail!("asked for a passphrase")
}

fn check(pieces: &[&Piece]) -> Result<(), TestCaseError> {
    let whats: Vec<_> = pieces.iter().map(|piece| piece.what.as_str()).collect();
    let bytes = pieces.iter().flat_map(|piece| piece.bytes.clone()).collect::<Vec<_>>();
    let expected: Vec<_> = pieces.iter().flat_map(|piece| piece.holds.clone()).collect();
    let has = |kind| pieces.iter().any(|piece| piece.kind == kind);
    match read_certificates_with_remarks(&bytes, &mut no_passphrase) {
        Ok((found, remarks)) => {
            let found: Vec<_> = found.iter().map(|one| one.der().clone()).collect();
            let is_said = remarks.iter().any(|remark| remark.contains("commented out"));
            prop_assert!(found == expected || is_said, "{whats:?}: {} of {}", found.len(), expected.len());
        }
        Err(error) => {
            let words = format!("{error:#}");
            prop_assert!(
                has(Kind::Unreadable) || has(Kind::Text) || expected.is_empty(),
                "{whats:?}: {words}"
            );
            let has_position = words.contains(" line ") || words.contains(" byte ");
            // A single piece needs no position.
            let is_alone =
                !pieces.iter().any(|piece| piece.kind == Kind::Readable && !piece.holds.is_empty());
            prop_assert!(has_position || is_alone || starts_unreadable(pieces), "{whats:?}: {words}");
            prop_assert!(hint_of(&error).is_some(), "{whats:?}: {words}");
        }
    }
    Ok(())
}

/// Whether the first piece other than line ends cannot be read.
fn starts_unreadable(pieces: &[&Piece]) -> bool {
    let mut pieces = pieces.iter().filter(|piece| !matches!(piece.what.as_str(), "line ends" | "nulls"));
    pieces.next().is_some_and(|piece| piece.kind != Kind::Readable)
}

#[test]
fn any_two_encodings_in_one_file_are_both_read() {
    for first in PIECES.iter() {
        for second in PIECES.iter().take(31).chain(PIECES.iter().rev().take(16)) {
            check(&[first, second]).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn no_certificate_of_a_joined_file_is_lost_without_a_word(
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..7)
    ) {
        let pieces: Vec<_> = picks.iter().map(|pick| pick.get(&PIECES)).collect();
        check(&pieces)?;
    }
}

fn piece(what: &str) -> &'static Piece {
    PIECES.iter().find(|piece| piece.what == what).expect(what)
}

#[test]
fn what_is_not_read_is_said_with_its_place() {
    let (pem, der) = (&piece("PEM").bytes, &piece("DER").bytes);
    let lines = pem.split(|byte| *byte == b'\n').count() - 1;
    let cut = &der[..200];
    let commented_out: Vec<u8> =
        pem.split_inclusive(|byte| *byte == b'\n').flat_map(|line| [b"# ", line].concat()).collect();
    for (bytes, says) in [
        ([pem, cut].concat(), format!("the object at byte {} has 200 of {} bytes", pem.len(), der.len())),
        ([pem, &piece("Base64 alone").bytes[..]].concat(), format!("the certificate in line {}", lines + 1)),
        (
            [der, &b"more\n"[..]].concat(),
            format!("the object at byte {} is neither a certificate", der.len()),
        ),
        (
            [pem, &text("CERTIFICATE", b"x").into_bytes()[..]].concat(),
            format!("certificate 2 of 2, in line {}: the certificate is damaged", lines + 1),
        ),
        (
            [pem, &text("PKCS7", &[0x30, 3, 6, 1, 0x2A]).into_bytes()[..]].concat(),
            format!("in line {}: the PKCS #7 file is damaged", lines + 1),
        ),
    ] {
        let error = read_certificates(&bytes, &mut no_passphrase).expect_err(&says);
        assert!(format!("{error:#}").contains(&says), "{error:#}\n{says}");
        assert!(hint_of(&error).is_some(), "{error:#}");
    }
    for (bytes, says) in [
        (
            [pem, &piece("revocations").bytes[..]].concat(),
            format!("the section X509 CRL in line {} was skipped", lines + 1),
        ),
        (
            [der, &piece("revocations in DER").bytes[..]].concat(),
            format!("the section X509 CRL at byte {} was", der.len()),
        ),
        ([pem, &piece("a certificate of attributes").bytes[..]].concat(), "ATTRIBUTE CERTIFICATE".into()),
        ([pem, &piece("something unknown").bytes[..]].concat(), format!("the section in line {}", lines + 1)),
        ([pem, &commented_out[..]].concat(), format!("is commented out in line {}", lines + 1)),
        (
            [pem, Base64::encode_string(&piece("PKCS #7").bytes).as_bytes()].concat(),
            "the Base64 without markers".into(),
        ),
    ] {
        let (found, remarks) = read_certificates_with_remarks(&bytes, &mut no_passphrase).expect(&says);
        assert_eq!(found.len(), 1, "{says}");
        assert!(remarks.len() == 1 && remarks[0].contains(&says), "{remarks:?}\n{says}");
        assert_eq!(read_material(&bytes, &mut no_passphrase).expect(&says).remarks, remarks);
    }
    let quiet = [pem, &piece("key").bytes[..], &piece("parameters").bytes, &piece("request").bytes].concat();
    assert!(read_certificates_with_remarks(&quiet, &mut no_passphrase).expect("a pair").1.is_empty());
}

#[test]
fn a_request_is_found_in_either_form() {
    let (pem, der) = (piece("request").bytes.clone(), piece("request in DER").bytes.clone());
    for bytes in [pem.clone(), der.clone(), [&der[..], b"\n"].concat(), [&der[..], &pem].concat()] {
        assert_eq!(*read_request(&bytes).expect("a request"), der[..]);
    }
    assert!(read_request(&[&pem[..], &der[..200]].concat()).is_err());
}

#[test]
fn sections_of_our_own_are_read_back() {
    let all: Vec<_> = PIECES.iter().filter(|piece| piece.what == "PEM").collect();
    let joined: Vec<u8> = all.iter().flat_map(|piece| piece.bytes.clone()).collect();
    let holds: Vec<_> = all.iter().flat_map(|piece| piece.holds.clone()).collect();
    assert_eq!(pem::certificates(&joined).expect("PEM"), holds);
}

#[test]
fn no_file_is_walked_through_again_and_again() {
    for unit in [
        &[0x30, 0x80, 2, 1, 3, 4, 5, 0x30, 0x80, 2, 1, 3][..],
        &[0x30, 0x83, 0x7F, 0xFF, 0xFF, 2, 1, 3, 0x30, 0x80, 4, 0x0A],
        &[0x30, 0x83, 0x00, 0x40, 0x00, 2, 1, 0, 4, 0x08],
        b"MIICIDCCAaWgAwIBAg",
        b"MIIBIAYJKoZIhvcNAQcC ",
        b"-----BEGIN CERTIFICATE",
        b"# -----BEGIN CERTIFICATE-----",
        b"0000",
        b"\x30\x82",
    ] {
        let began = std::time::Instant::now();
        let bytes = unit.repeat((1 << 18) / unit.len());
        drop(read_certificates(&bytes, &mut no_passphrase));
        drop(read_certificates(&[&piece("PEM").bytes[..], &bytes].concat(), &mut no_passphrase));
        assert!(began.elapsed().as_secs() < 20, "{unit:?}: {:?}", began.elapsed());
    }
}
