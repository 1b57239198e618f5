//! Messages between the two processes: a length, then JSON. File contents may be keys, so no buffer grows, which would leave
//! a copy in memory, and each buffer is wiped.

use std::io::{self, Read, Write};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use super::node::LARGEST_FILE;

/// A file's contents, as hexadecimal digits in a message.
#[derive(Clone)]
pub(super) struct Bytes(pub Zeroizing<Vec<u8>>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Zeroizing::new(String::with_capacity(2 * self.0.len()));
        for byte in self.0.iter() {
            for half in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789abcdef"[usize::from(half)]));
            }
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Borrowed from the message, which is wiped.
        let text = <&str>::deserialize(deserializer)?;
        let half = |digit: u8| char::from(digit).to_digit(16).and_then(|half| u8::try_from(half).ok());
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 2));
        for pair in text.as_bytes().chunks(2) {
            let [high, low] = [pair.first(), pair.get(1)].map(|digit| digit.copied().and_then(half));
            match (high, low) {
                (Some(high), Some(low)) => bytes.push(high << 4 | low),
                _ => return Err(de::Error::custom("no pairs of hexadecimal digits")),
            }
        }
        Ok(Self(bytes))
    }
}

/// Sends `message`.
pub(super) fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    // Serialised twice: the first time only to learn the length.
    let mut length = Counter(0);
    serde_json::to_writer(&mut length, message)?;
    let mut text = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *text, message)?;
    to.write_all(&(length.0 as u64).to_le_bytes())?;
    to.write_all(&text)?;
    to.flush()
}

/// The next message as JSON; none at the end.
pub(super) fn receive(from: &mut impl Read) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut length = [0; 8];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u64::from_le_bytes(length);
    let room = usize::try_from(length).ok().filter(|_| length <= 3 * LARGEST_FILE);
    let room = room.ok_or_else(|| io::Error::other("its message is larger than any file"))?;
    let mut text = Zeroizing::new(vec![0; room]);
    from.read_exact(&mut text)?;
    Ok(Some(text))
}

/// Counts the bytes that are written to it.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_arrives_and_what_is_cut_off_or_too_long_does_not() -> io::Result<()> {
        let all: Vec<u8> = (0..=255).collect();
        let mut pipe = Vec::new();
        send(&mut pipe, &Bytes(Zeroizing::new(all.clone())))?;
        let text = receive(&mut &pipe[..])?.expect("a message");
        let again: Bytes = serde_json::from_slice(&text)?;
        assert_eq!(*again.0, all);
        assert!(receive(&mut &pipe[..0])?.is_none());
        assert!(receive(&mut &pipe[..pipe.len() - 1]).is_err());
        assert!(receive(&mut &[0xff; 9][..]).is_err());
        for wrong in ["\"0\"", "\"0g\"", "7"] {
            assert!(serde_json::from_str::<Bytes>(wrong).is_err(), "{wrong}");
        }
        Ok(())
    }
}
