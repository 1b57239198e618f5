//! The rest of a sealed CA: the certificates that it signed for later.

use std::fmt;

use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{certificate::sealed, state::Ca};

/// The certificates of a sealed CA after the present one.
#[derive(Debug, Serialize)]
pub(crate) struct SealedReport {
    /// How many there are.
    left: usize,
    /// The end of the last one, and of the CA.
    until: String,
}

impl SealedReport {
    /// Those of `own`, if it is sealed.
    pub(crate) fn of(own: &Ca, now: OffsetDateTime) -> Option<Self> {
        let last = own.periods.len().checked_sub(1)?;
        let left = last - sealed::current(own.periods.iter(), now);
        Some(Self { left, until: own.not_after().format(&Rfc3339).ok()? })
    }
}

impl fmt::Display for SealedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.until.split('T').next().unwrap_or(&self.until);
        match self.left {
            0 => write!(f, "no CA key exists; this is the last certificate, until {day}"),
            1 => write!(f, "no CA key exists; 1 more certificate, until {day}"),
            left => write!(f, "no CA key exists; {left} more certificates, the last until {day}"),
        }
    }
}
