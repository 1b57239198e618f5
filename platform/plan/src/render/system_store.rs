//! The system store of a distribution, read out of the plan of a machine of its family: no path is written twice.

use std::path::Path;

use super::rendering::Order;
use crate::{Anchor, Certificate, SideEffect, Step, shell_word, store};

/// The system store of a family of distributions.
pub(super) struct SystemStore {
    /// The folder of the administrator's anchors.
    pub folder: String,
    /// The ending of an anchor's file.
    pub ending: String,
    /// The updater without its arguments.
    pub tool: String,
    /// The command that makes the bundle again, as a shell line.
    pub update: String,
    /// The bundle that programs load.
    pub bundle: String,
}

impl SystemStore {
    /// That of the distribution `id`.
    pub(super) fn of(id: &str) -> Option<Self> {
        let anchor = Anchor::new(Certificate::new(*b"certificate"), Vec::new());
        let family = store::changes_by_family(&anchor).find(|family| family.ids.contains(&id))?;
        let Some(Step::Put { path, .. }) = family.change.steps.first() else { return None };
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let bundle = family.change.reload.side_effects.iter().find_map(|effect| match effect {
            SideEffect::Bundle { path, .. } => Some(text(path)),
            _ => None,
        })?;
        let arguments = &family.change.reload.applied.first()?.arguments;
        let words: Vec<_> = [family.tool].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        Some(Self {
            folder: text(path.parent()?),
            ending: text(Path::new(path.extension()?)),
            tool: family.tool.to_owned(),
            update: words.into_iter().map(shell_word).collect::<Vec<_>>().join(" "),
            bundle,
        })
    }

    /// The path of the file of `anchor`.
    pub(super) fn file(&self, anchor: &Anchor) -> String {
        format!("{}/{}.{}", self.folder, anchor.file_stem(), self.ending)
    }

    /// The files of all CAs.
    pub(super) fn files(&self, order: &Order<'_>) -> Vec<String> {
        order.anchors.iter().map(|anchor| self.file(anchor)).collect()
    }
}
