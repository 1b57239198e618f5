//! The file that a user hands to the administrator when a part of trust needs root: what, why, the fingerprint, the command and
//! the CA, in one. The command reads the CA from the file itself, so it needs no network.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_machine::{Outcome, Session, apply, receipt::ChangeRecord, session::OutcomeState};
use labtrust_plan::{Actor, Anchor, Change, Contents, Facts, ShellLine, Step, explain, store::Store, text};

use super::{source, stores::Planning, trust::receipt_name};
use crate::certificate::parsed::Parsed;

/// The store in the receipt that records the file.
const RECORDED_AS: &str = "administrator";

/// Whether `record` is of the file.
pub(crate) fn is_of(record: &ChangeRecord) -> bool {
    record.store.as_str() == RECORDED_AS
}

/// The options that the administrator's command repeats, and the file.
#[derive(Clone, Debug)]
pub(crate) struct AdminFile {
    /// The file, if a person chose it. Two CAs of a rotation need two files.
    pub chosen: Option<PathBuf>,
    /// The options that change what is trusted, such as `--expired`.
    pub options: Vec<&'static str>,
}

impl AdminFile {
    /// The file for `next`, the CA that follows: where a person chose a file, another one beside it.
    pub(crate) fn for_next(&self, next: &Anchor) -> Self {
        let beside = |path: &PathBuf| {
            let mut name = path.file_stem().unwrap_or_default().to_owned();
            name.push(format!("-{}", next.sha256().short()));
            if let Some(ending) = path.extension() {
                name.push(".");
                name.push(ending);
            }
            path.with_file_name(name)
        };
        Self { chosen: self.chosen.as_ref().map(beside), options: self.options.clone() }
    }

    /// Writes the file for `anchor` if `outcomes` leave something for root, and returns its path. A failure is added to
    /// `outcomes`.
    pub(crate) fn write(
        &self,
        session: &Session<'_>,
        anchor: &Anchor,
        planning: &Planning,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<Option<PathBuf>> {
        if !outcomes.iter().any(|outcome| outcome.needs_root) {
            return Ok(None);
        }
        let is_left = |change: &&Change| {
            let is_it =
                |outcome: &Outcome| outcome.store == change.store && outcome.subject == change.subject;
            outcomes.iter().any(|outcome| outcome.needs_root && is_it(outcome))
        };
        let left: Vec<&Change> = planning.changes.iter().filter(is_left).collect();
        let path = self.path(session.receipts.state(), anchor);
        let change = self.change(&path, &session.facts.user.name, anchor, &left)?;
        let written = apply(session, &receipt_name(anchor), Some(anchor), &[change])?;
        let is_written = written.iter().all(|outcome| outcome.state == OutcomeState::Trusted);
        outcomes.extend(written.into_iter().filter(|outcome| outcome.state != OutcomeState::Trusted));
        Ok(is_written.then_some(path))
    }

    /// The change that would write the file for `anchor` into the state folder `state`, if some of the changes `unmet` need
    /// root.
    pub(crate) fn planned(
        &self,
        facts: &Facts,
        state: &Path,
        anchor: &Anchor,
        unmet: &[Change],
    ) -> Result<Option<Change>> {
        let left: Vec<&Change> = unmet.iter().filter(|one| !one.actor.is_within_reach(facts)).collect();
        let change = || self.change(&self.path(state, anchor), &facts.user.name, anchor, &left);
        (!left.is_empty()).then(change).transpose()
    }

    fn change(&self, path: &Path, person: &str, anchor: &Anchor, left: &[&Change]) -> Result<Change> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let contents = Contents::Public(self.text(&name, person, anchor, left)?.into_bytes());
        let put = Step::Put { path: path.to_owned(), contents, mode: 0o644 };
        Ok(Change::of_files(RECORDED_AS, path, Actor::Caller, vec![put]))
    }

