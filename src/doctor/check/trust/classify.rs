//! Classifies why a daemon does not trust a registry, by its files.

use labtrust_plan::{Service, store::Scope};

use super::{
    anchors::{self, is_replaced, leads_to},
    chosen_root::with_trust,
    engine_trust::EngineTrust,
    folder,
};
use crate::{
    certificate::Parsed,
    doctor::{Case, Code, Finding, Fix, Restart, evidence::FolderSeen, unit::restart_line},
};

pub(super) const NEEDS_RESTART: Code = Code::error("daemon-needs-restart");
pub(super) const WRONG_EXTENSION: Code = Code::error("certsd-wrong-extension").explaining(FOLLOWS);
pub(super) const NOT_PEM: Code = Code::error("certsd-not-pem").explaining(FOLLOWS);
pub(super) const WRONG_NAME: Code = Code::error("certsd-wrong-name").explaining(FOLLOWS);
pub(super) const REPLACED: Code =
    Code::error("anchor-replaced").explaining(&["untrusted-docker", "untrusted-podman", "untrusted-system"]);
/// A CA that no store trusts is one cause, not two.
pub(super) const UNTRUSTED: Code =
    Code::error("untrusted-docker").explaining(&["untrusted-podman", "untrusted-system"]);

const FOLLOWS: &[&str] = &["untrusted-docker", "untrusted-podman"];
const OWN_IDEA: &str = "Docker trusts only certs.d and the system store as Docker first read it";
const PLAIN_PEM: &str = "Docker ignores a file that is not plain PEM, and reports no error";

impl EngineTrust<'_> {
    /// The reason that the daemon does not trust the registry. `message` is its answer, if it was asked; `holds_it`
    /// is whether its files hold the CA.
    pub(super) fn classify(&self, message: Option<&str>, holds_it: bool) -> Finding {
        if holds_it && self.engine.kind.copies_at_start() {
            return self.copied_too_early();
        }
        let finding = self
            .started_before_ca()
            .or_else(|| self.misplaced_ca())
            .or_else(|| self.file_without_certificate())
            .or_else(|| self.trusts_older_ca());
        let finding = finding.unwrap_or_else(|| {
            let what = match message {
                Some(message) => format!("{} reports: {message}", self.seen.title),
                None => format!("the CA is neither in {} nor in the system store", self.folder().display()),
            };
            Finding::new(&UNTRUSTED, what, OWN_IDEA)
        });
        // A CA that is already in the folder need not be installed: the problem is another one.
        if finding.code == &UNTRUSTED && self.is_in_folder() {
            return finding;
        }
        with_trust(self.case, finding, Scope::PerEndpoint, &self.case.chain, &self.case.endpoint())
    }

    /// The finding that the daemon copied its folder before the CA was in it.
    fn copied_too_early(&self) -> Finding {
        let title = &self.seen.title;
        let what = format!("{title} started before the CA was in {}", self.folder().display());
        let why = "it copies this folder into its virtual machine when it starts";
        Finding::new(&NEEDS_RESTART, what, why).with(self.restart())
    }

    /// The fix that restarts the daemon.
    pub(super) fn restart(&self) -> Fix {
        let service = Service::engine(self.engine);
        let commands: Vec<_> = restart_line(self.engine).into_iter().collect();
        Fix {
            advice: Some(format!(
                "restart {}{}",
                self.seen.title,
                if commands.is_empty() { "" } else { ":" }
            )),
            commands,
            restart: vec![Restart { reload: None, service }],
            ..Fix::default()
        }
    }

    /// The finding that the daemon read the system store before the CA was in it.
    fn started_before_ca(&self) -> Option<Finding> {
        let title = &self.seen.title;
        // The daemon has read the CA in certs.d.
        if !self.is_in_system() || self.is_in_folder() {
            return None;
        }
        let finding = Finding::new(
            &NEEDS_RESTART,
            format!("the system store holds the CA, but {title} does not know it yet"),
            "Docker reads the system store once, but certs.d at each request: a CA in certs.d needs no restart",
        );
        Some(restart_line(self.engine).into_iter().fold(finding, Finding::command))
    }

    /// The finding that the CA is in a wrong folder, or in a file with a wrong extension or format.
    fn misplaced_ca(&self) -> Option<Finding> {
        let chain = &self.case.chain;
        let (path, right) = (self.engine.certs_d.display(), self.folder());
        let right = right.display();
        if let Some(file) = self.exact().and_then(|folder| folder::ignored(folder, chain)) {
            let (code, what, why) = if folder::is_read(file) {
                let form = folder::described(&file.form);
                (&NOT_PEM, format!("but Docker cannot read it: it is {form}"), PLAIN_PEM)
            } else {
                let why = "Docker reads only files whose names end in .crt, in small letters";
                (&WRONG_EXTENSION, "but Docker does not read it".to_owned(), why)
            };
            return Some(Finding::new(code, format!("{right}/{} holds the CA, {what}", file.name), why));
        }
        let is_laid = |folder: &&FolderSeen| {
            let loaded = folder::loaded(Some(folder));
            folder::ignored(folder, chain).is_some() || loaded.iter().any(|root| leads_to(chain, root))
        };
        let all = self.certs_d().and_then(|seen| seen.folders.answer()).into_iter().flatten();
        let name = self.case.endpoint().certs_d_folder();
        let other = all.filter(|folder| folder.name != name).find(is_laid)?;
        let what = format!("the CA is in {path}/{}, but Docker looks in {right}", other.name);
        let why = "the folder's name must be the host and port, exactly as in the docker login command";
        Some(Finding::new(&WRONG_NAME, what, why))
    }

    /// The finding that a file in the right folder contains no certificate that Docker can read.
    fn file_without_certificate(&self) -> Option<Finding> {
        let file = self.exact().and_then(folder::without_any)?;
        let form = folder::described(&file.form);
        let what =
            format!("Docker finds no certificate in {}/{}: it is {form}", self.folder().display(), file.name);
        Some(Finding::new(&NOT_PEM, what, PLAIN_PEM))
    }

    /// The finding that the daemon trusts an older CA with the same name.
    fn trusts_older_ca(&self) -> Option<Finding> {
        let mut known = folder::loaded(self.exact());
        known.extend(anchors::of_system(self.case.evidence.trust.system.as_ref()));
        let old = known.iter().find(|root| is_replaced(&self.case.chain, root))?;
        Some(replaced(self.case, old))
    }
}

/// The finding that `old` is trusted, which has the name of the server's CA but another key.
pub(super) fn replaced(case: &Case<'_>, old: &Parsed) -> Finding {
    Finding::new(
        &REPLACED,
        format!(
            "this machine trusts an older CA named {}, but {} presents a certificate of a new one",
            old.title(),
            case.endpoint()
        ),
        "the new CA has the same name and another key",
    )
}
