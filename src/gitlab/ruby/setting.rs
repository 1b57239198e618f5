//! A setting of gitlab.rb, as it is written.

use std::ops::Range;

use super::{origin::Origin, value::Value};

/// One assignment, or one setting that is written as a call: `external_url "…"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// `nginx['listen_port']` is `["nginx", "listen_port"]`.
    pub path: Vec<String>,
    /// Its value.
    pub value: Value,
    /// The statement, as written.
    pub text: String,
    /// The position of the value in the text.
    pub literal: Range<usize>,
    /// The line in which it begins, counted from 0.
    pub line: usize,
    /// Whether it is a whole line, outside any condition or loop.
    pub alone: bool,
    /// Whether it assigns to a local variable where a setting was meant, and so has no effect.
    pub inert: bool,
    /// Whether its hash is merged into earlier settings: `nginx.merge!('listen_port' => 8443)`.
    pub merges: bool,
    /// Where it was read.
    pub origin: Origin,
}
