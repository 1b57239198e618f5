//! A setting with a value that somebody chose.

use std::fmt;

use crate::gitlab::line::Line;

/// A setting whose chosen value must change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The line that sets it.
    pub line: Line,
    /// Whether it holds only under a condition.
    pub is_conditional: bool,
    /// The line that is needed.
    pub becomes: String,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [when, always] = if self.is_conditional { [" under a condition", " always"] } else { [""; 2] };
        write!(f, "{}{when}, and `{}` is needed{always}", self.line, self.becomes)
    }
}
