//! Plans a restore: the changes, and the conflicts with existing files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_machine::{World, is_met, receipt::parse, world::Node};
use labtrust_plan::{Actor, Certificate, Change, Contents, Fingerprint, Prose, Step, text};

use crate::{
    backup::{Archive, Item},
    hint::{Hint, fail},
    server::backup::pack,
    state::{Ca, State, ca::AUTHORITY, damages, request},
};

/// The plan of a restore.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// Damaged files and folders, which are moved aside.
    pub damaged: Vec<PathBuf>,
    /// The change that moves conflicting files aside.
    pub aside: Option<Change>,
    /// The requests.
    pub requests: Vec<Change>,
    /// The CAs, and which of them is in use.
    pub authorities: Vec<Change>,
    /// Lost receipts of this machine.
    pub receipts: Vec<Saved<'a>>,
    /// Where the backup was made.
    pub origin: Origin,
}

/// The origin of a backup. A receipt belongs to one state folder of one machine: undone by another, it would remove
/// changes that are still needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In this state folder.
    Here,
    /// In another state folder of this machine.
    OtherFolder,
    /// On another machine.
    OtherMachine,
}

impl Origin {
    fn of(archive: &Archive, state: &Path) -> Result<Self> {
        // A cloned machine has the same id, but seldom the same name.
        let (machine, host) = (pack::machine()?, pack::host()?);
        let saved = &archive.manifest;
        if machine.is_none() || machine != saved.machine || host != saved.host {
            return Ok(Self::OtherMachine);
        }
        let is_here = saved.state.as_ref().is_none_or(|folder| folder == state);
        // Older backups do not name their folder, but their receipts name its files.
        let receipts = archive.items.iter().filter(|item| item.path.ends_with("receipt.json"));
        let records =
            receipts.filter_map(|item| parse(&item.contents).ok()).flat_map(|receipt| receipt.changes);
        let mut own = records.filter(|record| [AUTHORITY, request::STORE].contains(&record.store.as_str()));
        let is_of_here = own.all(|record| Path::new(&record.subject).starts_with(state));
        Ok(if is_here && is_of_here { Self::Here } else { Self::OtherFolder })
    }
}

/// A receipt with its files.
#[derive(Debug)]
pub(crate) struct Saved<'a> {
    pub name: String,
    pub items: Vec<&'a Item>,
}

/// The folder of receipts. They belong to one machine.
const RECEIPTS: &str = "receipts";
/// Other files that belong to one machine: the record of its renewals.
const OF_THE_MACHINE: [&str; 1] = ["renewal.json"];
/// Files that are written last: their presence means that the folder is complete.
const LAST: [&str; 2] = ["root.crt", request::NOTES];
/// The file that names the CA in use.
const ROTATION: &str = "rotation.json";

