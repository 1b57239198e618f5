//! The named parts of a template.

/// The names of parts, and what stands for them.
pub(super) type Parts = Vec<(&'static str, String)>;

/// The part called `name`; nothing if there is none.
pub(super) fn part<'p>(parts: &'p Parts, name: &str) -> &'p str {
    parts.iter().find(|(known, _)| *known == name).map_or("", |(_, part)| part)
}
