//! What restoring a backup takes, and what stands in its way.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_platform::{
    Certificate, Contents, Fingerprint, World, is_met,
    plan::{Actor, Change, Step},
    text,
    world::Node,
};

use super::is_in_use;
use crate::{
    backup::{Archive, Item},
    command::{
        Context, backup, damages, kept,
        own::{AUTHORITY, OwnCa},
    },
    hint::fail,
    printer::Printer,
};

/// What is done.
#[derive(Debug)]
pub struct Plan<'a> {
    /// What is damaged here: it is moved away, whatever it is.
    pub damaged: Vec<PathBuf>,
    /// What is here and in the way, put aside.
    pub aside: Option<Change>,
    /// The requests.
    pub requests: Vec<Change>,
    /// The CAs, and which of them is in use.
    pub authorities: Vec<Change>,
    /// Receipts of this very machine's that are lost.
    pub receipts: Vec<Saved<'a>>,
    /// Whether the backup is of this machine.
    pub is_same_machine: bool,
}

/// A receipt with what it needs.
#[derive(Debug)]
pub struct Saved<'a> {
    pub name: String,
    pub items: Vec<&'a Item>,
}

/// Where receipts lie in the state folder: they tell of one machine alone.
const RECEIPTS: &str = "receipts";
/// What else tells of one machine alone: how its renewals went.
const OF_THE_MACHINE: [&str; 1] = ["renewal.json"];
/// The files whose presence says that the others beside them are there.
const LAST: [&str; 2] = ["root.crt", kept::NOTES];
/// Says which CA is in use.
const ROTATION: &str = "rotation.json";

impl<'a> Plan<'a> {
    /// What restoring `archive` takes. What is here and differs is in the way, unless it may be replaced.
    pub fn make(context: &Context<'_>, archive: &'a Archive, replace: bool) -> Result<Self> {
        let (state, world) = (&context.home.state, World::here());
        // A machine that was cloned has the same id, and seldom the same name.
        let (machine, host) = (backup::machine()?, backup::host()?);
        let saved = &archive.manifest;
        let is_same_machine = machine.is_some() && machine == saved.machine && host == saved.host;
        let mut groups: BTreeMap<PathBuf, Vec<&Item>> = BTreeMap::new();
        let mut receipts: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
        for item in &archive.items {
            let mut parts = item.path.iter().map(|part| part.to_string_lossy().into_owned());
            let (top, second) = (parts.next().unwrap_or_default(), parts.next());
            match (top.as_str(), second) {
                (RECEIPTS, Some(name)) => receipts.entry(name).or_default().push(item),
                (top, None) if OF_THE_MACHINE.contains(&top) || top == RECEIPTS => {}
                (top, _) if !is_known(top) => {}
                (kept::FOLDER, Some(id)) => {
                    groups.entry(state.join(kept::FOLDER).join(id)).or_default().push(item);
                }
                (top, _) => groups.entry(state.join(top)).or_default().push(item),
            }
        }
        let damaged = damaged(context, archive, is_same_machine, replace)?;
        let is_moved = |path: &Path| damaged.iter().any(|moved| path.starts_with(moved));
        let is_moved_receipt = |name: &str| is_moved(&state.join(RECEIPTS).join(name).join("receipt.json"));
        let lost: Vec<String> = receipts.keys().filter(|name| is_moved_receipt(name)).cloned().collect();
        let standing = groups.values().flatten().copied().filter(|item| !is_moved(&state.join(&item.path)));
        let mut plan = Self {
            aside: in_the_way(context, archive, standing, replace)?,
            damaged: Vec::new(),
            requests: Vec::new(),
            authorities: Vec::new(),
            receipts: Vec::new(),
            is_same_machine,
        };
        for (folder, mut items) in groups {
            items.sort_by_key(|item| LAST.iter().any(|last| item.path.ends_with(last)));
            let mut steps = Vec::new();
            if plan.aside.is_some() {
                steps.extend(left_over(&world, &folder, |path| {
                    items.iter().any(|item| state.join(&item.path) == path)
                })?);
            }
            steps.extend(items.iter().map(|item| put(state, item)));
            let is_request = folder.parent().is_some_and(|parent| parent.ends_with(kept::FOLDER));
            if is_request {
                plan.requests.push(Change::of_files(kept::STORE, &folder, Actor::Caller, steps));
            } else {
                plan.authorities.push(Change::of_files(AUTHORITY, &folder, Actor::Caller, steps));
            }
        }
        let rotation = state.join(ROTATION);
        if plan.aside.is_some()
            && archive.get(Path::new(ROTATION)).is_none()
            && world.look(&rotation)? != Node::Absent
        {
            let steps = vec![Step::Remove { path: rotation.clone() }];
            plan.authorities.push(Change::of_files(AUTHORITY, &rotation, Actor::Caller, steps));
        }
        // Which CA is in use is said when they are all there.
        plan.authorities.sort_by_key(|change| change.subject.ends_with(ROTATION));
        for (name, items) in receipts.into_iter().filter(|_| is_same_machine) {
            let is_lost = lost.contains(&name);
            if is_lost || world.look(&state.join(RECEIPTS).join(&name).join("receipt.json"))? == Node::Absent
            {
                plan.receipts.push(Saved { name, items });
            }
        }
        plan.damaged = damaged;
        Ok(plan)
    }

    /// Says what is moved away.
    pub fn print_aside(&self, printer: &Printer) {
        for path in &self.damaged {
            printer.say(format_args!("  put {} aside, which is damaged", text::path(path)));
        }
    }

