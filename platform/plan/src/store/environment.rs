//! The environment of a user who is not root. Some programs have no store that such a user may change. They
//! read a file or a folder that a variable names: Node `NODE_EXTRA_CA_CERTS`; OpenSSL, Go, Python, Ruby,
//! PHP and curl `SSL_CERT_DIR`. labtrust writes both, and never a shell's profile: a person adds the lines.

mod shell;

use std::path::{Path, PathBuf};

use self::shell::Shell;
use super::{
    appended,
    row::{About, ByHand, Done, Group, Look, Planned, Profile, Scope, Store, Tried},
    system,
};
use crate::{
    Actor, Anchor, Change, Edit, Facts, Hint, Proof, Prose, Reload, Service, ShellLine, Step, fact::Os, hint,
    text,
};

pub(super) const STORE: Store = Store {
    id: "environment",
    title: "programs that read the environment",
    group: Group::Programs,
    about: About {
        writes: "`~/.local/share/labtrust/certs` and `certs.pem` beside it; it prints the lines for the shell's profile",
        proof: "both hold the certificate, and the variables of this process name them",
        tried: Tried::Real("OpenSSL, curl, Python, Go, Node, npm"),
    },
    plan,
    looks,
    scope: Scope::Everything,
    reads_also: |_| Vec::new(),
};

/// The file with all CAs, for [`NODE`], and the folder in which OpenSSL finds a CA by the hash of its subject, for
/// [`OPENSSL`]: below the home folder.
const BUNDLE: &str = ".local/share/labtrust/certs.pem";
const FOLDER: &str = ".local/share/labtrust/certs";

/// Node adds the CAs of this file to its own (Node's documentation, CLI).
const NODE: &str = "NODE_EXTRA_CA_CERTS";
/// The folders of OpenSSL and Go instead of their own: so the list has the system's folder too.
const OPENSSL: &str = "SSL_CERT_DIR";
const SYSTEM_FOLDER: &str = "/etc/ssl/certs";

/// The places of Node's version managers, and of a program that brings its own Node, below a home folder.
const NODES: [&str; 7] = [
    ".nvm/versions/node/*",
    ".volta",
    ".local/share/fnm",
    ".asdf/installs/nodejs",
    ".local/share/mise/installs/node",
    ".nodenv",
    ".vscode-server",
];

fn looks() -> Vec<Look> {
    let first = [Look::Variable(NODE), Look::Variable(OPENSSL), Look::Variable("SHELL"), Look::Tool("node")];
    first.into_iter().chain(NODES.map(Look::Home)).chain(shell::CHOICES.map(Look::Home)).collect()
}

/// The line that sets the variable `name` in the profile of the shell of the user who runs labtrust.
pub(super) fn profile(facts: &Facts, name: &'static str, value: &str) -> Profile {
    let shell = Shell::of(facts);
    Profile { file: shell.profile(facts), lines: vec![(shell.set)(name, value)] }
}

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    if facts.os != Os::Linux {
        return Planned::Absent("this is not Linux".into());
    }
    if facts.is_root() {
        return Planned::Absent("programs that root runs read the system store".into());
    }
    let environment = Environment::of(facts);
    if environment.folder.to_string_lossy().contains(':') {
        return Planned::Absent(format!("{OPENSSL} cannot name a folder with a colon in its path"));
    }
    let hidden = environment.hidden_by().map(|other| environment.append(anchor, other));
    let rest =
        hidden.into_iter().flatten().chain(environment.lines_missing()).chain(environment.lines_left());
    Planned::Partly { changes: vec![environment.change(anchor)], rest: rest.collect() }
}

/// The files of one user, and the variables that should name them.
struct Environment<'f> {
    facts: &'f Facts,
    shell: &'static Shell,
    bundle: PathBuf,
    folder: PathBuf,
}

impl<'f> Environment<'f> {
    fn of(facts: &'f Facts) -> Self {
        let home = &facts.user.home;
        Self { facts, shell: Shell::of(facts), bundle: home.join(BUNDLE), folder: home.join(FOLDER) }
    }

