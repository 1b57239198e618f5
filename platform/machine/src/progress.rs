//! What a run says while it works, so that nobody wonders whether it hangs.

/// Hears what is being done.
pub trait Progress {
    /// What begins now; may take seconds.
    fn begin(&self, what: &str);
    /// Something worth knowing, once.
    fn note(&self, what: &str);
}

/// Says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str) {}
    fn note(&self, _: &str) {}
}
