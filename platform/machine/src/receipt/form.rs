//! The file format of a receipt: a JSON document, and below it one line for each change that was updated since. Updating a
//! change costs one line, however many changes there are.

use labtrust_plan::{StoreId, text};
use serde::{Deserialize, Serialize};

use super::{ChangeRecord, Receipt};

/// The version of the format that this program writes; it reads all older ones.
pub const SCHEMA: u32 = 2;

/// The version without lines below the document.
const WITHOUT_LINES: u32 = 1;

/// One line below the document.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Line<'a> {
    /// The new record of a change.
    Change(&'a ChangeRecord),
    /// A change that was undone.
    Gone {
        /// Its store.
        store: &'a StoreId,
        /// Its subject.
        subject: &'a str,
    },
}

impl<'a> Line<'a> {
    /// The line for `record`, which was undone.
    pub(crate) fn gone(record: &'a ChangeRecord) -> Self {
        Self::Gone { store: &record.store, subject: &record.subject }
    }
}

/// A line as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ReadLine {
    Change(Box<ChangeRecord>),
    Gone { store: StoreId, subject: String },
}

/// The document of `receipt`.
pub(super) fn document(receipt: &Receipt) -> Result<Vec<u8>, String> {
    let mut bytes = serde_json::to_vec_pretty(receipt).map_err(|error| error.to_string())?;
    // A receipt that cannot be read again cannot be undone.
    parse(&bytes)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The bytes of `lines`; `receipt` is updated with them.
pub(super) fn append(receipt: &mut Receipt, lines: &[Line<'_>]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for line in lines {
        let json = serde_json::to_vec(line).map_err(|error| error.to_string())?;
        read_line(&json).map_err(|error| text::json_fault(&error))?.apply(receipt);
        bytes.extend(json);
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// Parses a receipt, in any version that was ever released.
pub fn parse(bytes: &[u8]) -> Result<Receipt, String> {
    #[derive(Deserialize)]
    struct Schema {
        schema: u32,
    }
    let corrupt = |error: serde_json::Error| format!("is not a receipt: {}", text::json_fault(&error));
    let mut documents = serde_json::Deserializer::from_slice(bytes).into_iter::<Schema>();
    let first = documents.next().unwrap_or_else(|| serde_json::from_slice(bytes));
    let (document, lines) = match first.map_err(corrupt)?.schema {
        WITHOUT_LINES => (bytes, &bytes[bytes.len()..]),
        SCHEMA => bytes.split_at(documents.byte_offset()),
        other => return Err(format!("has schema {other}, which a newer labtrust wrote: use that version")),
    };
    let mut receipt: Receipt = serde_json::from_slice(document).map_err(corrupt)?;
    receipt.schema = SCHEMA;
    for line in lines.split_inclusive(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        // The run was killed, or the power failed, while it wrote this line: its end is missing, or its bytes are not
        // on the disk. A step is applied only after its line is written, so this step and later ones were not applied.
        match read_line(line) {
            Ok(line) => line.apply(&mut receipt),
            Err(_) if !line.ends_with(b"\n") || line.contains(&0) => break,
            Err(error) => return Err(corrupt(error)),
        }
    }
    Ok(receipt)
}

fn read_line(line: &[u8]) -> serde_json::Result<ReadLine> {
    serde_json::from_slice(line)
}

impl ReadLine {
    fn apply(self, receipt: &mut Receipt) {
        match self {
            Self::Change(change) => match receipt.index_of(&change.store, &change.subject) {
                Some(index) => receipt.changes[index] = *change,
                None => receipt.changes.push(*change),
            },
            Self::Gone { store, subject } => {
                if let Some(index) = receipt.index_of(&store, &subject) {
                    receipt.changes.remove(index);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::Phase;
    use labtrust_plan::{Actor, Proof, Reload};

    fn change(subject: &str, phase: Phase) -> ChangeRecord {
        ChangeRecord {
            store: StoreId::new("docker"),
            subject: subject.into(),
            actor: Actor::Caller,
            phase,
            in_effect_since: None,
            reload: Reload::default(),
            proof: Proof::Files { files: Vec::new() },
            steps: Vec::new(),
            proven: 0,
            side_effects: Vec::new(),
        }
    }

    /// A file with one change and three lines: that change goes further, another comes, and it goes again.
    fn file() -> (Vec<u8>, usize) {
        let mut receipt = Receipt::new("setup", None);
        receipt.changes.push(change("one", Phase::Applying));
        let mut bytes = document(&receipt).expect("a receipt");
        let end_of_document = bytes.len();
        let (one, two) = (change("one", Phase::Applied), change("two", Phase::Applying));
        let lines = [Line::Change(&one), Line::Change(&two), Line::gone(&two)];
        bytes.extend(append(&mut receipt, &lines).expect("lines"));
        assert_eq!(stands(&receipt), ["one Applied"]);
        (bytes, end_of_document)
    }

    fn stands(receipt: &Receipt) -> Vec<String> {
        receipt.changes.iter().map(|change| format!("{} {:?}", change.subject, change.phase)).collect()
    }

    #[test]
    fn lines_are_read_as_what_they_made_of_the_receipt() {
        let (bytes, end) = file();
        assert_eq!(stands(&parse(&bytes).expect("a receipt")), ["one Applied"]);
        assert_eq!(stands(&parse(&bytes[..end]).expect("a receipt")), ["one Applying"]);
    }

    #[test]
    fn wherever_the_last_line_is_torn_the_lines_before_it_count() {
        let (bytes, end) = file();
        for length in end..=bytes.len() {
            let (whole, torn) = (&bytes[..length], &bytes[length..]);
            let lines = whole[end..].split(|byte| *byte == b'\n').count() - 1;
            let is_whole_line = |line: &[u8]| serde_json::from_slice::<serde_json::Value>(line).is_ok();
            let lines = lines
                + usize::from(is_whole_line(
                    whole[end..].split(|byte| *byte == b'\n').next_back().unwrap_or_default(),
                ));
            let expected: &[&str] = match lines {
                0 => &["one Applying"],
                2 => &["one Applied", "two Applying"],
                _ => &["one Applied"],
            };
            assert_eq!(stands(&parse(whole).expect("a receipt")), expected, "{length}");
            // A file system may have made room for what was never written.
            let zeros = [whole, &vec![0; torn.len()]].concat();
            assert!(parse(&zeros).is_ok(), "{length} and zeros");
            // It may have written a later part and not an earlier one.
            let holed = [whole, &vec![0; torn.len()], b"\n{\"gone\":", b"\n"].concat();
            assert!(torn.is_empty() || parse(&holed).is_ok(), "{length}, zeros and more");
        }
    }

    #[test]
    fn what_is_damaged_elsewhere_is_no_receipt() {
        let (bytes, end) = file();
        let first_line = bytes[end..].iter().position(|byte| *byte == b'\n').expect("a line");
        for damaged in [
            [&bytes[..end - 10], &bytes[end..]].concat(),
            [&bytes[..end], b"{\n", &bytes[end..]].concat(),
            [&bytes[..end + 5], &bytes[end + first_line..]].concat(),
            // The last line was whole once.
            [&bytes[..bytes.len() - 3], b"x}\n"].concat(),
            bytes[..end - 3].to_vec(),
            Vec::new(),
        ] {
            assert!(parse(&damaged).is_err(), "{}", String::from_utf8_lossy(&damaged));
        }
    }

    #[test]
    fn a_receipt_of_the_old_form_is_read_and_has_no_lines() {
        let old = include_bytes!("../../../../fuzz/seeds/receipts/setup.json");
        let receipt = parse(old).expect("a receipt");
        assert!(!receipt.changes.is_empty());
        assert_eq!(receipt.schema, SCHEMA);
        assert!(parse(&[&old[..], b"{"].concat()).is_err());
    }
}
