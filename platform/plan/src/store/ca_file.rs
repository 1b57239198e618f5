//! A file of CAs for one server in a user's own data folder, for a program that takes one file for a server. The CAs of a server
//! are in one file, each in its own block: during a rotation both are needed.

use std::path::PathBuf;

use crate::{Anchor, Edit, Facts, Proof, Step, fact::User};

/// The file, and the block that adds a CA to it.
pub(super) struct CaFile {
    /// Its path.
    pub path: PathBuf,
    edit: Edit,
    anchor: Anchor,
}

impl CaFile {
    /// The file of `program` for `server` in the home folder of `user`, with `anchor` added.
    pub(super) fn new(user: &User, program: &str, server: &str, anchor: &Anchor) -> Self {
        let path = user.home.join(format!(".local/share/labtrust/{program}/{}.crt", slug(server)));
        let lines = anchor.certificate.pem().lines().map(str::to_owned).collect();
        Self { path, edit: Edit::Block { name: anchor.sha256().short(), lines }, anchor: anchor.clone() }
    }

    /// Its path as text.
    pub(super) fn shown(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// The step that adds the CA.
    pub(super) fn step(&self) -> Step {
        Step::Edit { path: self.path.clone(), edit: self.edit.clone(), mode: 0o644 }
    }

    /// The proof that the CA is in it.
    pub(super) fn proof(&self) -> Proof {
        Proof::Bundle { path: self.path.clone(), sha256: self.anchor.sha256() }
    }
}

/// `server` as a part of a file's name or of a block's.
pub(super) fn slug(server: &str) -> String {
    server.replace(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.', "-")
}

/// The users whose programs read files in their home folders: people, and root if nobody called sudo. A user counts if the
/// program is installed for everyone, or one of `signs` is in the user's home folder.
pub(super) fn users<'f>(facts: &'f Facts, tool: &str, signs: &'f [&str]) -> impl Iterator<Item = &'f User> {
    let is_everyones = facts.tools.contains_key(tool);
    let root = (facts.is_root() && facts.invoker.is_none()).then_some(&facts.user);
    let is_sign = |user: &User, sign: &str| {
        let sign = user.home.join(sign);
        match sign.to_string_lossy().split_once('*') {
            Some((start, _)) => facts.paths.iter().any(|path| path.to_string_lossy().starts_with(start)),
            None => facts.has(&sign),
        }
    };
    let has_it = move |user: &&User| is_everyones || signs.iter().any(|sign| is_sign(user, sign));
    root.into_iter().chain(facts.people()).filter(has_it)
}
