//! Reads the rows of a table in an `SQLite` database file (sqlite.org, "Database File Format"). Only what NSS writes is read:
//! tables with row ids, without a write-ahead log.

use std::collections::{BTreeMap, BTreeSet};

/// A row: its values that are text or blobs, by the name of their column.
pub(crate) type Row = BTreeMap<String, Vec<u8>>;

/// The beginning of every file, and the length of its header.
const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER: usize = 100;
/// The first byte of a page of a table: with rows, or with other pages.
const LEAF: u8 = 0x0d;
const INTERIOR: u8 = 0x05;
/// The value of the format version, at byte 19, of a file that another program reads without a write-ahead log.
const WITHOUT_LOG: u8 = 1;

/// The rows of the table `name` in `file`; none if the file is damaged, of another format, or has no such table.
pub(crate) fn rows(file: &[u8], name: &str) -> Option<Vec<Row>> {
    let file = File::open(file)?;
    for schema in file.records(1)? {
        let text = |index: usize| std::str::from_utf8(schema.get(index)?.bytes()?).ok();
        if text(0) == Some("table") && text(1) == Some(name) {
            let (columns, root) = (columns(text(4)?), schema.get(3)?.number()?);
            let records = file.records(root)?.into_iter();
            return Some(records.map(|record| row(&columns, record)).collect());
        }
    }
    None
}

/// The names of the columns in the statement that creates a table.
fn columns(statement: &str) -> Vec<String> {
    let list = statement.split_once('(').map_or("", |(_, list)| list.trim_end().trim_end_matches(')'));
    list.split(',').filter_map(|column| column.split_whitespace().next()).map(str::to_owned).collect()
}

fn row(columns: &[String], record: Vec<Value>) -> Row {
    let values = columns.iter().zip(record);
    values
        .filter_map(|(name, value)| match value {
            Value::Bytes(bytes) => Some((name.clone(), bytes)),
            Value::Number(_) | Value::Other => None,
        })
        .collect()
}

/// A value of a record.
enum Value {
    Bytes(Vec<u8>),
    Number(usize),
    Other,
}

impl Value {
    fn bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    fn number(&self) -> Option<usize> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }
}

struct File<'a> {
    bytes: &'a [u8],
    page: usize,
    /// The bytes of a page that hold content.
    usable: usize,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.get(..HEADER).filter(|header| header.starts_with(MAGIC))?;
        let page = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 1 << 16,
            size => usize::from(size),
        };
        let usable = page.checked_sub(usize::from(header[20]))?;
        (header[19] == WITHOUT_LOG && page.is_power_of_two() && usable >= 480).then_some(Self {
            bytes,
            page,
            usable,
        })
    }

    /// The page `number`, counted from 1.
    fn page(&self, number: usize) -> Option<&'a [u8]> {
        let start = number.checked_sub(1)?.checked_mul(self.page)?;
        self.bytes.get(start..start.checked_add(self.page)?)
    }

    /// All records of the table whose first page is `root`.
    fn records(&self, root: usize) -> Option<Vec<Vec<Value>>> {
        let (mut records, mut visited, mut next) = (Vec::new(), BTreeSet::new(), vec![root]);
        // All records together are never longer than the file: cells that share bytes would fill the memory.
        let mut free = self.bytes.len();
        while let Some(number) = next.pop() {
            // A page that is reached twice is a circle.
            if !visited.insert(number) {
                return None;
            }
            let page = self.page(number)?;
            let head = if number == 1 { HEADER } else { 0 };
            let kind = *page.get(head)?;
            let pointers = head + if kind == INTERIOR { 12 } else { 8 };
            for cell in 0..number16(page, head + 3)? {
                let cell = page.get(number16(page, pointers + 2 * cell)?..)?;
                match kind {
                    LEAF => {
                        let payload = self.payload(cell, free)?;
                        free -= payload.len();
                        records.push(record(&payload)?);
                    }
                    INTERIOR => next.push(number32(cell, 0)?),
                    _ => return None,
                }
            }
            if kind == INTERIOR {
                next.push(number32(page, head + 8)?);
            }
        }
        Some(records)
    }

    /// The whole payload of a cell, of which a large one continues on other pages; none if it is longer than `room`, as
    /// with a circle of pages.
    fn payload(&self, mut cell: &[u8], room: usize) -> Option<Vec<u8>> {
        let length = varint(&mut cell).filter(|length| *length <= room)?;
        varint(&mut cell)?;
        let (most, least) = (self.usable - 35, (self.usable - 12) * 32 / 255 - 23);
        let fitting = least + length.saturating_sub(least) % (self.usable - 4);
        let local = if length <= most {
            length
        } else if fitting <= most {
            fitting
        } else {
            least
        };
        let mut payload = cell.get(..local)?.to_vec();
        let mut next = if local < length { number32(cell, local)? } else { 0 };
        while payload.len() < length {
            let page = self.page(next)?;
            let part = (length - payload.len()).min(self.usable - 4);
            payload.extend_from_slice(page.get(4..4 + part)?);
            next = number32(page, 0)?;
        }
        Some(payload)
    }
}

/// The values of a record.
fn record(payload: &[u8]) -> Option<Vec<Value>> {
    let mut header = payload;
    let length = varint(&mut header)?;
    let begun = payload.len() - header.len();
    let mut header = payload.get(begun..length)?;
    let mut body = payload.get(length..)?;
    let mut values = Vec::new();
    while !header.is_empty() {
        let kind = varint(&mut header)?;
        let size = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => (kind - 12) / 2,
        };
        let (value, rest) = body.split_at_checked(size)?;
        body = rest;
        values.push(match kind {
            8 | 9 => Value::Number(kind - 8),
            1..=6 => Value::Number(
                value.iter().fold(0, |number: usize, byte| number.wrapping_shl(8) | usize::from(*byte)),
            ),
            0 | 7 => Value::Other,
            _ => Value::Bytes(value.to_vec()),
        });
    }
    Some(values)
}

/// Takes a number of one to nine bytes from the beginning of `bytes`.
fn varint(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0_u64;
    for index in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if index == 8 {
            number = number << 8 | u64::from(*byte);
        } else {
            number = number << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    usize::try_from(number).ok()
}

fn number16(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_be_bytes(bytes.try_into().ok()?)))
}

fn number32(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_none_or_damaged_has_no_rows() {
        let mut file = vec![0; 4096];
        file[..16].copy_from_slice(MAGIC);
        file[16] = 0x10;
        file[19] = WITHOUT_LOG;
        for (kind, cells) in [(LEAF, 0), (LEAF, 9), (INTERIOR, 1), (0, 0)] {
            file[HEADER] = kind;
            file[HEADER + 4] = cells;
            assert_eq!(rows(&file, "nssPublic"), None, "{kind} {cells}");
        }
        // Every cell is the whole file.
        file[HEADER] = LEAF;
        file[HEADER + 3] = 0x0f;
        for cell in file[HEADER + 8..].chunks_exact_mut(2) {
            cell.copy_from_slice(&[0x9f, 0x60]);
        }
        assert_eq!(rows(&file, "nssPublic"), None);
        for other in [&b""[..], MAGIC, b"not a database"] {
            assert_eq!(rows(other, "nssPublic"), None);
        }
    }
}
