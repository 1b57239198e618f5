//! The content of a backup: every file of the state folder, and installed certificates and keys that no CA here can
//! replace.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_machine::{World, receipt::PARENTS, world::Node};
use labtrust_plan::text;

use crate::{
    backup::{
        Item,
        archive::{self, MAX_SIZE},
    },
    certificate::{Parsed, PrivateKey},
    hint::{fail, hint},
    server::install_pair::{self, PlacedChain},
    state::{self, Ca, Damage, RECEIPT, State, last_backup, request},
};

/// Files at the top of the state folder that are of no use in a backup.
const PASSING: [&str; 3] = ["lock", last_backup::FILE, PARENTS];
/// The greatest depth of folders in the state folder.
const DEEPEST: usize = 8;

/// The files of the state folder without those of `damaged` receipts, sorted by path; and a line for each file that
/// cannot be saved.
pub(crate) fn gather(
    state: &State<'_>,
    damaged: &BTreeMap<PathBuf, Damage>,
) -> Result<(Vec<Item>, Vec<String>)> {
    let home = state.folder();
    let (mut items, mut missing) = (Vec::new(), Vec::new());
    walk(home, home, DEEPEST, damaged, &mut items, &mut missing)?;
    let (pairs, lost) = foreign_pairs(state)?;
    items.extend(pairs);
    missing.extend(lost);
    items.sort_by(|left, right| left.path.cmp(&right.path));
    Ok((items, missing))
}

fn walk(
    home: &Path,
    folder: &Path,
    deeper: usize,
    damaged: &BTreeMap<PathBuf, Damage>,
    items: &mut Vec<Item>,
    missing: &mut Vec<String>,
) -> Result<()> {
    let world = World::here();
    for path in world.list(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_passing = folder == home && (PASSING.contains(&&*name) || state::is_aside(&name));
        if is_passing || World::drafted(&path).is_some() || damaged.contains_key(&path) {
            continue;
        }
        if !archive::can_hold(path.strip_prefix(home)?) {
            missing.push(format!("{} is not saved: it is not one of labtrust's files", text::path(&path)));
            continue;
        }
        match world.look(&path)? {
            Node::Folder if deeper > 0 => walk(home, &path, deeper - 1, damaged, items, missing)?,
            Node::File { mode, .. } => {
                let contents = World::read_own(&path)?.unwrap_or_default();
                let path = path.strip_prefix(home)?.to_owned();
                items.push(Item::new(path, contents, mode));
            }
            // Another run has just removed it.
            Node::Absent => {}
            other => return Err(not_saved(&path, &other)),
        }
        if items.iter().map(|item| item.contents.len()).sum::<usize>() > MAX_SIZE {
            return Err(fail(
                format!("{} contains more than {} MiB", home.display(), MAX_SIZE >> 20),
                "move large files out of that folder: labtrust keeps only small files there",
            ));
        }
    }
    Ok(())
}

/// The error for a link or a special file at `path`, which a backup cannot contain but which may matter.
fn not_saved(path: &Path, node: &Node) -> anyhow::Error {
    let shown = text::path(path);
    if let Node::Link { .. } = node {
        let mut files = path.as_os_str().to_owned();
        files.push(".files");
        let files = Path::new(&files);
        return fail(
            format!("{shown} is a link, but a backup can contain only files and folders"),
            hint!(
                "replace the link by its target: cp -aL {} {} && rm {} && mv {} {}",
                path,
                files,
                path,
                files,
                path
            ),
        );
    }
    fail(
        format!("{shown} is neither a file nor a folder of labtrust's, so a backup cannot contain it"),
        hint!("look at it, and move it out of the state folder: ls -ld {}", path),
    )
}

/// The imported certificates and keys, in the form of answered requests: `import` finds their keys on a new machine.
fn foreign_pairs(state: &State<'_>) -> Result<(Vec<Item>, Vec<String>)> {
    let own = state.ca()?;
    let kept = &state.requests()?.kept;
    let (mut items, mut missing): (Vec<Item>, _) = (Vec::new(), Vec::new());
    for placed in placed(state, own)? {
        let parsed = placed.chain.iter().map(|certificate| Parsed::from_der(certificate.der()));
        let chain: Vec<Parsed> = parsed.collect::<Result<_>>()?;
        let Some(leaf) = chain.first() else { continue };
        let can_be_made = match own {
            Some(own) => own.has_signed(&placed.chain) && own.source()?.root().is_some(),
            None => false,
        };
        if can_be_made || kept.iter().any(|kept| kept.public_key == *leaf.public_key()) {
            continue;
        }
        if let Some(key) = key_of(&placed, leaf)? {
            items.extend(request::answered_files(&chain, &key)?);
        } else {
            missing.push(format!(
                "the certificate in {} is not saved: none of the files that were installed with it contains its key",
                text::path(&placed.path)
            ));
        }
    }
    items.sort_by(|left, right| left.path.cmp(&right.path));
    items.dedup_by(|left, right| left.path == right.path);
    Ok((items, missing))
}

/// The installed certificates, from the receipt of the setup. If the receipt is damaged and the CA's key is here, none:
/// the CA can issue others.
fn placed(state: &State<'_>, own: Option<&Ca>) -> Result<Vec<PlacedChain>> {
    let is_unknown = state.receipts()?.damage_of(RECEIPT).is_some();
    let source = own.map(Ca::source).transpose()?;
    let can_renew = source.is_some_and(|source| source.root().is_some());
    if is_unknown && can_renew { Ok(Vec::new()) } else { install_pair::chains_placed(state) }
}

/// The key of `leaf`, from the files that were installed with it.
fn key_of(placed: &PlacedChain, leaf: &Parsed) -> Result<Option<PrivateKey>> {
    for path in &placed.files {
        let bytes = World::here().read(path)?.unwrap_or_default();
        if let Ok(key) = PrivateKey::from_plain_pem(&bytes)
            && key.matches(leaf)
        {
            return Ok(Some(key));
        }
    }
    Ok(None)
}
