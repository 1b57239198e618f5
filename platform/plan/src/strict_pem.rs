//! Reads PEM as strictly as the programs that load a trust store. They accept less than people write: OpenSSL loads nothing
//! from a file with a broken section, and Go (Docker, its daemon and its tools) skips that section. Both are compared with
//! this code in `tests/judges/stores.rs`.

use rustls_pki_types::{CertificateDer, pem::PemObject};

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
const CERTIFICATE: &[u8] = b"CERTIFICATE";

/// The end of the marks of every private key in PEM (RFC 7468, RFC 1421).
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY-----";

/// Whether `text` contains a private key.
pub fn holds_private_key(text: &[u8]) -> bool {
    text.windows(PRIVATE_KEY.len()).any(|window| window == PRIVATE_KEY)
}

/// A section whose end was not read yet.
struct Open<'t> {
    name: &'t [u8],
    lines: Vec<&'t [u8]>,
}

/// The certificates in `text` that Go loads, and whether all sections are intact, so that OpenSSL loads them too.
pub(crate) fn read(text: &[u8]) -> (Vec<Vec<u8>>, bool) {
    let (mut certificates, mut whole) = (Vec::new(), true);
    let mut open: Option<Open<'_>> = None;
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii_end();
        let begins = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(DASHES));
        if let Some(name) = begins {
            // The section before it has no end.
            whole &= open.is_none();
            open = Some(Open { name, lines: Vec::new() });
        } else if let Some(end) = line.strip_prefix(END) {
            let Some(section) = open.take() else { continue };
            if end.strip_suffix(DASHES) != Some(section.name) {
                // Another marker is on the same line, or the end belongs to another section.
                whole = false;
            } else if section.name == CERTIFICATE {
                match section.certificate() {
                    Some(der) => certificates.push(der),
                    None => whole = false,
                }
            }
        } else if let Some(section) = &mut open {
            section.lines.push(line);
        }
    }
    (certificates, whole && open.is_none())
}

impl Open<'_> {
    /// Its certificate, if it is one without headers.
    fn certificate(&self) -> Option<Vec<u8>> {
        let body = self.lines.join(&b'\n');
        if body.contains(&b':') {
            return None;
        }
        let section =
            [b"-----BEGIN CERTIFICATE-----\n", &body[..], b"\n-----END CERTIFICATE-----\n"].concat();
        let der = CertificateDer::from_pem_slice(&section).ok()?;
        is_one_sequence(&der).then(|| der.to_vec())
    }
}

/// Whether `der` is exactly one DER SEQUENCE. A truncated or doubled certificate is not.
pub fn is_one_sequence(der: &[u8]) -> bool {
    let (header, length) = match der {
        [0x30, short, ..] if *short < 0x80 => (2, usize::from(*short)),
        [0x30, 0x81, a, ..] => (3, usize::from(*a)),
        [0x30, 0x82, a, b, ..] => (4, usize::from(*a) << 8 | usize::from(*b)),
        [0x30, 0x83, a, b, c, ..] => (5, usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c)),
        _ => return false,
    };
    der.len() == header + length
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMAIB\nAQ==\n-----END CERTIFICATE-----\n";

    #[test]
    fn a_section_counts_as_it_does_for_openssl_and_go() {
        let line = PEM.trim_end();
        let trusted = PEM.replace("CERTIFICATE", "TRUSTED CERTIFICATE");
        for (what, text, expected) in [
            ("plain", PEM.repeat(2), (2, true)),
            ("no line feed at the end", line.to_owned(), (1, true)),
            ("CRLF", PEM.replace('\n', "\r\n"), (1, true)),
            ("spaces at the end of lines", PEM.replace('\n', "  \n"), (1, true)),
            ("a body that is indented", PEM.replace("\nMAIB", "\n   MAIB"), (1, true)),
            ("text around it", format!("# ours\nsubject: x\n{PEM}and more\n"), (1, true)),
            ("another kind before it", format!("{trusted}{PEM}"), (1, true)),
            (
                "a key with headers before it",
                format!(
                    "{}{PEM}",
                    PEM.replace("CERTIFICATE-----\nM", "KEY-----\nA: b\n\nM")
                        .replace("END CERTIFICATE", "END KEY")
                ),
                (1, true),
            ),
            // Neither reads the first section.
            ("indented", format!("  {PEM}{PEM}"), (1, true)),
            ("a byte order mark", format!("\u{feff}{PEM}{PEM}"), (1, true)),
            ("words after the beginning", PEM.replacen("-----\n", "----- # ours\n", 1) + PEM, (1, true)),
            // OpenSSL loads nothing.
            ("markers that share a line", format!("{line}{PEM}"), (0, false)),
            ("markers that share a line, and more", format!("{line}{PEM}{PEM}"), (1, false)),
            ("words after the end", format!("{line} # ours\n{PEM}"), (1, false)),
            ("another end", format!("{}{PEM}", PEM.replace("END CERT", "END X509 CERT")), (1, false)),
            ("cut off before the next", format!("{}{PEM}", &PEM[..33]), (1, false)),
            ("cut off at the end", format!("{PEM}{}", &PEM[..32]), (1, false)),
            ("no Base64", format!("{}{PEM}", PEM.replace("MAIB", "M!IB")), (1, false)),
            ("headers", PEM.replace("MAIB", "A: b\n\nMAIB"), (0, false)),
        ] {
            let (certificates, whole) = read(text.as_bytes());
            assert_eq!((certificates.len(), whole), expected, "{what}");
        }
    }
}
