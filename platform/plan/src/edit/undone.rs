//! The result of undoing an edit, and checks for all kinds of edits.

/// The largest file that is edited (1 MiB): settings files are smaller.
pub const LARGEST: usize = 1 << 20;

/// How to undo an edit, whatever else has changed in the file since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// There is nothing to do: the value, line or block is as before.
    Already,
    /// Write these bytes to the file.
    Bytes(Vec<u8>),
    /// Remove the file: the edit created it, and nothing else is in it.
    Gone,
    /// Leave the file as it is: somebody else has changed the value, line or block, or the file has another format now.
    Foreign,
}

/// The keys as one text such as `proxies.no-proxy`, as in Docker's messages and manual.
pub(super) fn title(keys: &[String]) -> String {
    keys.join(".")
}

/// Fails for a file that is too large to edit.
pub(super) fn check_size(bytes: Option<&[u8]>) -> Result<(), String> {
    match bytes {
        Some(bytes) if bytes.len() > LARGEST => Err(format!("is larger than {} MB", LARGEST >> 20)),
        _ => Ok(()),
    }
}
