//! PEM in all kinds of text, and damaged PEM.

use super::*;

const PEM: &str = "-----BEGIN CERTIFICATE-----\nAAECAwQF\nBgcICQ==\n-----END CERTIFICATE-----\n";
const DER: [u8; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

#[test]
fn certificates_are_found_in_whatever_text_they_stand() {
    let utf16 = |bom: [u8; 2], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        bom.into_iter().chain(PEM.replace('\n', "\r\n").encode_utf16().flat_map(bytes)).collect()
    };
    for (what, bytes) in [
        ("plain", PEM.as_bytes().to_vec()),
        ("CRLF", PEM.replace('\n', "\r\n").into_bytes()),
        ("CR", PEM.replace('\n', "\r").into_bytes()),
        ("no line feed at the end", PEM.trim_end().as_bytes().to_vec()),
        ("byte order mark", [b"\xEF\xBB\xBF", PEM.as_bytes()].concat()),
        ("UTF-16 LE", utf16([0xFF, 0xFE], u16::to_le_bytes)),
        ("UTF-16 BE", utf16([0xFE, 0xFF], u16::to_be_bytes)),
        ("indented", PEM.replace('\n', "\n    ").into_bytes()),
        (
            "bag attributes",
            format!("Bag Attributes\n    friendlyName: x\nsubject=CN = x\n{PEM}").into_bytes(),
        ),
        ("bytes of another encoding", [b"friendlyName: \xE4\xF6\n", PEM.as_bytes()].concat()),
        ("other label", PEM.replace("CERTIFICATE", "X509 CERTIFICATE").into_bytes()),
        ("one line", PEM.replace('\n', "").into_bytes()),
        ("spaces for line ends", PEM.replace('\n', " ").into_bytes()),
        ("JSON", format!("{{\"ca\": \"{}\"}}", PEM.replace('\n', "\\n")).into_bytes()),
        ("JSON in JSON", format!("{{\"ca\": \"{}\"}}", PEM.replace('\n', "\\\\r\\\\n")).into_bytes()),
        ("a list of lines", format!("[\"{}\"]", PEM.trim_end().replace('\n', "\",\n  \"")).into_bytes()),
        ("YAML", format!("ca: |\n  {}\nkey: x\n", PEM.replace('\n', "\n  ")).into_bytes()),
        ("a shell's variable", format!("export CA=\"{PEM}\"\n").into_bytes()),
        ("comments behind it", PEM.replace('\n', "  # ours\n").into_bytes()),
        ("lines that go on", PEM.replace('\n', "\\\n").into_bytes()),
        ("a mail", format!("> {}", PEM.replace('\n', "\n> ")).into_bytes()),
        ("UTF-16 LE without a mark", utf16([0xFF, 0xFE], u16::to_le_bytes)[2..].to_vec()),
        ("UTF-16 BE without a mark", utf16([0xFE, 0xFF], u16::to_be_bytes)[2..].to_vec()),
        ("a colon before it", PEM.replace("AAEC", "Comment: x\n\nAAEC").into_bytes()),
        ("signed by PGP", format!("-----BEGIN PGP SIGNED MESSAGE-----\n\n{PEM}").into_bytes()),
        (
            "words about markers",
            format!("put -----BEGIN ... here, BEGIN CERTIFICATE first\n{PEM}").into_bytes(),
        ),
    ] {
        let found = certificates(&bytes).expect(what);
        assert_eq!(found, [CertificateDer::from(DER.to_vec())], "{what}");
    }
}

#[test]
fn markers_that_share_a_line_hide_nothing() {
    let line = PEM.trim_end();
    for (what, text) in [
        ("no line feed between two files", format!("{line}{line}{line}\n")),
        ("hyphens in common", format!("{line}{line}").replace("----------", "-----")),
        ("a space between", format!("{line} {line} {line}")),
        ("another section between", format!("{line}{}{line}{line}", line.replace("CERTIFICATE", "X509 CRL"))),
    ] {
        let found = certificates(text.as_bytes()).expect(what);
        assert_eq!(found.len(), text.matches("AAEC").count() - usize::from(text.contains("CRL")), "{what}");
    }
    let commented = PEM.lines().map(|line| format!("  # {line}\n")).collect::<String>();
    let found = certificates(format!("{commented}{PEM}").as_bytes()).expect("one is commented out");
    assert_eq!(found.len(), 1);
}