    /// Several CAs may have one subject, and so one hash: each has a block of its own in the file. OpenSSL reads all of them.
    fn change(&self, anchor: &Anchor) -> Change {
        let pem = anchor.certificate.pem().lines().map(str::to_owned).collect();
        let edit = Edit::Block { name: anchor.sha256().short(), lines: pem };
        let hashed = anchor.certificate.subject_hash().map(|hash| self.folder.join(format!("{hash}.0")));
        let files: Vec<PathBuf> = [self.bundle.clone()].into_iter().chain(hashed).collect();
        let step = |path: &PathBuf| Step::Edit { path: path.clone(), edit: edit.clone(), mode: 0o644 };
        let proof = |path: &PathBuf| Proof::Bundle { path: path.clone(), sha256: anchor.sha256() };
        Change {
            store: STORE.id(),
            subject: self.folder.display().to_string(),
            actor: Actor::User(self.facts.user.clone()),
            steps: files.iter().map(step).collect(),
            reload: Reload::default(),
            proof: Proof::All(files.iter().map(proof).collect()),
            serves: None,
        }
    }

    fn variable(&self, name: &str) -> Option<&'f str> {
        self.facts.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The folders in [`OPENSSL`].
    fn folders(&self) -> impl Iterator<Item = &'f str> {
        self.variable(OPENSSL)
            .into_iter()
            .flat_map(|list| list.split(':'))
            .filter(|folder| !folder.is_empty())
    }

    fn names_bundle(&self) -> bool {
        self.variable(NODE).is_some_and(|file| Path::new(file) == self.bundle)
    }

    fn names_folder(&self) -> bool {
        self.folders().any(|folder| Path::new(folder) == self.folder)
    }

    /// The file of somebody else that Node reads instead of ours.
    fn hidden_by(&self) -> Option<&'f Path> {
        self.variable(NODE).map(Path::new).filter(|file| *file != self.bundle)
    }

    /// The steps if Node reads the file `other`: it reads one file only.
    fn append(&self, anchor: &Anchor, other: &Path) -> Vec<ByHand> {
        let why = format!("{NODE} names {}, and Node reads only that file", text::path(other));
        appended::steps(self.facts, anchor, &self.facts.user, (&self.bundle, other), why)
    }

    /// The lines for the profile, unless the variables are set. Without Node, a system store that holds the CA does as well.
    fn lines_missing(&self) -> Option<ByHand> {
        let lists_system = self.folders().any(|folder| Path::new(folder) != self.folder);
        let needs_folder = !(self.names_folder() && lists_system);
        let needs_bundle = !self.names_bundle() && self.hidden_by().is_none();
        if !needs_folder && !needs_bundle {
            return None;
        }
        let is_node_here = self.facts.tools.contains_key("node") || self.has_node_at_home();
        let system = system::bundle(self.facts).filter(|_| !(needs_bundle && is_node_here));
        Some(ByHand {
            commands: self.lines(),
            done: Some(Done::Later { unless: system, restart: self.new_shell() }),
            is_profile: true,
            ..ByHand::new("this shell does not name the files yet", self.advice("add these lines to"))
        })
    }

    /// The lines that are wrong once the CA is gone.
    fn lines_left(&self) -> Option<ByHand> {
        (self.names_bundle() || self.names_folder()).then(|| ByHand {
            commands: self.lines(),
            done: Some(Done::OnRemoval(None)),
            is_optional: true,
            is_profile: true,
            ..ByHand::new(
                "this shell still names the files",
                self.advice("unless another CA needs them, remove these lines from"),
            )
        })
    }

    fn advice(&self, what: &'static str) -> Hint {
        hint!("{} {}:", Prose(what), Prose(self.shell.profile(self.facts)))
    }

    fn lines(&self) -> Vec<ShellLine> {
        let others: Vec<&str> = self.folders().filter(|folder| Path::new(folder) != self.folder).collect();
        let others = if others.is_empty() { SYSTEM_FOLDER.to_owned() } else { others.join(":") };
        let folders = format!("{}:{others}", self.folder.display());
        let bundle =
            self.hidden_by().is_none().then(|| (self.shell.set)(NODE, &self.bundle.to_string_lossy()));
        bundle.into_iter().chain([(self.shell.set)(OPENSSL, &folders)]).collect()
    }

    fn new_shell(&self) -> Service {
        let profile = self.shell.profile(self.facts);
        let read = self.shell.read;
        let title = format!(
            "your session (log in again), or run `{read} {profile}` in this shell, once it has the lines"
        );
        Service::new(title, None, None)
    }

    fn has_node_at_home(&self) -> bool {
        let home = &self.facts.user.home;
        NODES.iter().any(|place| {
            let fixed = place.split_once("/*").map_or(*place, |(folder, _)| folder);
            self.facts.paths.iter().any(|path| path.starts_with(home.join(fixed)))
        })
    }
}

#[cfg(test)]
mod tests;
