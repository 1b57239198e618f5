//! Why an engine does not trust a registry, as far as its files tell.

use labtrust_plan::{Service, ShellLine, store::Scope};

use super::{
    anchors::{self, is_replaced, leads_to},
    chosen_root::with_trust,
    engine_trust::EngineTrust,
    folder,
};
use crate::{
    certificate::Parsed,
    doctor::{Case, Code, Finding, Fix, Restart, evidence::FolderSeen},
};

pub(super) const NEEDS_RESTART: Code = Code::error("daemon-needs-restart");
pub(super) const WRONG_EXTENSION: Code = Code::error("certsd-wrong-extension").explaining(FOLLOWS);
pub(super) const NOT_PEM: Code = Code::error("certsd-not-pem").explaining(FOLLOWS);
pub(super) const WRONG_NAME: Code = Code::error("certsd-wrong-name").explaining(FOLLOWS);
pub(super) const REPLACED: Code =
    Code::error("anchor-replaced").explaining(&["untrusted-docker", "untrusted-system"]);
/// One CA that nothing here trusts is one cause.
pub(super) const UNTRUSTED: Code = Code::error("untrusted-docker").explaining(&["untrusted-system"]);

const FOLLOWS: &[&str] = &["untrusted-docker"];
const OWN_IDEA: &str =
    "Docker's engine has its own idea of trust: the system's store as it was at its start, and certs.d";
const PLAIN_PEM: &str = "Docker passes over what is not plain PEM, without a word";

impl EngineTrust<'_> {
    /// Why it does not trust the registry: it said `message`, if it was asked; and `holds_it` if its files
    /// would let it.
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
                Some(message) => format!("{} says: {message}", self.seen.title),
                None => format!("the CA is neither in {} nor in the system store", self.folder().display()),
            };
            Finding::new(&UNTRUSTED, what, OWN_IDEA)
        });
        // What lies there already need not be laid there: something else is the matter.
        if finding.code == &UNTRUSTED && self.is_in_folder() {
            return finding;
        }
        with_trust(self.case, finding, Scope::PerEndpoint, &self.case.chain, &self.case.endpoint())
    }

    /// That it has copied its files before the CA was among them.
    fn copied_too_early(&self) -> Finding {
        let title = &self.seen.title;
        let what = format!("{title} was started before {} had the CA", self.folder().display());
        let why = "it copies these files into its virtual machine when it starts";
        Finding::new(&NEEDS_RESTART, what, why).with(self.restart())
    }

    /// The engine is to be restarted.
    pub(super) fn restart(&self) -> Fix {
        let service = Service::engine(self.engine);
        Fix {
            advice: Some(format!("restart {}", self.seen.title)),
            commands: service.restart.iter().map(ShellLine::from).collect(),
            restart: vec![Restart { reload: None, service }],
            ..Fix::default()
        }
    }

    /// That it read the system's store too early.
    fn started_before_ca(&self) -> Option<Finding> {
        let title = &self.seen.title;
        // What is in certs.d it has read.
        if !self.is_in_system() || self.is_in_folder() {
            return None;
        }
        let finding = Finding::new(
            &NEEDS_RESTART,
            format!("the system store holds the CA, and {title} does not know it"),
            "an engine reads that store once; certs.d it reads each time, and needs no restart for it",
        );
        Some(self.engine.restart.iter().fold(finding, Finding::command))
    }

    /// That the CA lies where it does not look, or by a name or in a form that it does not read.
    fn misplaced_ca(&self) -> Option<Finding> {
        let chain = &self.case.chain;
        let (path, right) = (self.engine.certs_d.display(), self.folder());
        let right = right.display();
        if let Some(file) = self.exact().and_then(|folder| folder::ignored(folder, chain)) {
            let (code, what, why) = if folder::is_read(file) {
                let form = folder::described(&file.form);
                (&NOT_PEM, format!("and Docker cannot read it: it is {form}"), PLAIN_PEM)
            } else {
                let why = "Docker reads what ends in .crt, in small letters, and nothing else";
                (&WRONG_EXTENSION, "and Docker does not read it".to_owned(), why)
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
        let what = format!("the CA lies in {path}/{}, and Docker looks in {right}", other.name);
        let why = "the folder's name must be host and port, exactly as docker login is told them";
        Some(Finding::new(&WRONG_NAME, what, why))
    }

    /// That a file is there for the CA, and nothing that it can read.
    fn file_without_certificate(&self) -> Option<Finding> {
        let file = self.exact().and_then(folder::without_any)?;
        let form = folder::described(&file.form);
        let what =
            format!("Docker finds no certificate in {}/{}: it is {form}", self.folder().display(), file.name);
        Some(Finding::new(&NOT_PEM, what, PLAIN_PEM))
    }

    /// That it knows an older CA.
    fn trusts_older_ca(&self) -> Option<Finding> {
        let mut known = folder::loaded(self.exact());
        known.extend(anchors::of_system(self.case.evidence.trust.system.as_ref()));
        let old = known.iter().find(|root| is_replaced(&self.case.chain, root))?;
        Some(replaced(self.case, old))
    }
}

/// That `old` is trusted, which has the name of the CA that is served and another key.
pub(super) fn replaced(case: &Case<'_>, old: &Parsed) -> Finding {
    Finding::new(
        &REPLACED,
        format!(
            "an older CA with the name {} is trusted, {} presents a certificate of the new one",
            old.title(),
            case.endpoint()
        ),
        "the server's CA was recreated: it has the same name and another key",
    )
}
