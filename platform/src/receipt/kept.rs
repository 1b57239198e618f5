//! The receipts in a state folder, and the bytes that they need beside them: held against other runs,
//! and read only where nobody else can have written.

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Receipt, StepRecord, parse};
use crate::{
    Anchor, Contents, Error, Fingerprint, Result,
    lock::{LONGEST_WAIT, Lock},
    progress::Progress,
    world::{Access, Node, World},
};

/// The receipts in a state folder, held against other runs while this lives.
#[derive(Debug)]
pub struct Receipts {
    state: PathBuf,
    world: World,
    /// The state folder's lock, and the machine's if it was asked for.
    locks: RefCell<Vec<Lock>>,
    /// How long the machine's lock is waited for.
    patience: Cell<Duration>,
}

impl Receipts {
    /// Opens the state folder `state`, making it if need be, and waits for its lock.
    pub fn open(state: &Path, progress: &dyn Progress) -> Result<Self> {
        let world = World::here();
        let lock = || {
            let made = world.make_folders(state, 0o700)?;
            // Somebody else's would have us run and restore whatever they put into its receipts.
            let refused =
                World::refuse_foreign(state).and_then(|()| World::refuse_foreign(&state.join("receipts")));
            if refused.is_err() {
                made.iter().rev().try_for_each(|folder| world.remove_folder(folder))?;
            }
            refused?;
            Lock::acquire(&state.join("lock"), LONGEST_WAIT, progress)
        };
        let mut locked = lock();
        for _ in 0..MOST_REMOVALS {
            match locked {
                // A run that took everything back has just removed the folder, which was empty.
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
            locks: RefCell::new(vec![lock]),
            patience: Cell::new(LONGEST_WAIT),
        };
        receipts.sweep()?;
        Ok(receipts)
    }

    /// Holds the machine's lock too, from now on: runs with other state folders wait.
    pub(crate) fn hold_machine(&self, progress: &dyn Progress) -> Result<()> {
        let mut locks = self.locks.borrow_mut();
        if locks.len() == 1 {
            // The next change does not wait as long again for the same run.
            let limit = self.patience.replace(Duration::ZERO);
            locks.push(Lock::machine(limit, progress)?);
        }
        Ok(())
    }

    /// Removes what a run that was killed left of a receipt that it was forgetting or had not begun
    /// to keep.
    fn sweep(&self) -> Result<()> {
        for folder in self.world.list(&self.state.join("receipts"))? {
            if self.world.look(&file(&folder))? == Node::Absent {
                self.clear(&folder)?;
            }
        }
        self.world.remove_folder(&self.state.join("receipts"))
    }

    /// All receipts in the state folder `state`, in the order of their names. No lock is needed: each is
    /// replaced in one instant.
    pub fn all(state: &Path) -> Result<Recorded> {
        let world = World::here();
        let mut recorded = Recorded::default();
        for folder in world.list(&state.join("receipts"))? {
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

    /// The receipt `name`, or a new one.
    pub fn load_or_new(&self, name: &str, anchor: Option<&Anchor>) -> Result<Receipt> {
        Ok(self.load(name)?.unwrap_or_else(|| Receipt::new(name, anchor)))
    }

    /// The receipt `name`, if there is one.
    pub fn load(&self, name: &str) -> Result<Option<Receipt>> {
        read(&self.folder(name))
    }

    /// Keeps `receipt`; one without changes is forgotten, with all that was kept beside it.
    pub fn save(&self, receipt: &Receipt) -> Result<()> {
        if receipt.changes.is_empty() {
            return self.forget(&receipt.name);
        }
        let folder = self.folder(&receipt.name);
        self.world.make_folders(&folder, 0o700)?;
        let corrupt = |why| Error::Corrupt { path: folder.clone(), why };
        let json = serde_json::to_vec_pretty(receipt).map_err(|error| corrupt(error.to_string()))?;
        // What could not be read again could not be taken back.
        parse(&json).map_err(corrupt)?;
        self.world.put(&file(&folder), &Contents::Public(json), PRIVATE)
    }

    /// Folders that the steps `gone` made and that are still in use are from now on those of whoever uses
    /// them, in `receipt` or in another: the last to go removes them.
    pub(crate) fn hand_over(&self, receipt: &mut Receipt, gone: &[StepRecord]) -> Result<()> {
        let mut kept = Vec::new();
        for folder in gone.iter().flat_map(StepRecord::folders) {
            if matches!(self.world.look(folder), Ok(Node::Folder)) {
                kept.push(folder.clone());
            }
        }
        if kept.is_empty() {
            return Ok(());
        }
        receipt.inherit(&kept);
        // One that cannot be read can take over nothing.
        for mut other in
            Self::all(&self.state)?.receipts.into_iter().filter(|other| other.name != receipt.name)
        {
            if other.inherit(&kept) {
                self.save(&other)?;
            }
        }
        Ok(())
    }

    /// Removes what was kept beside `receipt` and is needed no more: a key that was ours and is
    /// replaced should be gone.
    pub(crate) fn prune(&self, receipt: &Receipt) -> Result<()> {
        for kept in self.world.list(&self.folder(&receipt.name).join("before"))? {
            let sha256 = kept.file_name().and_then(|name| name.to_str()?.parse::<Fingerprint>().ok());
            if sha256.is_some_and(|sha256| receipt.kept().all(|needed| needed != sha256)) {
                self.world.remove(&kept)?;
            }
        }
        Ok(())
    }

    /// Forgets the receipt `name`, with all that was kept beside it: what it records is not ours to
    /// take back any more.
    pub fn forget(&self, name: &str) -> Result<()> {
        let folder = self.folder(name);
        self.world.remove(&file(&folder))?;
        self.clear(&folder)?;
        self.world.remove_folder(&self.state.join("receipts"))
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

    /// Keeps the bytes of what stands at `path` beside the receipt `name`, and says what stands there.
    pub(crate) fn keep(&self, name: &str, world: &World, path: &Path) -> Result<Node> {
        let node = world.look(path)?;
        if let Node::File { sha256, .. } = node {
            let before = self.folder(name).join("before");
            self.world.make_folders(&before, 0o700)?;
            let kept = before.join(sha256.to_string());
            if self.world.look(&kept)? == Node::Absent {
                let bytes = world.read(path)?.unwrap_or_default();
                if Fingerprint::of(&bytes) != sha256 {
                    return Err(Error::Corrupt {
                        path: path.to_owned(),
                        why: "changes while it is read".into(),
                    });
                }
                self.world.put(&kept, &Contents::Secret(bytes), PRIVATE)?;
            }
        }
        Ok(node)
    }

    /// The bytes that were kept under `sha256` beside the receipt `name`.
    pub(crate) fn kept(&self, name: &str, sha256: Fingerprint) -> Result<Contents> {
        let path = self.folder(name).join("before").join(sha256.to_string());
        match self.world.read(&path)? {
            Some(bytes) if Fingerprint::of(&bytes) == sha256 => Ok(Contents::Secret(bytes)),
            _ => Err(Error::Corrupt { path, why: "is missing or damaged: it cannot be put back".into() }),
        }
    }

    /// Lets other runs at them.
    pub fn close(mut self) -> Result<()> {
        self.release()
    }

    fn release(&mut self) -> Result<()> {
        if self.locks.get_mut().is_empty() {
            return Ok(());
        }
        self.locks.get_mut().clear();
        // Gone only if empty: a machine from which all was taken back keeps nothing of ours.
        self.world.remove_folder(&self.state)
    }

    /// Whether `path` lies in the state folder, where all is for its owner's eyes only.
    pub(crate) fn keeps(&self, path: &Path) -> bool {
        path.starts_with(&self.state)
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.state.join("receipts").join(name)
    }
}

impl Drop for Receipts {
    fn drop(&mut self) {
        // Whoever drops these without closing them has another error to tell.
        let _ = self.release();
    }
}

/// The receipts of a state folder, as far as they can be read.
#[derive(Debug, Default)]
pub struct Recorded {
    receipts: Vec<Receipt>,
    damaged: Vec<DamagedReceipt>,
}

/// A receipt that cannot be read.
#[derive(Debug)]
pub struct DamagedReceipt {
    /// What it is kept under.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// Why it cannot be read.
    pub error: Error,
}

impl Recorded {
    /// Those that cannot be read.
    pub fn damaged(&self) -> &[DamagedReceipt] {
        &self.damaged
    }

    /// Why the receipt `name` cannot be read, if it cannot.
    pub fn damage_of(&self, name: &str) -> Option<&DamagedReceipt> {
        self.damaged.iter().find(|damaged| damaged.name == name)
    }
}

impl std::ops::Deref for Recorded {
    type Target = [Receipt];

    fn deref(&self) -> &[Receipt] {
        &self.receipts
    }
}

impl IntoIterator for Recorded {
    type Item = Receipt;
    type IntoIter = std::vec::IntoIter<Receipt>;

    fn into_iter(self) -> Self::IntoIter {
        self.receipts.into_iter()
    }
}

/// So many runs may remove the empty state folder while one waits for it.
const MOST_REMOVALS: usize = 1000;

const PRIVATE: Access = Access { mode: 0o600, owner: None };

fn file(folder: &Path) -> PathBuf {
    folder.join("receipt.json")
}

fn read(folder: &Path) -> Result<Option<Receipt>> {
    let path = file(folder);
    let Some(bytes) = World::read_own(&path)? else { return Ok(None) };
    parse(&bytes).map(Some).map_err(|why| Error::Corrupt { path, why })
}
