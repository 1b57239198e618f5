//! Progress messages, so that a long run does not look stuck.

/// Receives progress messages.
pub trait Progress {
    /// A step begins that may take seconds.
    fn begin(&self, what: &str);
    /// A message that stays visible.
    fn note(&self, what: &str);
}

/// Ignores all messages.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str) {}
    fn note(&self, _: &str) {}
}
