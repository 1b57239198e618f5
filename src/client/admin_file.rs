//! The file that a user hands to the administrator when a part of trust needs root: what, why, the fingerprint, the command and
//! the CA, in one. The command reads the CA from the file itself, so it needs no network.

use std::{fmt::Write as _, path::PathBuf};

use anyhow::Result;
use labtrust_machine::{Outcome, Session, apply, session::OutcomeState};
use labtrust_plan::{Actor, Anchor, Change, Contents, ShellLine, Step, explain, store::Store, text};

use super::{source, stores::Planning, trust::receipt_name};
use crate::certificate::parsed::Parsed;

/// The store in the receipt that records the file.
const RECORDED_AS: &str = "administrator";

/// The options that the administrator's command repeats, and the file.
#[derive(Clone, Debug)]
pub(crate) struct AdminFile {
    /// The file, if a person chose it. Two CAs of a rotation need two files.
    pub chosen: Option<PathBuf>,
    /// The options that change what is trusted, such as `--expired`.
    pub options: Vec<&'static str>,
}

impl AdminFile {
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
        let path = self.path(session, anchor);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_left = |change: &&Change| {
            let is_it =
                |outcome: &Outcome| outcome.store == change.store && outcome.subject == change.subject;
            outcomes.iter().any(|outcome| outcome.needs_root && is_it(outcome))
        };
        let left: Vec<&Change> = planning.changes.iter().filter(is_left).collect();
        let person = &session.facts.user.name;
        let contents = Contents::Public(self.text(&name, person, anchor, &left)?.into_bytes());
        let put = Step::Put { path: path.clone(), contents, mode: 0o644 };
        let change = Change::of_files(RECORDED_AS, &path, Actor::Caller, vec![put]);
        let written = apply(session, &receipt_name(anchor), Some(anchor), &[change])?;
        let is_written = written.iter().all(|outcome| outcome.state == OutcomeState::Trusted);
        outcomes.extend(written.into_iter().filter(|outcome| outcome.state != OutcomeState::Trusted));
        Ok(is_written.then_some(path))
    }

    fn path(&self, session: &Session<'_>, anchor: &Anchor) -> PathBuf {
        let own = || session.receipts.state().join(format!("administrator-{}.pem", anchor.sha256().short()));
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
