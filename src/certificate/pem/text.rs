//! Cleans the text of PEM: UTF-16, and the characters that JSON, YAML, shells and mail programs add to Base64.

use zeroize::Zeroizing;

/// The bytes without nulls, copied to `room` if there are nulls. This turns the UTF-16 of markers and Base64 (PowerShell's
/// `>` writes it) into UTF-8, with or without a byte order mark.
pub(super) fn without_nulls<'a>(bytes: &'a [u8], room: &'a mut Zeroizing<Vec<u8>>) -> &'a [u8] {
    if !bytes.contains(&0) {
        return bytes;
    }
    room.reserve_exact(bytes.len());
    room.extend(bytes.iter().filter(|byte| **byte != 0));
    room
}

/// The Base64 letters in the body of a section. The buffer never grows, so it leaves no copies in memory. Headers (RFC
/// 1421) are skipped. Other characters stay, and the decoder refuses them.
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
            // Quotes around text, commas between list elements, and the quote sign of a mail.
            b'"' | b'\'' | b',' | b'>' => {}
            byte if byte.is_ascii_whitespace() => {}
            byte => letters.push(*byte),
        }
    }
}

/// Reads the characters after a backslash: `\n` and similar are white space, `\/` and `\u002b` are JSON's letters, and a
/// backslash at the end of a line is a shell's line continuation.
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
        // Not a letter of Base64: the decoder refuses it.
        _ => {
            letters.push(b'\\');
            line
        }
    }
}

/// Whether the body has the header of OpenSSL's encryption before PKCS #8.
pub(super) fn is_legacy_encrypted(body: &[u8]) -> bool {
    let has = |word: &[u8]| body.windows(word.len()).any(|window| window == word);
    has(b"Proc-Type:") && has(b"ENCRYPTED")
}