    /// All that the plan changes, in its order.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.aside.iter().chain(&self.requests).chain(&self.authorities)
    }

    /// Whether all of it is so.
    pub fn is_done(&self, world: &World) -> Result<bool> {
        let mut done = self.aside.is_none() && self.receipts.is_empty() && self.damaged.is_empty();
        // What is to be moved away need not be what can be looked at.
        for step in self.changes().flat_map(|change| &change.steps).take_while(|_| self.damaged.is_empty()) {
            done &= is_met(world, step)?;
        }
        Ok(done)
    }
}

/// Whether labtrust keeps something at `top` in the state folder that is not one machine's alone.
fn is_known(top: &str) -> bool {
    top == kept::FOLDER || top == ROTATION || top.starts_with(AUTHORITY)
}

/// The removal of what is in `folder` and is not `wanted`.
fn left_over(world: &World, folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<Step>> {
    if world.look(folder)? != Node::Folder {
        return Ok(Vec::new());
    }
    let paths = world.list(folder)?.into_iter().filter(|path| !wanted(path));
    Ok(paths.map(|path| Step::Remove { path }).collect())
}

fn put(state: &Path, item: &Item) -> Step {
    let contents = if item.is_public {
        Contents::Public(item.contents.to_vec())
    } else {
        Contents::Secret(item.contents.clone())
    };
    Step::Put { path: state.join(&item.path), contents, mode: item.mode() }
}

/// What is damaged here and is to be moved away, so that what is in `archive` can take its place: refused, unless it may
/// be replaced.
fn damaged(
    context: &Context<'_>,
    archive: &Archive,
    is_same_machine: bool,
    replace: bool,
) -> Result<Vec<PathBuf>> {
    let state = &context.home.state;
    let holds = |folder: &Path| archive.items.iter().any(|item| item.path.starts_with(folder));
    let mut paths = BTreeSet::new();
    for damage in damages::all(&context.home)? {
        let path = damage.path.strip_prefix(state).unwrap_or(&damage.path);
        let top: PathBuf = path.iter().take(2).collect();
        match path.iter().next().and_then(|top| top.to_str()) {
            // The bytes that a receipt needs are worth having only with it.
            Some(RECEIPTS) if path.ends_with("receipt.json") || (is_same_machine && holds(&top)) => {
                paths.insert(state.join(top));
            }
            // How to undo the rest is worth more than nothing.
            Some(RECEIPTS) => {}
            Some(kept::FOLDER) => {
                let receipt = kept::receipt(&top);
                paths.extend([state.join(top), state.join(RECEIPTS).join(receipt)]);
            }
            Some(name) if name.starts_with(AUTHORITY) && !holds(Path::new(name)) => {
                // Which CA is in use is said by the backup, and this is none of its.
                paths.extend([state.join(name), state.join(ROTATION)]);
            }
            _ => {
                paths.insert(damage.path.clone());
            }
        }
        if !replace {
            let aside = "put it aside and what is in the backup in its place: --replace";
            return Err(fail(damage.to_string(), aside));
        }
    }
    // Nothing is where something in the backup, or what says that it is there, has its place.
    let world = World::here();
    for item in &archive.items {
        let path = state.join(&item.path);
        if matches!(world.look(&path), Ok(Node::Folder | Node::Link { .. } | Node::Other) | Err(_))
            && is_known(top_of(item))
        {
            if !replace {
                return Err(fail(
                    format!("{} is no file, and one in the backup is", path.display()),
                    "put it aside and what is in the backup in its place: --replace",
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

/// What is here and would be replaced: refused, or put aside.
fn in_the_way<'i>(
    context: &Context<'_>,
    archive: &Archive,
    items: impl Iterator<Item = &'i Item>,
    replace: bool,
) -> Result<Option<Change>> {
    let (state, world) = (&context.home.state, World::here());
    // One that is damaged is put aside as such.
    let own = OwnCa::here(&context.home).ok().flatten();
    let mut standing = Vec::new();
    for item in items {
        let path = state.join(&item.path);
        if let Some(bytes) = world.read(&path)?
            && *bytes != *item.contents
        {
            standing.push((item.path.clone(), bytes));
        }
    }
    let is_another = root_of(archive).is_some_and(|root| !is_in_use(own.as_ref(), &root));
    if standing.is_empty() && !is_another {
        return Ok(None);
    }
    let aside = state.join(format!("replaced-{}", name_of(own.as_ref(), &standing)));
    if !replace {
        let (what, way_on) = match own.filter(|_| is_another) {
            Some(own) => (
                format!(
                    "another CA is here than in the backup: {} (sha256 {})",
                    own.root.title(),
                    own.root.fingerprint()
                ),
                "take it back first (labtrust setup --undo)",
            ),
            None => (
                format!(
                    "{} is here, and is another than in the backup",
                    state.join(&standing[0].0).display()
                ),
                "leave it as it is",
            ),
        };
        return Err(fail(what, format!("{way_on}, or put it aside, in {}: --replace", text::path(&aside))));
    }
    if let Some(own) = own.filter(|_| is_another) {
        let mut paths = vec![state.join(ROTATION)];
        for one in own.all() {
            paths.extend(world.list(&one.folder)?);
        }
        for path in paths {
            let relative = path.strip_prefix(state)?.to_owned();
            if let Some(bytes) = world.read(&path)?
                && !standing.iter().any(|(known, _)| *known == relative)
            {
                standing.push((relative, bytes));
            }
        }
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

fn name_of(own: Option<&OwnCa>, standing: &[(PathBuf, zeroize::Zeroizing<Vec<u8>>)]) -> String {
    match own {
        Some(own) => own.root.fingerprint().short(),
        None => standing.first().map(|(_, bytes)| Fingerprint::of(bytes).short()).unwrap_or_default(),
    }
}
