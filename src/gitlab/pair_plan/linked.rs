//! Replaces a certificate and its key at the same instant, by one link: two files cannot be replaced at once. Where the
//! key changes, each certificate and key get a folder of their own, and the link `current` leads to the folder in use:
//!
//! ```text
//! ssl/labtrust/0123456789abcdef/HOST.crt, HOST.key
//! ssl/labtrust/current  ->  0123456789abcdef
//! ssl/HOST.crt          ->  labtrust/current/HOST.crt
//! ssl/HOST.key          ->  labtrust/current/HOST.key
//! ```
//!
//! The links are relative, so that they also work inside a container. At every instant, the two files that a server reads
//! belong together.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_machine::{World, world::Node};
use labtrust_plan::{Certificate, Contents, Step};
use zeroize::Zeroizing;

use crate::{
    certificate::PrivateKey,
    gitlab::{Pair, PairFiles},
};

/// The folder for the pairs, next to the files that a server reads.
const OWN: &str = "labtrust";
/// The link in that folder.
const CURRENT: &str = "current";

/// The present files and links, by folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkState(BTreeMap<PathBuf, Folder>);

/// The contents of a file, which may be a key.
type Bytes = Zeroizing<Vec<u8>>;

/// The present files and links in one folder.
#[derive(Clone, Default, PartialEq, Eq)]
struct Folder {
    /// The files that hold a certificate and a key, with both contents.
    pairs: Vec<(PairFiles, Bytes, Bytes)>,
    /// The name of the folder that the link `current` leads to.
    current: Option<PathBuf>,
    /// The files in the folders of pairs.
    kept: Vec<PathBuf>,
}

impl LinkState {
    /// Looks at `pair_files`. An unreadable file counts as missing: a user who may not read it cannot write it either.
    pub(crate) fn look(world: &World, pair_files: &[PairFiles]) -> Self {
        let mut links = Self::default();
        for files in pair_files {
            let (Some(folder), true) = (files.certificate.parent(), is_together(files)) else { continue };
            let found = links.0.entry(folder.to_owned()).or_default();
            let read = |path: &Path| world.read(path).ok().flatten();
            if let (Some(certificate), Some(key)) = (read(&files.certificate), read(&files.key)) {
                found.pairs.push((files.clone(), certificate, key));
            }
        }
        for (folder, found) in &mut links.0 {
            // If the folder cannot be read, none of it is used.
            let _ = found.look_at_own(world, &folder.join(OWN));
        }
        links
    }

    /// The steps that write `pair` into `pair_files`. Where a pair was before, a certificate is at no instant next to the
    /// key of another.
    pub(crate) fn steps(&self, pair_files: &[PairFiles], pair: &Pair) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut by_folder: BTreeMap<&Path, Vec<&PairFiles>> = BTreeMap::new();
        for files in pair_files {
            match files.certificate.parent().filter(|_| is_together(files)) {
                Some(folder) => by_folder.entry(folder).or_default().push(files),
                None => steps.extend(put(&files.certificate, &files.key, pair.certificates(), pair.key())),
            }
        }
        let nothing = Folder::default();
        for (folder, pair_files) in by_folder {
            let found = self.0.get(folder).unwrap_or(&nothing);
            steps.extend(found.steps(folder, &pair_files, pair));
        }
        steps
    }
}

impl Folder {
    fn look_at_own(&mut self, world: &World, own: &Path) -> Result<()> {
        if let Node::Link { target } = world.look(&own.join(CURRENT))? {
            self.current = Some(target);
        }
        for folder in world.list(own)? {
            if world.look(&folder)? == Node::Folder {
                for path in world.list(&folder)? {
                    if matches!(world.look(&path)?, Node::File { .. }) {
                        self.kept.push(World::drafted(&path).unwrap_or(path));
                    }
                }
            }
        }
        Ok(())
    }

