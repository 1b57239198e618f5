//! An error with a hint. Both travel through an `anyhow` chain, so that `main` can print the hint below the error.

use std::fmt;

pub(crate) use labtrust_plan::{Hint, hint, shell_line};

use crate::exit::Misuse;

/// A failure, and a hint.
///
/// [`fmt::Display`] gives only the first; [`hint_of`] finds the second in any chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Advice {
    /// The failure, and the object that it concerns.
    pub what: String,
    /// The next step, with a command if there is one.
    pub hint: Hint,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Advice {}

/// A failure with its hint: `return Err(fail("the key is encrypted", "give its passphrase"))`.
pub(crate) fn fail(what: impl Into<String>, hint: impl Into<Hint>) -> anyhow::Error {
    Advice { what: what.into(), hint: hint.into() }.into()
}

/// The outermost hint in an error's chain, below any amount of context.
pub fn hint_of(error: &anyhow::Error) -> Option<Hint> {
    let advice = error.downcast_ref::<Advice>().map(|advice| advice.hint.clone());
    let misuse = || error.downcast_ref::<Misuse>().map(|misuse| misuse.hint.clone());
    advice.or_else(misuse).or_else(|| error.downcast_ref::<labtrust_machine::Error>()?.hint())
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_hint_is_found_through_context_of_either_kind() {
        let bare: anyhow::Result<()> = Err(fail("no key", "give --key"));
        let wrapped = bare.context("cannot read pair.pem").expect_err("it failed");
        assert_eq!(hint_of(&wrapped), Some("give --key".into()));
        assert_eq!(format!("{wrapped:#}"), "cannot read pair.pem: no key");

        let advised = std::fs::read("/nonexistent/file")
            .context(Advice { what: "cannot read".into(), hint: "look".into() })
            .context("outer")
            .expect_err("it failed");
        assert_eq!(hint_of(&advised), Some("look".into()));
        assert_eq!(hint_of(&anyhow::anyhow!("plain")), None);
    }
}
