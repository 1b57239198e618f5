//! What text is made of before PEM is in it: UTF-16, and what JSON, YAML, shells and mail programs put between
//! the letters of Base64.

use zeroize::Zeroizing;

/// The bytes without nulls, in `room` where there are any: what stands in markers and between them is UTF-8 then,
/// also where it was UTF-16 (what PowerShell's `>` writes), with a byte order mark or without.
pub(super) fn without_nulls<'a>(bytes: &'a [u8], room: &'a mut Zeroizing<Vec<u8>>) -> &'a [u8] {
    if !bytes.contains(&0) {
        return bytes;
    }
    room.reserve_exact(bytes.len());
    room.extend(bytes.iter().filter(|byte| **byte != 0));
    room
}

/// The letters of Base64 in the body of a section, with room for no more, so that no copy is left where a
/// buffer had to grow. Headers (RFC 1421) are passed over; what else belongs to no Base64 is kept, and is
/// for the decoder to refuse.
pub(super) fn letters(body: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut letters = Zeroizing::new(Vec::with_capacity(body.len()));
    for line in body.split(|byte| matches!(byte, b'\n' | b'\r')) {
        if line.iter().all(u8::is_ascii_alphanumeric) {
            letters.extend_from_slice(line);
        } else if !line.contains(&b':') {
            take_line(line, &mut letters);
        }
    }
    letters
}

fn take_line(mut line: &[u8], letters: &mut Vec<u8>) {
    while let [first, rest @ ..] = line {
        line = rest;
        match first {
            b'\\' => line = take_escaped(rest, letters),
            // A comment.
            b'#' => return,
            // Quotes around text, commas between the lines of a list, and the sign before a line of a mail.
            b'"' | b'\'' | b',' | b'>' => {}
            byte if byte.is_ascii_whitespace() => {}
            byte => letters.push(*byte),
        }
    }
}

/// Takes what follows a backslash: `\n` and the like are white space, `\/` and `\u002b` are letters to JSON,
/// and at the end of a line it is a shell's sign that the next one belongs to it.
fn take_escaped<'a>(line: &'a [u8], letters: &mut Vec<u8>) -> &'a [u8] {
    match line {
        [b'n' | b'r' | b't', rest @ ..] => rest,
        [] | [b'/' | b'\\' | b'"', ..] => line,
        [b'u', b'0', b'0', high, low, rest @ ..] => {
            let digit =
                |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            match (digit(high), digit(low)) {
                (Some(high), Some(low)) => take_line(&[high << 4 | low], letters),
                _ => letters.push(b'\\'),
            }
            rest
        }
        // No letter of Base64: the decoder refuses it.
        _ => {
            letters.push(b'\\');
            line
        }
    }
}

/// Whether the body has the header of OpenSSL's encryption from before PKCS #8.
pub(super) fn is_legacy_encrypted(body: &[u8]) -> bool {
    let has = |word: &[u8]| body.windows(word.len()).any(|window| window == word);
    has(b"Proc-Type:") && has(b"ENCRYPTED")
}
