//! What text is made of before PEM is in it: UTF-16, byte order marks, and what JSON, YAML, shells and
//! mail programs put between the letters of Base64.

use zeroize::Zeroizing;

/// The bytes without a byte order mark; UTF-16 (what PowerShell's `>` writes), with a mark or without, as
/// UTF-8, in `room`.
pub(super) fn decoded<'a>(bytes: &'a [u8], room: &'a mut Zeroizing<Vec<u8>>) -> &'a [u8] {
    let (rest, unit): (_, Unit) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => return rest,
        [0xFF, 0xFE, rest @ ..] => (rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => (rest, u16::from_be_bytes),
        _ => match wide_marker(bytes) {
            Some(found) => found,
            None => return bytes,
        },
    };
    let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    // Two bytes become three at most.
    room.reserve_exact(rest.len() / 2 * 3);
    for character in char::decode_utf16(units) {
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        room.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    room
}

/// Makes a unit of UTF-16 of two bytes.
type Unit = fn([u8; 2]) -> u16;

/// Where UTF-16 without a mark starts, and its order of bytes: the word of a marker shows both.
fn wide_marker(bytes: &[u8]) -> Option<(&[u8], Unit)> {
    const LITTLE: &[u8] = b"-\0B\0E\0G\0I\0N\0 \0";
    const BIG: &[u8] = b"\0-\0B\0E\0G\0I\0N\0 ";
    // Every other byte of letters is null.
    if !bytes.iter().take(16).any(|byte| *byte == 0) {
        return None;
    }
    let orders: [(&[u8], Unit); 2] = [(LITTLE, u16::from_le_bytes), (BIG, u16::from_be_bytes)];
    orders.into_iter().find_map(|(word, unit)| {
        let at = bytes.windows(word.len()).position(|window| window == word)?;
        Some((&bytes[at % 2..], unit))
    })
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
