//! What the server serves.

/// A file that is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedFile {
    /// Its path in the URL, with the slash at its beginning: ASCII letters, digits, and `-._/`.
    pub path: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Further headers, such as a Content-Security-Policy.
    pub headers: Vec<(&'static str, String)>,
    /// Its contents.
    pub contents: Vec<u8>,
}
