//! Recognises files that people give by mistake instead of a certificate, so that the message can say what to do.

use labtrust_machine::pkcs12::asn1;

use super::pem::Label;
use crate::hint::fail;

/// A kind of file that is neither a certificate nor a key.
struct OtherContent {
    /// The possible first bytes, in lower case and without white space.
    signs: &'static [&'static [u8]],
    what: &'static str,
    hint: &'static str,
}

const AGAIN: &str = "download it again with a browser, where you can log in; or ask the CA's administrator";
const FORMS: &str = "pass a file in one of these formats: PEM (with a line BEGIN CERTIFICATE), DER, PKCS #7 (.p7b), PKCS #12 (.p12, .pfx)";

/// The kinds of files, by their first bytes.
const CONTENTS: &[OtherContent] = &[
    OtherContent {
        signs: &[b"<!doctypehtml", b"<html", b"<head"],
        what: "this is a web page (HTML), such as a login page, not a certificate",
        hint: AGAIN,
    },
    OtherContent { signs: &[b"<?xml"], what: "this is XML, not a certificate", hint: AGAIN },
    OtherContent { signs: &[b"{\"", b"[{", b"[\""], what: "this is JSON, not a certificate", hint: AGAIN },
    OtherContent {
        signs: &[b"ssh-", b"ecdsa-sha2-", b"sk-ssh-", b"----beginssh2", b"putty-user-key"],
        what: "this is an SSH key, not one for HTTPS",
        hint: "pass the certificate, or the key that belongs to it",
    },
    OtherContent {
        signs: &[b"pk\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"bzh", b"\xfd7zxz", b"rar!"],
        what: "this is an archive (such as ZIP), not a certificate",
        hint: "unpack it, and pass the certificate file from it",
    },
    OtherContent {
        signs: &[b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"],
        what: "this is a Java keystore in its old format (JKS)",
        hint: "convert it, and pass the new file: keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 \
               -deststoretype pkcs12",
    },
    OtherContent {
        signs: &[b"mii"],
        what: "this is Base64 without its first and last line",
        hint: "put the lines -----BEGIN CERTIFICATE----- and -----END CERTIFICATE----- around it",
    },
    OtherContent {
        signs: &[b"ls0tls1crudjti"],
        what: "this is a PEM file in Base64, as Kubernetes' secrets hold it",
        hint: "decode it, and pass the new file: base64 -d FILE >NEW.pem",
    },
];

/// The messages, by the label of a PEM section, the most useful first.
const LABELS: &[(Label, &str, &str)] = &[
    (
        Label::Request,
        "this is a certificate signing request, not a certificate",
        "send it to the CA and use the certificate that you get, or sign it here: {labtrust sign --csr FILE}",
    ),
    (
        Label::SshKey,
        "this is an SSH key, not one for HTTPS",
        "pass the certificate, or the key that belongs to it",
    ),
    (
        Label::Pgp,
        "this is a PGP key or message, not a certificate",
        "pass the file that has a line BEGIN CERTIFICATE",
    ),
    (
        Label::Key,
        "the file holds a private key, and no certificate",
        "pass the file that has a line BEGIN CERTIFICATE, and show a private key to nobody",
    ),
    (
        Label::PublicKey,
        "the file holds a public key, and no certificate and no private key",
        "pass the file that has a line BEGIN CERTIFICATE or BEGIN PRIVATE KEY",
    ),
    (
        Label::RevocationList,
        "the file holds a list of revoked certificates (CRL), and no certificate",
        "pass the file that has a line BEGIN CERTIFICATE",
    ),
];

/// The error for a file without a usable section. `seen` are the labels in it.
pub(super) fn no_certificate_error(seen: &[Label]) -> anyhow::Error {
    let is_seen =
        |wanted: Label| seen.iter().any(|label| *label == wanted || (wanted == Label::Key && label.is_key()));
    match LABELS.iter().find(|(label, ..)| is_seen(*label)) {
        Some((_, what, hint)) => fail(*what, *hint),
        None => fail(
            "the file holds no certificate and no key",
            "pass the file that has a line BEGIN CERTIFICATE or BEGIN PRIVATE KEY",
        ),
    }
}

/// The error for bytes of an unknown format.
pub(super) fn unknown_content_error(bytes: &[u8]) -> anyhow::Error {
    let start = bytes.iter().take(64).filter(|byte| !byte.is_ascii_whitespace());
    let start: Vec<u8> = start.map(u8::to_ascii_lowercase).collect();
    if start.is_empty() {
        return fail("the file is empty", FORMS);
    }
    if let Some(other) = CONTENTS.iter().find(|other| other.signs.iter().any(|sign| start.starts_with(sign)))
    {
        return fail(other.what, other.hint);
    }
    match asn1::announced_length(bytes) {
        Some(length) if length > bytes.len() => fail(
            format!("the file is cut off, or is not a certificate: it has {} of {length} bytes", bytes.len()),
            "copy it again from its source",
        ),
        _ => fail("this is neither a certificate nor a key", FORMS),
    }
}
