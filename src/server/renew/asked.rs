//! The options of `renew`.

use crate::certificate::SubjectName;

/// The options of a renewal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked<'a> {
    /// Renew only if due: when a third of the certificate's life is left, or the given number of days.
    #[expect(clippy::option_option, reason = "the option can be given without its value")]
    pub if_expiring: Option<Option<u32>>,
    /// Additional names.
    pub names: &'a [SubjectName],
    /// Validity in days.
    pub days: Option<u32>,
    /// Whether to create a new key.
    pub new_key: bool,
}
