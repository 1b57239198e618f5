//! Removing a certificate that somebody else added: the user asks for it by name, and it is found by SHA-256.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use labtrust_plan::{
    Certificate, Change, Contents, Edit, Fingerprint, Proof, SideEffect, Step, edit::Undone,
};
use zeroize::Zeroizing;

use crate::{
    Result, database,
    world::{Node, World},
};

/// The beginning of every block of a PEM file (RFC 7468).
const BEGIN: &[u8] = b"-----BEGIN ";
/// The beginning of its last line.
const END: &[u8] = b"-----END ";

/// The change that removes `certificate` from the store of `change`: every file beside ours that holds only this
/// certificate, every entry in a database, its text in a file to which labtrust appends, and its item in a list of settings. None
/// if it is nowhere there.
pub fn purge(world: &World, change: &Change, certificate: &Certificate) -> Result<Option<Change>> {
    let mut steps = Vec::new();
    // A settings file may name the files beside ours: without one of them, its program fails at everything.
    let are_named =
        change.steps.iter().any(|step| matches!(step, Step::Edit { edit: Edit::Toml { .. }, .. }));
    for ours in change.files().filter(|_| !are_named) {
        for path in ours.parent().map_or(Ok(Vec::new()), |folder| world.list(folder))? {
            // Docker reads only `*.crt` as a CA; a `*.cert` belongs to a client's key (moby, registry/config).
            let is_anchor = change.proof.certs_d().is_none() || path.extension() == ours.extension();
            if is_anchor && holds_only(world, &path, certificate) {
                steps.push(Step::Remove { path });
            }
        }
    }
    // A setting that names a file of anchors goes before the file: its program fails without the file.
    let names_anchors =
        change.steps.iter().filter_map(Step::edited).any(|path| is_anchors(&change.proof, path));
    for step in change.steps.iter().filter(|_| names_anchors) {
        if let Step::Edit { path, edit, .. } = step
            && !is_anchors(&change.proof, path)
        {
            steps.extend(unset(world, path, edit)?);
        }
    }
    for step in &change.steps {
        match step {
            Step::Entry { database, certificate }
                if database::open(database).find(world, certificate)?.is_some() =>
            {
                steps.push(Step::Discard { database: database.clone(), certificate: certificate.clone() });
            }
            Step::Edit { path, edit, .. } if is_anchors(&change.proof, path) => {
                steps.extend(cut(world, path, edit, certificate)?);
            }
            _ => {}
        }
    }
    steps.extend(items_out(world, &change.proof)?);
    if steps.is_empty() {
        return Ok(None);
    }
    let mut purge = change.clone();
    purge.reload.side_effects = side_effects(change, &steps);
    purge.steps = steps;
    // The engine may still trust the certificate from its memory: no reason to restore the files.
    purge.proof = Proof::Not(Box::new(change.proof.without_engine()));
    Ok(Some(purge))
}

/// The steps that take the items of lists that `proof` asks about out of their files, one for each file.
fn items_out(world: &World, proof: &Proof) -> Result<Vec<Step>> {
    let mut files: BTreeMap<&Path, (Fingerprint, Zeroizing<Vec<u8>>)> = BTreeMap::new();
    for (path, edit) in proof.edits() {
        let found = match files.get(path) {
            Some(known) => Some(known.clone()),
            None => file(world, path)?.map(|found| (Fingerprint::of(&found), found)),
        };
        if let Some((before, found)) = found
            && let Some(left) = edit.purge(&found)
        {
            files.insert(path, (before, left.into()));
        }
    }
    Ok(files.into_iter().map(|(path, (before, left))| rewrite(path, before, left)).collect())
}

/// The step after which the file at `path` has the contents `left`. The rest of the file may hold secrets.
fn rewrite(path: &Path, before: Fingerprint, left: Zeroizing<Vec<u8>>) -> Step {
    Step::Rewrite { path: path.to_owned(), before, contents: Contents::Secret(left) }
}

/// Whether `proof` shows that `path` is a file of anchors.
fn is_anchors(proof: &Proof, path: &Path) -> bool {
    match proof {
        Proof::Bundle { path: bundle, .. } => bundle == path,
        Proof::All(proofs) => proofs.iter().any(|proof| is_anchors(proof, path)),
        _ => false,
    }
}

/// The step that takes `edit` out of the file at `path`; none if it is not there.
fn unset(world: &World, path: &Path, edit: &Edit) -> Result<Option<Step>> {
    let Some(found) = file(world, path)? else { return Ok(None) };
    Ok(match edit.undo(Some(&found), Some(&[])) {
        Undone::Bytes(left) => written(path, &found, left),
        Undone::Already | Undone::Foreign | Undone::Gone => None,
    })
}

/// The contents of the regular file at `path`.
fn file(world: &World, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let is_file = matches!(world.look(path)?, Node::File { .. });
    if is_file { world.read(path) } else { Ok(None) }
}

/// The step after which the file at `path`, with the contents `found`, has the contents `left`; none if it has them.
fn written(path: &Path, found: &[u8], left: Vec<u8>) -> Option<Step> {
    if left == found {
        None
    } else if left.trim_ascii().is_empty() {
        Some(Step::Remove { path: path.to_owned() })
    } else {
        Some(rewrite(path, Fingerprint::of(found), left.into()))
    }
}

