//! The folder of receipts in a state folder: locked against other runs, and read only if nobody else can write to it.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ffi::OsStr,
    mem,
    path::{Path, PathBuf},
    time::Duration,
};

use labtrust_plan::Anchor;

use super::{
    CreatedPaths, DamagedReceipt, Gone, Line, Receipt, Recorded, StepRecord,
    form::{self, parse},
    parents,
};
use crate::{
    Error, Result,
    lock::{self, LONGEST_WAIT, Lock},
    progress::Progress,
    world::{Access, Journal, Node, Stamp, World},
};

/// The lock's file in a state folder.
const LOCK: &str = "lock";

/// The receipts of a state folder. Other runs wait while this value lives.
#[derive(Debug)]
pub struct Receipts {
    state: PathBuf,
    pub(super) world: World,
    /// The receipts that were read or written since the lock was taken, by name.
    known: RefCell<BTreeMap<String, Known>>,
    /// The state folder's lock, and the machine's lock if it was taken too.
    locks: RefCell<Vec<Lock>>,
    /// How long to wait for the machine's lock.
    machine_limit: Cell<Duration>,
}

/// A receipt as it is in its file.
#[derive(Debug)]
struct Known {
    receipt: Receipt,
    /// The state of the file then. If the file has changed since, this value is not used.
    stamp: Stamp,
    /// The open file, if this run wrote it: then it may append lines.
    file: Option<Appending>,
}

/// A file to which lines are appended.
#[derive(Debug)]
struct Appending {
    journal: Journal,
    /// The size of the receipt without its lines, and of the lines, in bytes.
    document: usize,
    lines: usize,
}

impl Receipts {
    /// Whether another run holds the state folder `state`. Nothing is created.
    pub fn are_held(state: &Path) -> bool {
        lock::is_held(&state.join(LOCK))
    }

    /// Opens the state folder `state`, creates it if it is missing, and waits for its lock.
    pub fn open(state: &Path, progress: &dyn Progress) -> Result<Self> {
        let world = World::here();
        let mut parents = Vec::new();
        let mut lock = || {
            let made = world.make_folders(state, 0o700)?;
            // Receipts that somebody else can write would make labtrust run their commands and restore their files.
            let refused =
                World::refuse_foreign(state).and_then(|()| World::refuse_foreign(&state.join("receipts")));
            if refused.is_err() {
                made.iter().rev().try_for_each(|folder| world.remove_folder(folder))?;
            }
            refused?;
            if let [above @ .., _] = &made[..] {
                parents.extend_from_slice(above);
            }
            parents::note(&world, state, &parents)?;
            Lock::acquire(&state.join(LOCK), LONGEST_WAIT, progress)
        };
        let mut locked = lock();
        for _ in 0..MOST_REMOVALS {
            match locked {
                // Another run that undid everything has just removed the empty folder.
                Err(error) if error.is_absence() => locked = lock(),
                other => {
                    locked = other;
                    break;
                }
            }
        }
        let lock = locked?;
        let receipts = Self {
            state: state.to_owned(),
            world,
            known: RefCell::default(),
            locks: RefCell::new(vec![lock]),
            machine_limit: Cell::new(LONGEST_WAIT),
        };
        receipts.sweep()?;
        Ok(receipts)
    }

    /// Takes the machine's lock too: runs with other state folders wait.
    pub(crate) fn hold_machine(&self, progress: &dyn Progress) -> Result<()> {
        let mut locks = self.locks.borrow_mut();
        if locks.len() == 1 {
            // The next change does not wait again for the same run.
            let limit = self.machine_limit.replace(Duration::ZERO);
            locks.push(Lock::machine(limit, progress)?);
        }
        Ok(())
    }

    /// Removes the remains of receipts that a killed run was removing, or had not written yet.
    fn sweep(&self) -> Result<()> {
        for folder in self.world.list(&self.state.join("receipts"))? {
            // Most folders have a receipt, which need not be read here.
            let path = file(&folder);
            if Stamp::of(&path).is_none() && self.world.look(&path)? == Node::Absent {
                self.clear(&folder)?;
            }
        }
        self.world.remove_folder(&self.state.join("receipts"))
    }

    /// All receipts in the state folder `state`, by name. No lock is needed: a receipt is replaced atomically, and an
    /// appended line counts once it is complete.
    pub fn all(state: &Path) -> Result<Recorded> {
        collect(state, read)
    }

    /// All receipts, under the lock. A receipt that was read since the lock was taken is not read again.
    pub fn recorded(&self) -> Result<Recorded> {
        collect(&self.state, |folder| match folder.file_name().and_then(OsStr::to_str) {
            Some(name) => self.load(name),
            None => read(folder),
        })
    }

