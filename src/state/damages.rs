//! All damaged parts of a state: `status` lists them, `backup` refuses them or leaves them out, `restore` moves them
//! aside.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Result, anyhow};
use labtrust_machine::receipt::{Receipt, Receipts, parse};
use labtrust_plan::Fingerprint;

use super::{
    Ca, Damage, Files, State, Way, recorded,
    request::{self, PendingRequest},
};
use crate::backup::Archive;

/// The folder of receipts in a state folder.
pub(crate) const RECEIPTS: &str = "receipts";

/// How often a damage is looked for again while another run is at work, and the pause before.
const MOST_LOOKS: usize = 10;
const PAUSE: Duration = Duration::from_millis(50);

/// All damaged parts of `state`. Between two steps of another run, a part can be missing: a damage counts only if each
/// of several readings finds it.
pub(crate) fn all(state: &State<'_>) -> Result<Vec<Damage>> {
    let mut damages = once(state)?;
    for _ in 0..MOST_LOOKS {
        if damages.is_empty() || state.is_locked() {
            break;
        }
        let is_changing = Receipts::are_held(state.folder());
        if is_changing {
            thread::sleep(PAUSE);
        }
        let now = once(&state.again())?;
        damages.retain(|damage| now.contains(damage));
        if !is_changing {
            break;
        }
    }
    Ok(damages)
}

fn once(state: &State<'_>) -> Result<Vec<Damage>> {
    let files = state.home().files();
    let receipts = state.receipts()?;
    let mut all = of_authorities(state.ca(), &files);
    let of_requests = state.requests()?.damaged.iter();
    all.extend(of_requests.filter(|damage| damage.path.starts_with(state.folder())).cloned());
    all.extend(recorded::damages(receipts));
    all.extend(receipts.iter().flat_map(|receipt| of_kept_bytes(&files, receipt)));
    all.extend(state.renewal().err());
    all.extend(state.last_backup().err());
    Ok(all)
}

/// All damaged parts of a backup.
pub(crate) fn of_archive(archive: &Archive) -> Vec<Damage> {
    let ca = Ca::among(archive);
    let mut all = of_authorities(ca.as_ref().map(Option::as_ref).map_err(Clone::clone), archive);
    // The folders two levels deep, with `top`.
    let below = |top: &str| -> BTreeSet<PathBuf> {
        let items = archive.items.iter().filter(|item| item.path.starts_with(top));
        items.map(|item| item.path.iter().take(2).collect()).collect()
    };
    all.extend(
        below(request::FOLDER).iter().filter_map(|folder| PendingRequest::read(archive, folder).err()),
    );
    for folder in below(RECEIPTS) {
        let path = folder.join("receipt.json");
        match archive.get(&path).map(|item| parse(&item.contents)) {
            Some(Ok(receipt)) => all.extend(of_kept_bytes(archive, &receipt)),
            Some(Err(why)) => all.push(Damage::new(&path, &anyhow!(why), Way::Setup)),
            None => {}
        }
    }
    all
}

/// The damages of the CAs and of their keys among `files`.
fn of_authorities(ca: Result<Option<&Ca>, Damage>, files: &dyn Files) -> Vec<Damage> {
    match ca {
        Err(damage) => vec![damage],
        Ok(ca) => {
            let open = |ca: &Ca| ca.source_among(files).err();
            let keys = ca.into_iter().flat_map(Ca::all).filter_map(open);
            ca.into_iter().flat_map(Ca::damages).cloned().chain(keys).collect()
        }
    }
}

/// Saved original files whose bytes do not match their hash: an undo cannot restore them.
fn of_kept_bytes(files: &dyn Files, receipt: &Receipt) -> Vec<Damage> {
    let way = if receipt.name.starts_with("trust-") { Way::Trust } else { Way::Setup };
    let folder = Path::new(RECEIPTS).join(&receipt.name).join("before");
    let is_lost = |path: &Path, sha256: Fingerprint| match files.read(path) {
        Ok(bytes) => bytes.is_none_or(|bytes| Fingerprint::of(&bytes) != sha256),
        Err(_) => true,
    };
    let paths = receipt.saved_hashes().map(|sha256| (folder.join(sha256.to_string()), sha256));
    let lost = paths.filter(|(path, sha256)| is_lost(path, *sha256));
    lost.map(|(path, _)| {
        Damage::new(&files.full(&path), &anyhow!("the original file cannot be restored from it"), way)
    })
    .collect()
}

/// Splits `damages`: those outside receipts, and for each damaged receipt its folder with its first damage.
pub(crate) fn apart(damages: Vec<Damage>, state: &Path) -> (Vec<Damage>, BTreeMap<PathBuf, Damage>) {
    let receipts = state.join(RECEIPTS);
    let (of_receipts, others): (Vec<_>, _) =
        damages.into_iter().partition(|damage| damage.path.starts_with(&receipts));
    let depth = receipts.iter().count() + 1;
    let mut folders = BTreeMap::new();
    for damage in of_receipts {
        folders.entry(damage.path.iter().take(depth).collect()).or_insert(damage);
    }
    (others, folders)
}

/// Fails with the first of `damages`, except for files that the next run replaces.
pub(crate) fn refuse(damages: Vec<Damage>) -> Result<(), Damage> {
    damages.into_iter().find(|damage| damage.way != Way::Note).map_or(Ok(()), Err)
}
