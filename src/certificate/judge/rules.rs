//! The demands of the clients, one row each. Each client in a row has its evidence: it was run, or the rule is `read_in` a
//! named document or source file. The tests in `tests/judges` run the clients that work on Linux without a screen, and
//! contain Chrome's answers.

mod authority;
mod chain;
mod constraint;
mod dates;
mod encoding;
mod extension;
mod key;
mod leaf;
mod platform;
pub(super) mod row;
mod source;
mod strict;

use self::row::Rule;

/// All rules.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [
        chain::RULES,
        dates::RULES,
        encoding::RULES,
        leaf::RULES,
        key::RULES,
        authority::RULES,
        extension::RULES,
        constraint::RULES,
        strict::RULES,
        platform::RULES,
    ]
    .into_iter()
    .flatten()
}