    fn path(&self, state: &Path, anchor: &Anchor) -> PathBuf {
        let own = || state.join(format!("administrator-{}.pem", anchor.sha256().short()));
        self.chosen.clone().unwrap_or_else(own)
    }

    fn text(&self, name: &str, person: &str, anchor: &Anchor, left: &[&Change]) -> Result<String> {
        let certificate = Parsed::from_der(anchor.certificate.der())?;
        let endpoints: Vec<_> = anchor.endpoints.iter().map(ToString::to_string).collect();
        let sha256 = anchor.sha256().to_string();
        let person = text::in_line(person);
        let title = certificate.title();
        let (title, can_sign) = (text::in_line(&title), source::can_sign(&certificate));
        let mut stores: Vec<&str> = left.iter().map(|change| change.store.as_str()).collect();
        stores.dedup();
        let title_of = |id: &&str| Store::find(id).map_or((*id).to_owned(), |store| store.title.to_owned());
        let titles: Vec<_> = stores.iter().map(title_of).collect();
        let mut text = format!(
            "A request to the administrator of this machine\n\n\
             {person} asks that this machine trust a certificate authority (CA), and cannot change these trust stores\n\
             without root: {}. Until they trust the CA, programs that use them fail with messages such as\n\
             \"x509: certificate signed by unknown authority\".\n\n",
            titles.join(", "),
        );
        for (what, value) in [
            ("CA", title.as_ref()),
            ("SHA-256", &sha256),
            ("can sign", &text::in_line(&can_sign)),
            ("until", &certificate.not_after.date().to_string()),
            ("for", &endpoints.join(", ")),
        ] {
            let _ = writeln!(text, "{what:<10}{value}");
        }
        let _ = writeln!(
            text,
            "\nCompare the SHA-256 with the one that the people who run the server name: `labtrust status` prints it\n\
             there. Then run this as root, in the folder of this file:\n\n  {}\n\nIt changes:\n",
            self.command(name, anchor, &stores),
        );
        for change in left {
            let _ = writeln!(text, "  {}: {}", change.store, text::in_line(&change.subject));
            for line in explain(change) {
                let _ = writeln!(text, "    {}", text::in_line(&line));
            }
        }
        let undo = ShellLine::of(["labtrust", "untrust", &sha256]);
        let _ =
            writeln!(text, "\nTo undo it:\n\n  {undo}\n\nThe CA:\n\n{}", anchor.certificate.pem().trim_end());
        Ok(text)
    }

    /// The command for root, in the folder of the file.
    fn command(&self, name: &str, anchor: &Anchor, stores: &[&str]) -> ShellLine {
        let sha256 = anchor.sha256().to_string();
        let mut words = vec!["labtrust".to_owned(), "trust".into(), format!("./{name}")];
        words.extend(["--fingerprint".to_owned(), sha256]);
        words.extend(self.options.iter().map(|option| (*option).to_owned()));
        words.extend(anchor.endpoints.iter().flat_map(|one| ["--for".to_owned(), one.to_string()]));
        words.extend(stores.iter().flat_map(|store| ["--store".to_owned(), (*store).to_owned()]));
        ShellLine::of(words)
    }
}

#[cfg(test)]
mod tests {
    use labtrust_plan::Certificate;

    use super::*;

    #[test]
    fn the_next_ca_has_a_file_of_its_own_beside_the_chosen_one() {
        let next =
            Anchor { certificate: Certificate::new([0x30, 0]), endpoints: Vec::new(), names: Vec::new() };
        for (chosen, expected) in [
            (Some("/home/a/for root.pem"), Some("/home/a/for root-e4f60d0aa6d7f3d3.pem")),
            (Some("/home/a/file"), Some("/home/a/file-e4f60d0aa6d7f3d3")),
            (None, None),
        ] {
            let file = AdminFile { chosen: chosen.map(PathBuf::from), options: Vec::new() };
            assert_eq!(file.for_next(&next).chosen, expected.map(PathBuf::from));
        }
    }
}
