//! Removing a certificate where somebody else put it: asked for by name, found by SHA-256.

use std::path::{Path, PathBuf};

use crate::{
    Certificate, Result,
    plan::{Byproduct, Change, Proof, Step},
    world::World,
};

/// What takes `certificate` out of the store that `change` would put it into: every file beside
/// ours that holds it and nothing else. None if there is no such file.
pub fn purge(world: &World, change: &Change, certificate: &Certificate) -> Result<Option<Change>> {
    let mut steps = Vec::new();
    for folder in change.files().filter_map(Path::parent) {
        for path in world.list(folder)? {
            if holds_only(world, &path, certificate) {
                steps.push(Step::Remove { path });
            }
        }
    }
    if steps.is_empty() {
        return Ok(None);
    }
    let mut purge = change.clone();
    purge.settle.byproducts = byproducts(change, &steps);
    purge.steps = steps;
    purge.proof = Proof::Not(Box::new(change.proof.clone()));
    Ok(Some(purge))
}

fn holds_only(world: &World, path: &Path, certificate: &Certificate) -> bool {
    // Folders and other things that are no files cannot be read as one.
    let Ok(Some(bytes)) = world.read(path) else { return false };
    let (found, whole) = Certificate::read_all(&bytes);
    bytes.as_slice() == certificate.der() || (whole && found == std::slice::from_ref(certificate))
}

/// The byproducts of `change`, for the files that are removed instead of ours.
fn byproducts(change: &Change, steps: &[Step]) -> Vec<Byproduct> {
    let removed =
        || steps.iter().filter_map(|step| if let Step::Remove { path } = step { Some(path) } else { None });
    let ours = change.files().next().map(PathBuf::from).unwrap_or_default();
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut byproducts = Vec::new();
    for byproduct in &change.settle.byproducts {
        match byproduct {
            Byproduct::Bundle { .. } | Byproduct::Copies { .. } => byproducts.push(byproduct.clone()),
            Byproduct::Links { folder, .. } => byproducts.extend(
                removed().map(|path| Byproduct::Links { folder: folder.clone(), target: path.clone() }),
            ),
            Byproduct::Keystore { path, alias, keytool, .. } => byproducts.extend(removed().map(|file| {
                let alias = alias.replace(&stem(&ours), &stem(file));
                Byproduct::Keystore {
                    path: path.clone(),
                    anchor: file.clone(),
                    alias,
                    keytool: keytool.clone(),
                }
            })),
        }
    }
    byproducts
}
