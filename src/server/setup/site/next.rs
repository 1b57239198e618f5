//! The steps that a setup leaves to a person, and the reasons why clients do not get the certificate yet.

use std::path::PathBuf;

use labtrust_plan::{Fingerprint, Options, ShellLine};

use super::Site;
use crate::{
    by_hand::ByHand,
    gitlab::{Kind, Prepared, moved::Moved},
    hint::shell_line,
    printer::Printer,
};

impl Site {
    /// The next steps on this machine. `unmet` are the reasons why clients do not get the certificate yet.
    pub(crate) fn next(&self, unmet: &[String]) -> Vec<ByHand> {
        if !self.moved.is_empty() {
            return vec![ByHand::command(shell_line!("{labtrust setup{}}", Options(&self.options)))];
        }
        let prepared = self.prepared.iter().map(Prepared::start);
        let commands = prepared.chain(self.awaited()).map(ByHand::command);
        let next: Vec<_> =
            commands.chain(self.in_folder()).chain(self.port_advice.by_hand.iter().cloned()).collect();
        if !next.is_empty() || unmet.is_empty() || !self.missing_lines().1.is_empty() {
            return next;
        }
        // The reason is unknown: the doctor finds it out, on the way that clients take.
        let open = self.layout.promises.iter().find(|promise| unmet.contains(&promise.why));
        let doctor = |endpoint| ByHand::command(shell_line!("{labtrust doctor {}}", endpoint));
        open.map(|promise| doctor(&promise.endpoint)).into_iter().collect()
    }

    /// The command after which GitLab serves the installed certificate, if a person has to run it.
    fn awaited(&self) -> Option<ShellLine> {
        let installation = &self.installation;
        let reconfigures = self.reconfigures();
        if reconfigures && installation.reconfigure_by_hand().is_some() {
            return Some(installation.reconfigure());
        }
        match installation.kind {
            Kind::Folder | Kind::Out | Kind::Prepared => None,
            _ if !installation.running => installation.start(),
            _ if installation.control.is_none() && self.layout.is_reconfigured => {
                Some(installation.reconfigure())
            }
            _ => None,
        }
    }

    /// The same for a configuration folder whose GitLab was not found: it may run in a container, or elsewhere.
    fn in_folder(&self) -> Vec<ByHand> {
        let installation = &self.installation;
        if !matches!(installation.kind, Kind::Folder) {
            return Vec::new();
        }
        // A reconfigure starts nginx, but does not make it read a certificate that replaces another one.
        let reload = ["hup", "nginx"];
        let words =
            [(!self.is_replacement).then_some(&["reconfigure"][..]), self.had_pair.then_some(&reload[..])];
        let run = |gitlab_ctl: ShellLine| {
            words.into_iter().flatten().map(move |words| gitlab_ctl.clone().with(words))
        };
        let step = ByHand::remark("where this GitLab runs").run(run(installation.gitlab_ctl()));
        let container = "docker exec CONTAINER gitlab-ctl".into();
        let is_known = installation.compose.is_some();
        let or =
            (!is_known).then(|| ByHand::remark("if it runs in a container").run(run(container)).or_else());
        std::iter::once(step).chain(or).collect()
    }

    /// Whether GitLab has to be reconfigured.
    pub(super) fn reconfigures(&self) -> bool {
        self.configured.is_edited(&self.installation) || self.layout.is_reconfigured || self.is_begun
    }

    /// The reasons why clients do not get the leaf `sha256` with the certificate `sent_with`, a line each. Connects to
    /// the endpoints of clients where no proof was possible before.
    pub(crate) fn unmet(&self, sha256: Fingerprint, sent_with: Option<Fingerprint>) -> Vec<String> {
        let promises = self.layout.promises.iter().filter(|promise| !promise.is_kept(sha256, sent_with));
        let promises = promises.map(|promise| promise.why.clone());
        let mut unmet: Vec<String> = self.moved.iter().map(Moved::to_string).chain(promises).collect();
        if unmet.is_empty() && self.reconfigures() && self.installation.reconfigure_by_hand().is_some() {
            unmet.push("GitLab applies gitlab.rb only when it is reconfigured".into());
        }
        let (path, lines) = self.missing_lines();
        if !lines.is_empty() {
            unmet.push(format!("{} needs lines that labtrust cannot add", path.display()));
        }
        unmet
    }

    /// The same for a new leaf in the place of an old one: an endpoint that was proven on another port of this machine
    /// works as before.
    pub(crate) fn unmet_by_another(
        &self,
        sha256: Fingerprint,
        sent_with: Option<Fingerprint>,
    ) -> Vec<String> {
        let promises = self.layout.promises.iter().filter(|promise| !promise.is_served);
        let promises = promises.filter(|promise| !promise.is_kept(sha256, sent_with));
        self.moved.iter().map(Moved::to_string).chain(promises.map(|promise| promise.why.clone())).collect()
    }

    /// Prints the reasons why clients do not get the certificate yet, and the next steps on this machine.
    pub(crate) fn print_next(&self, printer: &Printer, unmet: &[String]) {
        if !unmet.is_empty() {
            printer.heading("Installed, but clients do not get it yet:");
        }
        for why in unmet {
            printer.say(format_args!("  {why}"));
        }
        ByHand::print_all(&self.next(unmet), printer, "Next, on this machine:");
    }

    /// Prints the lines to add to a gitlab.rb that labtrust cannot edit.
    pub(crate) fn print_missing_lines(&self, printer: &Printer) {
        let (path, lines) = self.missing_lines();
        if !lines.is_empty() {
            printer.heading(&format!("Add to {}:", path.display()));
            for line in &lines {
                printer.say(format_args!("  {line}"));
            }
            let commands = self.installation.apply_by_hand(&lines);
            printer.heading(if commands.len() > 1 { "These commands do so:" } else { "Then run:" });
            for command in commands {
                printer.command(command);
            }
        }
    }

    /// The same step for scripts.
    pub(crate) fn missing(&self) -> Option<ByHand> {
        let (path, lines) = self.missing_lines();
        let what = format!("add to {}", path.display());
        let apply = self.installation.apply_by_hand(&lines);
        (!lines.is_empty()).then(|| ByHand::remark(what).lines(lines).run(apply))
    }

    /// The file, and the lines to add.
    pub(crate) fn missing_lines(&self) -> (PathBuf, Vec<String>) {
        (self.installation.gitlab_rb(), self.configured.lines(&self.installation))
    }
}