    /// The receipt `name`, or a new one.
    pub fn load_or_new(&self, name: &str, anchor: Option<&Anchor>) -> Result<Receipt> {
        Ok(self.load(name)?.unwrap_or_else(|| Receipt::new(name, anchor)))
    }

    /// The receipt `name`, if there is one.
    pub fn load(&self, name: &str) -> Result<Option<Receipt>> {
        let folder = self.folder(name);
        let stamp = Stamp::of(&file(&folder));
        let mut known = self.known.borrow_mut();
        if let Some(known) = known.get(name).filter(|known| Some(known.stamp) == stamp) {
            return Ok(Some(known.receipt.clone()));
        }
        known.remove(name);
        let receipt = read(&folder)?;
        if let (Some(receipt), Some(stamp)) = (&receipt, stamp) {
            known.insert(name.to_owned(), Known { receipt: receipt.clone(), stamp, file: None });
        }
        Ok(receipt)
    }

    /// Saves `receipt`. A receipt without changes is removed, with all saved bytes beside it.
    pub fn save(&self, receipt: &Receipt) -> Result<()> {
        if receipt.changes.is_empty() {
            return self.forget(&receipt.name);
        }
        self.known.borrow_mut().remove(&receipt.name);
        let folder = self.folder(&receipt.name);
        self.world.make_folders(&folder, 0o700)?;
        let json = self.document(receipt)?;
        let journal = Journal::put(&file(&folder), &json, PRIVATE)?;
        let stamp = journal.stamp()?;
        let file = Some(Appending { journal, document: json.len(), lines: 0 });
        let known = Known { receipt: receipt.clone(), stamp, file };
        self.known.borrow_mut().insert(receipt.name.clone(), known);
        Ok(())
    }

    fn document(&self, receipt: &Receipt) -> Result<Vec<u8>> {
        let corrupt = |why| Error::Corrupt { path: self.folder(&receipt.name), why };
        form::document(receipt).map_err(corrupt)
    }

    /// Saves the records of the changes at `indices` of `receipt`, before their steps are applied. All other records are
    /// saved already.
    pub(crate) fn save_changes(&self, receipt: &Receipt, indices: &[usize]) -> Result<()> {
        let lines: Vec<_> = indices.iter().map(|index| Line::Change(&receipt.changes[*index])).collect();
        if self.append(receipt, &lines, true)? { Ok(()) } else { self.save(receipt) }
    }

