//! What each client demands, one row each. Of each client in a row it is said how that is known: it was asked, or it
//! is `read_in` the document or the source that is named. The tests in `tests/judges` ask those again that
//! run on Linux without a screen, and hold what Chrome answered.

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