impl<'a> Plan<'a> {
    /// Plans to restore `archive`. Existing files that differ are an error without `replace`.
    pub(crate) fn make(here: &State<'_>, archive: &'a Archive, replace: bool) -> Result<Self> {
        let (state, world) = (here.folder(), World::here());
        let origin = Origin::of(archive, state)?;
        let mut groups: BTreeMap<PathBuf, Vec<&Item>> = BTreeMap::new();
        let mut receipts: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
        for item in &archive.items {
            let mut parts = item.path.iter().map(|part| part.to_string_lossy().into_owned());
            let (top, second) = (parts.next().unwrap_or_default(), parts.next());
            match (top.as_str(), second) {
                (RECEIPTS, Some(name)) => receipts.entry(name).or_default().push(item),
                (top, None) if OF_THE_MACHINE.contains(&top) || top == RECEIPTS => {}
                (top, _) if !is_known(top) => {}
                (request::FOLDER, Some(id)) => {
                    groups.entry(state.join(request::FOLDER).join(id)).or_default().push(item);
                }
                (top, _) => groups.entry(state.join(top)).or_default().push(item),
            }
        }
        let mut damaged = damaged(here, archive, origin, replace)?;
        // The setup's receipt records rotation.json. If the backup has none, the file is removed as a leftover.
        let rotation = state.join(ROTATION);
        let has_rotation = archive.get(Path::new(ROTATION)).is_some();
        let removes_damaged = !has_rotation
            && matches!(world.look(&rotation), Ok(Node::File { .. }))
            && damaged.extract_if(.., |path| *path == rotation).next().is_some();
        let is_moved = |path: &Path| damaged.iter().any(|moved| path.starts_with(moved));
        let is_moved_receipt = |name: &str| is_moved(&state.join(RECEIPTS).join(name).join("receipt.json"));
        let lost: Vec<String> = receipts.keys().filter(|name| is_moved_receipt(name)).cloned().collect();
        let is_wanted = |path: &Path| archive.items.iter().any(|item| state.join(&item.path) == path);
        let mut left_over = left_over(state, groups.keys().map(PathBuf::as_path))?;
        left_over.retain(|path| !is_wanted(path) && !is_moved(path));
        let mut of_authorities = of_authorities(state)?;
        of_authorities.retain(|path| !is_moved(path));
        let items = groups.values().flatten().copied();
        let items = items.filter(|item| !is_moved(&state.join(&item.path))).collect();
        let existing = ExistingFiles { items, left_over, of_authorities, removes_damaged };
        let mut plan = Self {
            aside: in_the_way(here, archive, &existing, replace)?,
            damaged: Vec::new(),
            requests: Vec::new(),
            authorities: Vec::new(),
            receipts: Vec::new(),
            origin,
        };
        for (folder, mut items) in groups {
            items.sort_by_key(|item| LAST.iter().any(|last| item.path.ends_with(last)));
            let mut steps = Vec::new();
            if plan.aside.is_some() {
                let of_folder = existing.left_over.iter().filter(|path| path.parent() == Some(&folder));
                steps.extend(of_folder.map(|path| Step::Remove { path: path.clone() }));
            }
            steps.extend(items.iter().map(|item| put(state, item)));
            let is_request = folder.parent().is_some_and(|parent| parent.ends_with(request::FOLDER));
            if is_request {
                plan.requests.push(Change::of_files(request::STORE, &folder, Actor::Caller, steps));
            } else {
                plan.authorities.push(Change::of_files(AUTHORITY, &folder, Actor::Caller, steps));
            }
        }
        if plan.aside.is_some() && existing.left_over.contains(&rotation) {
            let steps = vec![Step::Remove { path: rotation.clone() }];
            plan.authorities.push(Change::of_files(AUTHORITY, &rotation, Actor::Caller, steps));
        }
        // rotation.json comes last, when all CAs are there.
        plan.authorities.sort_by_key(|change| change.subject.ends_with(ROTATION));
        for (name, items) in receipts.into_iter().filter(|_| origin == Origin::Here) {
            let is_lost = lost.contains(&name);
            if is_lost || world.look(&state.join(RECEIPTS).join(&name).join("receipt.json"))? == Node::Absent
            {
                plan.receipts.push(Saved { name, items });
            }
        }
        plan.damaged = damaged;
        Ok(plan)
    }

    /// All changes of the plan, in order.
    pub(crate) fn changes(&self) -> impl Iterator<Item = &Change> {
        self.aside.iter().chain(&self.requests).chain(&self.authorities)
    }

    /// Whether everything is restored already.
    pub(crate) fn is_done(&self, world: &World) -> Result<bool> {
        let mut done = self.aside.is_none() && self.receipts.is_empty() && self.damaged.is_empty();
        // Files that are moved aside may be unreadable.
        for step in self.changes().flat_map(|change| &change.steps).take_while(|_| self.damaged.is_empty()) {
            done &= is_met(world, step)?;
        }
        Ok(done)
    }
}

/// Whether `top` is a part of the state that a backup can restore on any machine.
fn is_known(top: &str) -> bool {
    top == request::FOLDER || top == ROTATION || top.starts_with(AUTHORITY)
}

