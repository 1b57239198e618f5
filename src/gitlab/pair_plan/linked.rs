//! A certificate and its key cannot be replaced in one instant, but one link can. Where a pair with
//! another key stands already, each pair gets a folder of its own beside it, and `current` leads to the
//! one that is in use:
//!
//! ```text
//! ssl/labtrust/0123456789abcdef/HOST.crt, HOST.key
//! ssl/labtrust/current  ->  0123456789abcdef
//! ssl/HOST.crt          ->  labtrust/current/HOST.crt
//! ssl/HOST.key          ->  labtrust/current/HOST.key
//! ```
//!
//! The links are relative, so that they hold inside a container too. Whatever the instant, the two files
//! that a server would read belong together.

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

/// The folder of our pairs, beside the files that a server reads.
const OWN: &str = "labtrust";
/// The link in it.
const CURRENT: &str = "current";

/// What stands in the folders where pairs go, by folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkState(BTreeMap<PathBuf, Folder>);

/// What a file holds that may be a key.
type Bytes = Zeroizing<Vec<u8>>;

/// What stands in one folder.
#[derive(Clone, Default, PartialEq, Eq)]
struct Folder {
    /// The files that hold a certificate and a key, with both contents.
    pairs: Vec<(PairFiles, Bytes, Bytes)>,
    /// The name of the folder that `current` leads to.
    current: Option<PathBuf>,
    /// The files in the folders of pairs.
    kept: Vec<PathBuf>,
}

impl LinkState {
    /// Looks at `pair_files`. What cannot be read, because it takes root for example, counts as not there:
    /// whoever may not read it does not write it either.
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
            // Without it being known what is there, nothing of it is used.
            let _ = found.look_at_own(world, &folder.join(OWN));
        }
        links
    }

    /// The steps that put `pair` into `pair_files`, so that at no instant a certificate lies beside another's
    /// key where a pair stood before.
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

    /// Puts `pair` into the folder `used` and switches to it, from a folder that holds what stands now.
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

    /// The folder for the pair that stands in plain files.
    fn converted(&self, own: &Path) -> Option<PathBuf> {
        let (_, certificate, _) = self.pairs.first()?;
        let leaf = Certificate::read_all(certificate).0.first().map(Certificate::fingerprint);
        let before = leaf.unwrap_or_else(|| labtrust_plan::Fingerprint::of(certificate));
        Some(own.join(before.short()))
    }
}

/// Whether both files of `files` lie in one folder, so that one link can switch them.
fn is_together(files: &PairFiles) -> bool {
    files.certificate.parent() == files.key.parent() && files.certificate.file_name() != Some(OsStr::new(OWN))
}

/// A certificate and its key.
///
/// The certificate is put first. Where no pair stood, a run that is killed between the two leaves a
/// certificate without its key, which the next run finds to be ours, and so may go on without being allowed to
/// replace anything.
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