    fn steps(&self, folder: &Path, pair_files: &[&PairFiles], pair: &Pair) -> Vec<Step> {
        let own = folder.join(OWN);
        let key = PrivateKey::from_plain_pem(&pair.key_pem).ok();
        let is_same_key = |(_, _, standing): &(_, _, Bytes)| {
            let parsed = PrivateKey::from_plain_pem(standing).ok();
            let is_same_text = *standing == pair.key_pem;
            is_same_text
                || parsed.zip(key.as_ref()).is_some_and(|(one, other)| one.public_key() == other.public_key())
        };
        let keeps_key = self.pairs.iter().all(is_same_key);
        let mut steps = Vec::new();
        let used = match &self.current {
            None if keeps_key => {
                for files in pair_files {
                    steps.extend(put(&files.certificate, &files.key, pair.certificates(), pair.key()));
                }
                None
            }
            Some(current) if keeps_key && !self.pairs.is_empty() => Some(own.join(current)),
            _ => Some(own.join(pair.leaf.short())),
        };
        if let Some(used) = &used {
            self.switch(folder, pair_files, pair, used, &mut steps);
        }
        let is_stray = |path: &&PathBuf| used.is_none() || path.parent() != used.as_deref();
        steps.extend(self.kept.iter().filter(is_stray).map(|path| Step::Remove { path: path.clone() }));
        steps
    }

    /// Writes `pair` into the folder `used` and switches to it, from a folder with the present pair.
    fn switch(
        &self,
        folder: &Path,
        pair_files: &[&PairFiles],
        pair: &Pair,
        used: &Path,
        steps: &mut Vec<Step>,
    ) {
        let own = folder.join(OWN);
        let name = |path: &Path| path.file_name().unwrap_or_default().to_owned();
        let link = |path: &Path| Step::Link {
            path: path.to_owned(),
            target: Path::new(OWN).join(CURRENT).join(name(path)),
        };
        let switch = |to: &Path| Step::Link { path: own.join(CURRENT), target: name(to).into() };
        let old = self.current.as_ref().map(|current| own.join(current)).or_else(|| self.converted(&own));
        let old = old.filter(|old| old != used);
        if let Some(old) = &old {
            for (files, certificate, key) in &self.pairs {
                let [certificate, key] =
                    [Contents::Public(certificate.to_vec()), Contents::Secret(key.clone())];
                let [certificate_file, key_file] =
                    [&files.certificate, &files.key].map(|path| old.join(name(path)));
                steps.extend(put(&certificate_file, &key_file, certificate, key));
            }
            steps.push(switch(old));
            steps.extend(
                self.pairs.iter().flat_map(|(files, ..)| [link(&files.certificate), link(&files.key)]),
            );
        }
        for files in pair_files {
            let [certificate, key] = [&files.certificate, &files.key].map(|path| used.join(name(path)));
            steps.extend(put(&certificate, &key, pair.certificates(), pair.key()));
        }
        steps.push(switch(used));
        steps.extend(pair_files.iter().flat_map(|files| [link(&files.certificate), link(&files.key)]));
        if let Some(old) = &old {
            let names = self.pairs.iter().flat_map(|(files, ..)| [&files.certificate, &files.key]);
            let removed = names.map(|path| old.join(name(path))).filter(|path| !self.kept.contains(path));
            steps.extend(removed.map(|path| Step::Remove { path }));
        }
    }

    /// The folder for the present pair, if that is in plain files.
    fn converted(&self, own: &Path) -> Option<PathBuf> {
        let (_, certificate, _) = self.pairs.first()?;
        let leaf = Certificate::read_all(certificate).0.first().map(Certificate::fingerprint);
        let before = leaf.unwrap_or_else(|| labtrust_plan::Fingerprint::of(certificate));
        Some(own.join(before.short()))
    }
}

/// Whether both files are in one folder, so that one link can switch them.
fn is_together(files: &PairFiles) -> bool {
    files.certificate.parent() == files.key.parent() && files.certificate.file_name() != Some(OsStr::new(OWN))
}

/// The steps that write a certificate and its key.
///
/// The certificate comes first. If a run is killed between the two, it leaves a certificate without a key. The next run
/// recognizes that certificate as labtrust's, and needs no `--replace`.
fn put(certificate: &Path, key: &Path, certificates: Contents, secret: Contents) -> [Step; 2] {
    [
        Step::Put { path: certificate.to_owned(), contents: certificates, mode: 0o644 },
        Step::Put { path: key.to_owned(), contents: secret, mode: 0o600 },
    ]
}

impl std::fmt::Debug for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Folder({} pairs, current {:?}, {:?})", self.pairs.len(), self.current, self.kept)
    }
}

#[cfg(test)]
mod tests;
