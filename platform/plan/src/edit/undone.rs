//! What every kind of edit gives and checks.

/// No settings file is larger (1 MiB); what is, is not edited.
pub const LARGEST: usize = 1 << 20;

/// What is to be done to take an edit back, whatever else has changed in the file since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// Nothing: the value or block is as it was before.
    Already,
    /// The file gets these bytes.
    Bytes(Vec<u8>),
    /// The file goes: the edit made it, and nothing else is in it.
    Gone,
    /// Nothing: somebody else has changed that value or block, or the file is not what it was any more.
    Foreign,
}

/// `proxies.no-proxy`, as Docker's own messages and manual write it.
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
