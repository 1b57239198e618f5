//! The commands and files of a restored state that labtrust would later run and write. They are shown before a restore,
//! because the maker of the backup chose them.

use anyhow::Result;
use labtrust_machine::{
    explain_undo,
    receipt::{ChangeRecord, parse},
};
use labtrust_plan::{SideEffect, text};
use serde::Serialize;

use super::plan::Plan;
use crate::{backup::Archive, hint::fail, state::Ca};

/// The commands and files, in titled parts.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Commands {
    parts: Vec<Part>,
}

/// Commands and files of one occasion.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Part {
    /// The occasion.
    pub what: String,
    /// The lines.
    pub lines: Vec<String>,
}

impl Commands {
    /// The commands and files that `plan` restores from `archive`.
    pub(crate) fn find(archive: &Archive, plan: &Plan<'_>) -> Result<Self> {
        let mut commands = Self::default();
        let own = Ca::among(archive).ok().flatten();
        for own in own.iter().flat_map(Ca::all) {
            let site = &own.notes.site;
            let paths = [&site.gitlab, &site.prepare, &site.out].into_iter().flatten();
            let paths = paths.map(|path| path.to_string_lossy().into_owned());
            for text in paths.chain(site.reload.clone()) {
                refuse_hidden(&text)?;
            }
            let paths = [&site.gitlab, &site.prepare, &site.out].into_iter().flatten();
            let mut lines: Vec<_> =
                paths.map(|path| format!("write the certificate and key into {}", path.display())).collect();
            lines.extend(site.reload.as_ref().map(|reload| format!("run {reload}")));
            commands.add("After each renewal, and when a certificate is installed:".to_owned(), lines);
        }
        for saved in &plan.receipts {
            let items = saved.items.iter().filter(|item| item.path.ends_with("receipt.json"));
            for receipt in items.filter_map(|item| parse(&item.contents).ok()) {
                for record in receipt.changes.iter().rev() {
                    let lines = lines_of(record);
                    for text in lines.iter().chain([&record.subject]) {
                        refuse_hidden(text)?;
                    }
                    commands.add(format!("Undoing {} ({}) does:", record.store, record.subject), lines);
                }
            }
        }
        Ok(commands)
    }

    fn add(&mut self, what: String, lines: Vec<String>) {
        let part = Part { what, lines };
        if !part.lines.is_empty() && !self.parts.contains(&part) {
            self.parts.push(part);
        }
    }

    /// The parts.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The parts as warnings, for runs that ask nobody.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        self.parts.iter().map(|Part { what, lines }| format!("{what} {}", lines.join("; ")))
    }
}

/// The effects of undoing `record` and of restarting its services, a line each.
fn lines_of(record: &ChangeRecord) -> Vec<String> {
    let mut lines = explain_undo(record);
    lines.extend(record.reload.side_effects.iter().filter_map(removed_before));
    lines.extend(record.side_effects.iter().filter_map(|kept| put_back(&kept.side_effect)));
    let services = record.reload.restart.iter().chain(&record.reload.skipped_restarts);
    lines.extend(
        services
            .filter_map(|service| service.restart.as_ref())
            .map(|command| format!("restart with {command}")),
    );
    lines
}

/// What of `side_effect` is removed before the updater runs.
fn removed_before(side_effect: &SideEffect) -> Option<String> {
    match side_effect {
        SideEffect::Bundle { stale, .. } => Some(format!("remove {}", stale.as_ref()?.display())),
        SideEffect::Links { folder, target } => {
            Some(format!("remove the links to {} in {}", target.display(), folder.display()))
        }
        SideEffect::Copies { folder, sha256 } => {
            Some(format!("remove the copies of {} in {}", sha256.short(), folder.display()))
        }
        SideEffect::Keystore { .. } | SideEffect::Neighbour { .. } => None,
    }
}

/// What of `side_effect` is put back after that.
fn put_back(side_effect: &SideEffect) -> Option<String> {
    match side_effect {
        SideEffect::Keystore { path, keytool: Some(keytool), .. } => {
            Some(format!("restore {} with {}", path.display(), keytool.display()))
        }
        SideEffect::Bundle { path, .. }
        | SideEffect::Keystore { path, keytool: None, .. }
        | SideEffect::Neighbour { path } => Some(format!("restore {}", path.display())),
        SideEffect::Links { .. } | SideEffect::Copies { .. } => None,
    }
}

/// Refuses control characters: they could hide a command on a terminal.
fn refuse_hidden(text: &str) -> Result<()> {
    if text.contains(text::is_hidden) {
        return Err(fail(
            format!("a command or path in the backup contains control characters: {}", text::in_line(text)),
            "do not use this file; restore a backup that `labtrust backup` made",
        ));
    }
    Ok(())
}
