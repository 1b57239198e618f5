//! The report of a certificate and its files, for `setup`, `import`, `renew` and `sign`.

use std::path::{Path, PathBuf};

use labtrust_plan::{Change, Fingerprint, ShellLine, Step};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::stores::{Remaining, StoreReport, until};
use crate::{by_hand::ByHand, certificate::Parsed, context::Context};

/// A certificate and its files, as JSON has them.
#[derive(Debug, Serialize)]
pub(crate) struct PairReport {
    pub sha256: Fingerprint,
    pub files: Vec<FileReport>,
    pub names: Vec<String>,
    pub not_after: String,
    pub stores: Vec<StoreReport>,
    #[serde(flatten)]
    pub remaining: Remaining,
    /// The next commands, in order: on this machine, then on each client.
    pub next: Vec<ShellLine>,
    /// The same commands with their purposes, and steps that no command does.
    pub by_hand: Vec<ByHand>,
    /// The reasons why clients do not get the certificate yet, a line each.
    pub unmet: Vec<String>,
    #[serde(skip)]
    until: String,
}

/// A file that was written.
#[derive(Debug, Serialize)]
pub(crate) struct FileReport {
    pub path: PathBuf,
    pub kind: &'static str,
}

impl PairReport {
    /// The report of `leaf`, whose chain ends in `root` and which `changes` installed.
    pub(crate) fn new(root: &Parsed, leaf: &Parsed, changes: &[&Change]) -> Self {
        let files = changes.iter().flat_map(|change| files_of(&change.steps));
        Self {
            sha256: root.fingerprint(),
            files: files.collect(),
            names: leaf.names.iter().map(ToString::to_string).collect(),
            not_after: leaf.not_after.format(&Rfc3339).unwrap_or_default(),
            stores: Vec::new(),
            remaining: Remaining::default(),
            next: Vec::new(),
            by_hand: Vec::new(),
            unmet: Vec::new(),
            until: until(leaf),
        }
    }

    /// Adds steps on this machine.
    pub(crate) fn leave(&mut self, by_hand: Vec<ByHand>) {
        for command in ByHand::commands_of(&by_hand) {
            if !self.next.contains(&command) {
                self.next.push(command);
            }
        }
        self.by_hand.extend(by_hand);
    }

    /// Prints the certificate, and the files for which `shown` is true.
    pub(crate) fn print(&self, context: &Context<'_>, shown: impl Fn(&FileReport) -> bool) {
        let printer = context.printer;
        printer.say(format_args!("certificate for {}", self.names.join(", ")));
        printer.say(format_args!("  until       {}", self.until));
        for file in self.files.iter().filter(|file| shown(file)) {
            printer.say(format_args!("  {:<11} {}", file.kind, file.path.display()));
        }
    }
}

/// The files that `steps` write, under the paths that a server reads: a link instead of the file behind it.
fn files_of(steps: &[Step]) -> Vec<FileReport> {
    // The switched link leads to a folder next to it.
    let is_switched = |target: &Path| target.components().count() == 1;
    let switched: Vec<_> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Link { path, target } if is_switched(target) => path.parent(),
            _ => None,
        })
        .collect();
    let is_behind = |path: &Path| switched.iter().any(|folder| path.starts_with(folder));
    let mut files: Vec<FileReport> = Vec::new();
    for step in steps {
        let (path, kind) = match step {
            Step::Put { path, .. } if is_behind(path) => continue,
            Step::Put { path, contents, .. } if contents.is_secret() => (path, "key"),
            Step::Put { path, .. } => (path, kind_of(path)),
            Step::Link { path, .. } if path.extension().is_some_and(|ending| ending == "key") => {
                (path, "key")
            }
            Step::Link { path, target } if !is_switched(target) => (path, kind_of(path)),
            Step::Edit { path, .. } => (path, "settings"),
            _ => continue,
        };
        if files.iter().all(|file| file.path != *path) {
            files.push(FileReport { path: path.clone(), kind });
        }
    }
    files
}

fn kind_of(path: &Path) -> &'static str {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !name.ends_with(".crt") {
        "settings"
    } else if name.starts_with("labtrust-") || name == "root.crt" {
        "ca"
    } else {
        "certificate"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_listed_as_what_it_is() {
        for (path, kind) in [
            ("/etc/gitlab/ssl/git.example.com.crt", "certificate"),
            ("/etc/gitlab/trusted-certs/labtrust-0123456789abcdef.crt", "ca"),
            ("/var/lib/labtrust/authority/root.crt", "ca"),
            ("/var/lib/labtrust/authority/intermediates.crt", "certificate"),
            ("/var/lib/labtrust/authority/setup.json", "settings"),
            ("/etc/cron.d/labtrust-renew", "settings"),
            ("/etc/systemd/system/labtrust-renew.timer", "settings"),
            ("/srv/gitlab/compose.yaml", "settings"),
        ] {
            assert_eq!(kind_of(Path::new(path)), kind, "{path}");
        }
    }
}