/// The step that removes `certificate` from the file at `path`, to which `edit` appends it; none if it is not there.
fn cut(world: &World, path: &Path, edit: &Edit, certificate: &Certificate) -> Result<Option<Step>> {
    let Some(found) = file(world, path)? else { return Ok(None) };
    let bytes = match edit.undo(Some(&found), Some(&[])) {
        Undone::Bytes(bytes) => bytes,
        Undone::Already | Undone::Foreign | Undone::Gone => found.to_vec(),
    };
    Ok(written(path, &found, without(&bytes, certificate)))
}

/// The PEM text `bytes` without each block that is `certificate`.
fn without(bytes: &[u8], certificate: &Certificate) -> Vec<u8> {
    let (mut left, mut block) = (Vec::new(), Vec::new());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(BEGIN) {
            left.append(&mut block);
        }
        let is_inside = !block.is_empty() || line.starts_with(BEGIN);
        if is_inside { &mut block } else { &mut left }.extend_from_slice(line);
        if is_inside && line.starts_with(END) {
            if Certificate::read_all(&block).0 == std::slice::from_ref(certificate) {
                block.clear();
            }
            left.append(&mut block);
        }
    }
    left.append(&mut block);
    left
}

fn holds_only(world: &World, path: &Path, certificate: &Certificate) -> bool {
    // A folder, socket or device cannot be read as a file.
    let Ok(Some(bytes)) = world.read(path) else { return false };
    let (found, whole) = Certificate::read_all(&bytes);
    // A private key in the same file would be lost with it.
    let blocks = bytes.windows(BEGIN.len()).filter(|window| *window == BEGIN).count();
    bytes.as_slice() == certificate.der()
        || (whole && blocks == 1 && found == std::slice::from_ref(certificate))
}

/// The side effects of `change`, for the files that are removed instead of ours.
fn side_effects(change: &Change, steps: &[Step]) -> Vec<SideEffect> {
    let removed =
        || steps.iter().filter_map(|step| if let Step::Remove { path } = step { Some(path) } else { None });
    let ours = change.files().next().map(PathBuf::from).unwrap_or_default();
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut side_effects = Vec::new();
    for side_effect in &change.reload.side_effects {
        match side_effect {
            SideEffect::Bundle { .. } | SideEffect::Copies { .. } => side_effects.push(side_effect.clone()),
            SideEffect::Links { folder, .. } => side_effects.extend(
                removed().map(|path| SideEffect::Links { folder: folder.clone(), target: path.clone() }),
            ),
            SideEffect::Neighbour { .. } => {}
            SideEffect::Keystore { path, alias, keytool, hook, settings, .. } => {
                side_effects.extend(removed().map(|file| {
                    let alias = alias.replace(&stem(&ours), &stem(file));
                    SideEffect::Keystore {
                        path: path.clone(),
                        anchor: file.clone(),
                        alias,
                        keytool: keytool.clone(),
                        hook: hook.clone(),
                        settings: settings.clone(),
                    }
                }));
            }
        }
    }
    side_effects
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Access;
    use labtrust_plan::{Contents, Endpoint};

    #[test]
    fn a_certificate_is_cut_out_of_a_file_and_the_rest_stays() {
        let (ours, other) = (Certificate::new([0x30, 0]), Certificate::new([0x30, 1, 0]));
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for (before, between, after) in [
            ("", "", ""),
            ("# a comment\n", "", "end"),
            (&*other.pem(), "\n", &*other.pem()),
            (key, "# x\n", "-----BEGIN CERTIFICATE-----\nMAA=\n"),
        ] {
            let text = [before, &*ours.pem(), between, &*ours.pem(), after].concat();
            let left = without(text.as_bytes(), &ours);
            assert_eq!(String::from_utf8_lossy(&left), [before, between, after].concat());
        }
    }

    #[test]
    fn what_is_left_of_a_file_is_kept_as_a_secret() {
        let key = b"-----BEGIN PRIVATE KEY-----";
        let step = written(Path::new("/x"), b"found", key.to_vec()).expect("a step");
        let Step::Rewrite { before, contents, .. } = step else { unreachable!("a rewrite") };
        assert_eq!((before, contents), (Fingerprint::of(b"found"), Contents::Secret(key.to_vec().into())));
    }

    #[test]
    fn only_files_that_are_this_anchor_and_nothing_else_are_removed() -> Result<()> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (ours, other) = (Certificate::new([0x30, 0]), Certificate::new([0x30, 1, 0]));
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let world = World::here();
        for (name, text) in [
            ("by-hand.crt", ours.pem()),
            ("bundle.crt", format!("{}{}", ours.pem(), other.pem())),
            ("with-key.crt", format!("{}{key}", ours.pem())),
            ("client.cert", ours.pem()),
            ("other.crt", other.pem()),
        ] {
            let text = Contents::Public(text.into_bytes());
            world.put(&folder.path().join(name), &text, Access { mode: 0o644, owner: None })?;
        }
        let change = Change {
            store: labtrust_plan::StoreId::new("docker"),
            subject: "x".into(),
            actor: labtrust_plan::Actor::Caller,
            steps: vec![Step::Put {
                path: folder.path().join("labtrust-x.crt"),
                contents: Contents::Public(Vec::new()),
                mode: 0o644,
            }],
            reload: labtrust_plan::Reload::default(),
            proof: Proof::CertsD {
                client: None,
                folder: folder.path().to_owned(),
                certificate: ours.clone(),
                endpoint: "h:4567".parse::<Endpoint>().expect("an endpoint"),
                socket: None,
            },
            serves: None,
        };
        let purge = purge(&world, &change, &ours)?.expect("one to remove");
        assert_eq!(purge.files().collect::<Vec<_>>(), [folder.path().join("by-hand.crt")]);
        Ok(())
    }
}
