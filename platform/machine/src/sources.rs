//! The source files of a bundle, as they are now.

use std::path::{Path, PathBuf};

use labtrust_plan::{Certificate, Fingerprint, Sources, Vendor};

use crate::{
    Result,
    world::{Node, World},
};

/// How many levels of folders below a folder of anchors are searched.
const DEEPEST: usize = 4;

/// The certificates that the source files give to a bundle.
#[derive(Debug)]
pub(crate) struct Given {
    /// The certificates, each as often as a file gives it.
    pub sha256s: Vec<Fingerprint>,
    /// Whether the list is complete: every file could be read, and it is known which of the vendor's anchors are chosen.
    pub whole: bool,
}

/// The certificates of all source files.
pub(crate) fn given(world: &World, sources: &Sources) -> Given {
    let mut given = given_here(world, sources);
    match sources.vendor.as_ref().map(|vendor| chosen(world, vendor)) {
        Some(Ok(files)) => files.into_iter().for_each(|file| given.add(world, &file)),
        Some(Err(_)) | None => given.whole = false,
    }
    given
}

/// The certificates of the administrator's own anchors.
pub(crate) fn given_here(world: &World, sources: &Sources) -> Given {
    let (files, whole) = own_files(world, sources);
    let mut given = Given { sha256s: Vec::new(), whole };
    for file in &files {
        given.add(world, file);
    }
    given
}

/// The known source files.
pub(crate) fn files(world: &World, sources: &Sources) -> Vec<PathBuf> {
    let (mut files, _) = own_files(world, sources);
    files.extend(sources.vendor.iter().filter_map(|vendor| chosen(world, vendor).ok()).flatten());
    files
}

/// The administrator's own files, and whether the list is complete.
fn own_files(world: &World, sources: &Sources) -> (Vec<PathBuf>, bool) {
    let (mut files, mut whole) = (Vec::new(), true);
    let mut folders = vec![(sources.folder.clone(), DEEPEST)];
    while let Some((folder, deep)) = folders.pop() {
        let Ok(paths) = world.list(&folder) else {
            whole = false;
            continue;
        };
        for path in paths {
            match world.look(&path) {
                Ok(Node::Folder) if deep > 0 => folders.push((path, deep - 1)),
                Ok(Node::File { .. } | Node::Link { .. })
                    if path.extension().is_some_and(|ending| ending == sources.ending.as_str()) =>
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

fn chosen(world: &World, vendor: &Vendor) -> Result<Vec<PathBuf>> {
    let list = world.read(&vendor.list)?.unwrap_or_default();
    let list = String::from_utf8_lossy(&list);
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '!']));
    Ok(lines.map(|line| vendor.folder.join(line)).collect())
}
