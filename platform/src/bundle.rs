//! The file of all anchors that programs load: read back after every rebuild, because the tools
//! that rebuild it succeed even when they destroy it.

use std::path::{Path, PathBuf};

use crate::{
    Certificate, Fingerprint, Result,
    plan::{Sources, Vendor},
    world::{Node, World},
};

/// So deep below an anchors' folder files are looked for.
const DEEPEST: usize = 4;

/// What a bundle holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The certificates' identities, in their order.
    pub sha256s: Vec<Fingerprint>,
    /// Whether all of the file could be read.
    pub whole: bool,
}

impl Bundle {
    /// Reads the bundle at `path`; none if it is not there.
    pub fn read(world: &World, path: &Path) -> Result<Option<Self>> {
        world.bundle(path)
    }

    /// What `bytes` hold.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let (certificates, whole) = Certificate::read_all(bytes);
        Self { sha256s: certificates.iter().map(Certificate::fingerprint).collect(), whole }
    }

    /// Whether it holds the certificate `sha256`.
    pub fn holds(&self, sha256: Fingerprint) -> bool {
        self.sha256s.contains(&sha256)
    }
}

/// What files in place give to a bundle.
#[derive(Debug)]
pub(crate) struct Given {
    /// The certificates, each as often as it is given.
    pub sha256s: Vec<Fingerprint>,
    /// Whether that is all: every file could be read, and it is known which of the vendor's are chosen.
    pub whole: bool,
}

impl Sources {
    /// The certificates that the files in place give.
    pub(crate) fn given(&self, world: &World) -> Given {
        let mut given = self.given_here(world);
        match self.vendor.as_ref().map(|vendor| vendor.chosen(world)) {
            Some(Ok(files)) => files.into_iter().for_each(|file| given.add(world, &file)),
            Some(Err(_)) | None => given.whole = false,
        }
        given
    }

    /// Those that the administrator's own anchors are.
    pub(crate) fn given_here(&self, world: &World) -> Given {
        let (files, whole) = self.own_files(world);
        let mut given = Given { sha256s: Vec::new(), whole };
        for file in &files {
            given.add(world, file);
        }
        given
    }

    /// The files that count, as far as they are known.
    pub(crate) fn files(&self, world: &World) -> Vec<PathBuf> {
        let (mut files, _) = self.own_files(world);
        files.extend(self.vendor.iter().filter_map(|vendor| vendor.chosen(world).ok()).flatten());
        files
    }

    /// The administrator's own, and whether that is all.
    fn own_files(&self, world: &World) -> (Vec<PathBuf>, bool) {
        let (mut files, mut whole) = (Vec::new(), true);
        let mut folders = vec![(self.folder.clone(), DEEPEST)];
        while let Some((folder, deep)) = folders.pop() {
            let Ok(paths) = world.list(&folder) else {
                whole = false;
                continue;
            };
            for path in paths {
                match world.look(&path) {
                    Ok(Node::Folder) if deep > 0 => folders.push((path, deep - 1)),
                    Ok(Node::File { .. } | Node::Link { .. })
                        if path.extension().is_some_and(|ending| ending == self.ending.as_str()) =>
                    {
                        files.push(path);
                    }
                    Ok(Node::Folder) | Err(_) => whole = false,
                    Ok(_) => {}
                }
            }
        }
        (files, whole)
    }
}

impl Given {
    fn add(&mut self, world: &World, path: &Path) {
        match world.read(path) {
            Ok(bytes) => {
                let (held, _) = Certificate::read_all(&bytes.unwrap_or_default());
                self.sha256s.extend(held.iter().map(Certificate::fingerprint));
            }
            Err(_) => self.whole = false,
        }
    }
}

impl Vendor {
    fn chosen(&self, world: &World) -> Result<Vec<PathBuf>> {
        let list = world.read(&self.list)?.unwrap_or_default();
        let list = String::from_utf8_lossy(&list);
        let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '!']));
        Ok(lines.map(|line| self.folder.join(line)).collect())
    }
}