/// The files in `folders`, and rotation.json. A restore removes those that the backup does not have.
fn left_over<'f>(state: &Path, folders: impl Iterator<Item = &'f Path>) -> Result<Vec<PathBuf>> {
    let world = World::here();
    let mut paths = vec![state.join(ROTATION)];
    for folder in folders {
        if world.look(folder)? == Node::Folder {
            paths.extend(world.list(folder)?);
        }
    }
    let is_draft = |path: &PathBuf| World::drafted(path).is_some();
    let is_file = |path: &PathBuf| matches!(world.look(path), Ok(Node::File { .. } | Node::Link { .. }));
    paths.retain(|path| !is_draft(path) && is_file(path));
    Ok(paths)
}

/// The files of all CAs in the state folder, also of damaged ones.
fn of_authorities(state: &Path) -> Result<Vec<PathBuf>> {
    let folders = World::here().list(state)?;
    left_over(state, folders.iter().map(PathBuf::as_path).filter(|path| is_of_authority(state, path)))
}

fn put(state: &Path, item: &Item) -> Step {
    let contents = if item.is_public {
        Contents::Public(item.contents.to_vec())
    } else {
        Contents::Secret(item.contents.clone())
    };
    Step::Put { path: state.join(&item.path), contents, mode: item.mode() }
}

/// The damaged files and folders to move aside for `archive`. Without `replace` they are an error.
fn damaged(here: &State<'_>, archive: &Archive, origin: Origin, replace: bool) -> Result<Vec<PathBuf>> {
    let (state, world) = (here.folder(), World::here());
    let holds = |folder: &Path| archive.items.iter().any(|item| item.path.starts_with(folder));
    let mut paths = BTreeSet::new();
    for damage in damages::all(here)? {
        let path = damage.path.strip_prefix(state).unwrap_or(&damage.path);
        // A missing file does not conflict: a killed restore had not written it yet.
        let is_put = archive.get(path).is_some() && !path.starts_with(RECEIPTS);
        if is_put && matches!(world.look(&damage.path), Ok(Node::Absent)) {
            continue;
        }
        let top: PathBuf = path.iter().take(2).collect();
        match path.iter().next().and_then(|top| top.to_str()) {
            // The saved bytes are of use only with their receipt.
            Some(RECEIPTS) if path.ends_with("receipt.json") || (origin == Origin::Here && holds(&top)) => {
                paths.insert(state.join(top));
            }
            // An incomplete receipt still undoes the rest.
            Some(RECEIPTS) => {}
            Some(request::FOLDER) => {
                let receipt = request::receipt(&top);
                paths.extend([state.join(top), state.join(RECEIPTS).join(receipt)]);
            }
            Some(name) if name.starts_with(AUTHORITY) && !holds(Path::new(name)) => {
                // The backup names the CA in use, and this CA is not in it.
                paths.extend([state.join(name), state.join(ROTATION)]);
            }
            _ => {
                paths.insert(damage.path.clone());
            }
        }
        if !replace {
            let aside = "move it aside and restore the backup: --replace";
            return Err(fail(damage.to_string(), aside));
        }
    }
    // A folder, a link or a special file may be where the backup has a file.
    for item in &archive.items {
        let path = state.join(&item.path);
        if matches!(world.look(&path), Ok(Node::Folder | Node::Link { .. } | Node::Other) | Err(_))
            && is_known(top_of(item))
        {
            if !replace {
                return Err(fail(
                    format!("{} is not a file, but the backup has a file there", path.display()),
                    "move it aside and restore the backup: --replace",
                ));
            }
            paths.insert(path);
        }
    }
    Ok(paths.into_iter().collect())
}

fn top_of(item: &Item) -> &str {
    item.path.iter().next().and_then(|top| top.to_str()).unwrap_or_default()
}

/// The existing files that are not damaged.
struct ExistingFiles<'i> {
    /// The files of the backup that may exist already.
    items: Vec<&'i Item>,
    /// Files in the same folders that the backup does not have.
    left_over: Vec<PathBuf>,
    /// All files of CAs.
    of_authorities: Vec<PathBuf>,
    /// Whether a damaged file is among the leftovers.
    removes_damaged: bool,
}

