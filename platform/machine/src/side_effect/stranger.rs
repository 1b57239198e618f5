//! Whether the updater left a file in the folder of links, or another program put it there since.

use std::{ffi::OsStr, path::Path};

use labtrust_plan::SideEffect;

use crate::{
    Result,
    receipt::SideEffectRecord,
    world::{Node, World},
};

/// Whether another program has put a file there since: neither the saved one, nor what an updater leaves.
pub(super) fn is_strangers_since(world: &World, record: &SideEffectRecord) -> Result<bool> {
    let Some((path, before)) = neighbour(record) else { return Ok(false) };
    let found = world.look(path)?;
    Ok(found != *before && !is_updaters(path, before, &found))
}

/// Whether `found` is what an updater leaves at `path` in place of `before`.
pub(super) fn is_updaters(path: &Path, before: &Node, found: &Node) -> bool {
    match (before, found) {
        (Node::Link { .. }, Node::Absent) => true,
        (Node::File { .. } | Node::Link { .. }, Node::Link { target }) => target
            .file_name()
            .is_some_and(|name| Some(link_of(name).as_str()) == path.file_name().and_then(OsStr::to_str)),
        _ => false,
    }
}

/// The path of another program's file, and its saved state.
pub(super) fn neighbour(record: &SideEffectRecord) -> Option<(&Path, &Node)> {
    match &record.side_effect {
        SideEffect::Neighbour { path } => Some((path, &record.before)),
        _ => None,
    }
}

/// The name of the link to the anchor `name` (update-ca-certificates, `add`).
pub(super) fn link_of(name: &OsStr) -> String {
    let name = name.to_string_lossy();
    let stem = name.strip_suffix(".crt").unwrap_or(&name);
    let stem: String = stem
        .chars()
        .map(|character| match character {
            ' ' | ',' => '_',
            '(' | ')' => '=',
            other => other,
        })
        .collect();
    format!("{stem}.pem")
}