    /// Appends `lines` to `receipt` after their changes were made. They are not flushed: nothing depends on them before the
    /// next [`Self::save_changes`] or [`Self::close`].
    pub(crate) fn save_lines(&self, receipt: &Receipt, lines: &[Line<'_>]) -> Result<()> {
        if receipt.changes.is_empty() || !self.append(receipt, lines, false)? {
            return self.save(receipt);
        }
        Ok(())
    }

    /// Appends `lines` to the file of `receipt`. False if the file must be written again instead: it is not this run's, so
    /// its last line may be torn, or it has too many lines.
    fn append(&self, receipt: &Receipt, lines: &[Line<'_>], is_flushed: bool) -> Result<bool> {
        let path = file(&self.folder(&receipt.name));
        let mut all = self.known.borrow_mut();
        // A receipt that could not be appended to, or only in part, is read again.
        let Some(mut known) = all.remove(&receipt.name) else { return Ok(false) };
        let Some(file) = &mut known.file else { return Ok(false) };
        if known.receipt.anchor != receipt.anchor || Stamp::of(&path) != Some(known.stamp) {
            return Ok(false);
        }
        let corrupt = |why| Error::Corrupt { path, why };
        let bytes = form::append(&mut known.receipt, lines).map_err(corrupt)?;
        file.lines += bytes.len();
        if file.lines > MOST_LINES + 2 * file.document {
            return Ok(false);
        }
        file.journal.append(&bytes, is_flushed)?;
        known.stamp = file.journal.stamp()?;
        all.insert(receipt.name.clone(), known);
        Ok(true)
    }

    /// Removes the saved bytes beside `receipt` that are no longer needed: a private key that was replaced must not stay.
    pub(crate) fn remove_unneeded(&self, receipt: &Receipt) -> Result<()> {
        let left_over = self.left_over(receipt)?;
        if !left_over.is_empty() {
            // The receipt without them must be on the disk first.
            self.save(receipt)?;
        }
        left_over.iter().try_for_each(|path| self.world.remove(path))
    }

    /// Rewrites each receipt that has lines as one JSON document.
    fn tidy(&self) -> Result<()> {
        let all = mem::take(&mut *self.known.borrow_mut());
        for known in all.into_values() {
            let has_lines = known.file.is_some_and(|file| file.lines > 0);
            let path = file(&self.folder(&known.receipt.name));
            if has_lines && Stamp::of(&path) == Some(known.stamp) {
                let json = self.document(&known.receipt)?;
                Journal::replace(&path, &json, PRIVATE)?;
            }
        }
        Ok(())
    }

    /// Transfers folders and databases that the steps `gone`, the latest first, created, and that other changes still use, to the
    /// records of those changes, in `receipts` or in another receipt, and takes the edits of `gone` out of those records. The
    /// change that is undone last leaves what stood there before all of them. True if one of `receipts` was changed.
    pub(crate) fn transfer(&self, receipts: &mut [Receipt], gone: &[Gone]) -> Result<bool> {
        let mut created = CreatedPaths::default();
        let steps = || gone.iter().map(|gone| &gone.step);
        for folder in steps().flat_map(StepRecord::folders) {
            if !created.folders.contains(folder) && matches!(self.world.look(folder), Ok(Node::Folder)) {
                created.folders.push(folder.clone());
            }
        }
        let databases = steps().filter_map(StepRecord::made_database);
        let is_there = |path: &&Path| matches!(self.world.look(path), Ok(Node::File { .. }));
        created.databases = databases.filter(is_there).map(Path::to_owned).collect();
        if created.is_empty() && !steps().any(StepRecord::is_edit) {
            return Ok(false);
        }
        let received = |receipt: &mut Receipt| -> Result<bool> {
            Ok(self.forget_edits(receipt, gone)? | receipt.receive(&created))
        };
        let mut any = false;
        for receipt in &mut *receipts {
            any |= received(receipt)?;
        }
        // A damaged receipt takes over nothing.
        for mut other in self.recorded()? {
            if receipts.iter().all(|receipt| receipt.name != other.name) && received(&mut other)? {
                self.save(&other)?;
                self.remove_unneeded(&other)?;
            }
        }
        Ok(any)
    }

    /// Removes the receipt `name`, with all saved bytes beside it. Its changes can no longer be undone.
    pub fn forget(&self, name: &str) -> Result<()> {
        self.known.borrow_mut().remove(name);
        let folder = self.folder(name);
        self.world.remove(&file(&folder))?;
        self.world.flushed_once(|| {
            self.clear(&folder)?;
            self.world.remove_folder(&self.state.join("receipts"))
        })
    }

    fn clear(&self, folder: &Path) -> Result<()> {
        let before = folder.join("before");
        for kept in self.world.list(&before)? {
            self.world.remove(&kept)?;
        }
        self.world.remove_folder(&before)?;
        self.world.tidy(&file(folder))?;
        self.world.remove_folder(folder)
    }

    /// Releases the locks: other runs go on.
    pub fn close(mut self) -> Result<()> {
        self.tidy()?;
        self.release()
    }

    fn release(&mut self) -> Result<()> {
        if self.locks.get_mut().is_empty() {
            return Ok(());
        }
        let parents = parents::take(&self.world, &self.state, &self.state.join(LOCK));
        self.locks.get_mut().clear();
        // The folder goes if it is empty: after everything is undone, nothing of labtrust stays.
        self.world.remove_folder(&self.state)?;
        parents?.iter().rev().try_for_each(|folder| self.world.remove_folder(folder))
    }

    /// The state folder.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// Whether `path` is in the state folder, where everything is private.
    pub(crate) fn contains(&self, path: &Path) -> bool {
        path.starts_with(&self.state)
    }

    pub(super) fn folder(&self, name: &str) -> PathBuf {
        self.state.join("receipts").join(name)
    }
}

impl Drop for Receipts {
    fn drop(&mut self) {
        // The caller did not call `close`, so it reports another error.
        let _ = self.tidy();
        let _ = self.release();
    }
}

/// How often other runs may remove the empty state folder while this run waits for it.
const MOST_REMOVALS: usize = 1000;

/// A receipt is rewritten when its lines have more bytes than this plus twice its document.
const MOST_LINES: usize = 1 << 20;

pub(super) const PRIVATE: Access = Access { mode: 0o600, owner: None };

fn file(folder: &Path) -> PathBuf {
    folder.join("receipt.json")
}

fn read(folder: &Path) -> Result<Option<Receipt>> {
    let path = file(folder);
    let Some(bytes) = World::read_own(&path)? else { return Ok(None) };
    parse(&bytes).map(Some).map_err(|why| Error::Corrupt { path, why })
}

/// The receipts in the state folder `state`, each as `read` reads it in its folder.
fn collect(state: &Path, read: impl Fn(&Path) -> Result<Option<Receipt>>) -> Result<Recorded> {
    let mut recorded = Recorded::default();
    for folder in World::here().list(&state.join("receipts"))? {
        match read(&folder) {
            Ok(receipt) => recorded.receipts.extend(receipt),
            Err(error) => {
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                recorded.damaged.push(DamagedReceipt { name, path: file(&folder), error });
            }
        }
    }
    Ok(recorded)
}