/// The change that moves conflicting files aside. Without `replace` they are an error.
fn in_the_way(
    here: &State<'_>,
    archive: &Archive,
    existing: &ExistingFiles<'_>,
    replace: bool,
) -> Result<Option<Change>> {
    let (state, world) = (here.folder(), World::here());
    // A damaged CA is moved aside with the damaged files.
    let own = here.ca().ok().flatten();
    let mut standing = Vec::new();
    for item in &existing.items {
        let path = state.join(&item.path);
        if let Some(bytes) = world.read(&path)?
            && *bytes != *item.contents
        {
            standing.push((item.path.clone(), bytes));
        }
    }
    // Files of an unreadable CA do not belong to the CA in the backup.
    let is_another = root_of(archive).is_some_and(|root| match &own {
        Some(own) => own.root.fingerprint() != root.fingerprint(),
        None => existing.left_over.iter().any(|path| is_of_authority(state, path)),
    }) || existing.removes_damaged;
    if standing.is_empty() && !is_another {
        return Ok(None);
    }
    let of_authorities = existing.of_authorities.iter().filter(|_| is_another);
    for path in existing.left_over.iter().chain(of_authorities) {
        let relative = path.strip_prefix(state)?.to_owned();
        if let Some(bytes) = world.read(path)?
            && !standing.iter().any(|(known, _)| *known == relative)
        {
            standing.push((relative, bytes));
        }
    }
    let aside = state.join(format!("replaced-{}", name_of(own, &standing)));
    if !replace {
        let (what, way_on) = match own.filter(|_| is_another) {
            Some(own) => (
                format!(
                    "the CA on this machine is not the one in the backup: {} (sha256 {})",
                    own.root.title(),
                    own.root.fingerprint()
                ),
                "undo its setup first ({labtrust setup --undo}), or move it aside to {}: --replace",
            ),
            None => (
                format!(
                    "{} differs from the file in the backup",
                    text::path(
                        &standing.first().map_or_else(|| state.to_owned(), |(path, _)| state.join(path))
                    )
                ),
                "keep it and do not restore, or move it aside to {}: --replace",
            ),
        };
        return Err(fail(what, Hint::filled(way_on, &[&Prose(text::path(&aside))])));
    }
    let steps = standing.into_iter().map(|(path, bytes)| Step::Put {
        path: aside.join(path),
        contents: Contents::Secret(bytes),
        mode: 0o600,
    });
    Ok(Some(Change::of_files("replaced", &aside, Actor::Caller, steps.collect())))
}

/// The root of the CA that is in use in the backup.
fn root_of(archive: &Archive) -> Option<Certificate> {
    let rotation = archive.get(Path::new(ROTATION));
    let rotation = rotation.and_then(|item| serde_json::from_slice::<serde_json::Value>(&item.contents).ok());
    let current = rotation.and_then(|rotation| Some(rotation.get("current")?.as_str()?.to_owned()));
    let folder = current.unwrap_or_else(|| AUTHORITY.to_owned());
    let root = archive.get(&Path::new(&folder).join("root.crt"))?;
    Certificate::read_all(&root.contents).0.into_iter().next()
}

/// A name for the folder with the files that are moved aside.
fn name_of(own: Option<&Ca>, standing: &[(PathBuf, zeroize::Zeroizing<Vec<u8>>)]) -> String {
    let of_files = || {
        let hashes =
            standing.iter().map(|(path, bytes)| format!("{}\0{}\n", path.display(), Fingerprint::of(bytes)));
        Fingerprint::of(hashes.collect::<String>().as_bytes())
    };
    own.map_or_else(of_files, |own| own.root.fingerprint()).short()
}

/// Whether the file at `path` belongs to a CA.
fn is_of_authority(state: &Path, path: &Path) -> bool {
    let top = path.strip_prefix(state).ok().and_then(|path| path.iter().next());
    top.is_some_and(|top| top.to_string_lossy().starts_with(AUTHORITY))
}