#[test]
fn letters_that_json_escapes_are_letters() {
    let pem = "-----BEGIN CERTIFICATE-----\\n+/+/\\n-----END CERTIFICATE-----";
    let plain = certificates(pem.as_bytes()).expect("plain");
    for (letter, escaped) in [("+", "\\u002b"), ("+", "\\u002B"), ("/", "\\/"), ("/", "\\u002f")] {
        assert_eq!(certificates(pem.replace(letter, escaped).as_bytes()).expect(escaped), plain);
    }
    assert!(certificates(pem.replace('+', "\\u2b").as_bytes()).is_err());
}

#[test]
fn sections_keep_their_order_and_kind() {
    let text = |label: &str| PEM.replace("CERTIFICATE", label);
    let all = [
        "PRIVATE KEY",
        "CERTIFICATE",
        "EC PARAMETERS",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "PKCS7",
        "PKCS12",
        "NEW CERTIFICATE REQUEST",
    ]
    .map(text)
    .concat();
    let sections = read(all.as_bytes()).expect("sections");
    assert!(
        matches!(
            sections.as_slice(),
            [
                Section::Key(Key::Pkcs8(_)),
                Section::Certificate(_),
                Section::Other(_),
                Section::Key(Key::Pkcs1(_)),
                Section::Key(Key::Sec1(_)),
                Section::EncryptedKey(_),
                Section::Pkcs7(_),
                Section::Pkcs12(_),
                Section::Request(_),
            ]
        ),
        "{sections:?}"
    );
}

#[test]
fn an_old_encrypted_key_is_known_by_its_header() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAEC\n\
               -----END RSA PRIVATE KEY-----\n";
    assert!(matches!(read(key.as_bytes()).expect("a key").as_slice(), [Section::LegacyEncryptedKey]));
}

#[test]
fn damage_is_named_with_its_line() {
    let cut = PEM.replace("-----END CERTIFICATE-----\n", "");
    for (text, what) in [
        (cut.clone(), "starts in line 1 has no end"),
        (format!("\n{cut}{PEM}"), "starts in line 2 has no end"),
        (PEM.replace("AAEC", "A*EC"), "starts in line 1 is damaged"),
        (PEM.replace("CERTIFICATE", "PRIVATE KEY").replace("ICQ==", "*"), "the section PRIVATE KEY that"),
        (PEM.repeat(MAX_SECTIONS + 1), "more than 5000"),
        (" ".repeat(MAX_SIZE + 1), "larger than 16 MiB"),
        (format!("{PEM}{}", &PEM[28..]), "the section CERTIFICATE that ends in line 7 has no beginning"),
        (format!("{PEM}-{}", PEM.replace("-----BEGIN", "BEGIN")), "the marker BEGIN in line 5 is damaged"),
        (
            PEM.replace("CERTIFICATE-----\nAAEC", "CERTIFICATE----\nAAEC"),
            "the marker BEGIN in line 1 is damaged",
        ),
        (PEM.replace("-----BEGIN", "\u{2014}BEGIN"), "the marker BEGIN in line 1 is damaged"),
    ] {
        let error = read(text.as_bytes()).expect_err(what);
        assert!(error.to_string().contains(what), "{error}");
        assert!(crate::hint::hint_of(&error).is_some(), "{error}");
    }
    assert!(read(b"no section").expect("nothing").is_empty());
}

#[test]
fn what_is_written_is_read_back() {
    let der = CertificateDer::from((0..=255).collect::<Vec<u8>>());
    let text = write_certificates([&der, &der]);
    assert!(text.lines().all(|line| line.len() <= 64) && !text.contains('\r') && text.ends_with("-----\n"));
    assert_eq!(certificates(text.as_bytes()).expect("certificates"), [der.clone(), der]);
    assert!(write_key(&[1, 2, 3]).starts_with("-----BEGIN PRIVATE KEY-----\n"));
}
