//! Damaged parts of the state in `setup --undo`: they are moved aside, and the report names changes that nothing
//! records.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_machine::{World, receipt::Recorded};
use labtrust_plan::{Anchor, Certificate, text};

use crate::{
    client::trust,
    exit,
    state::{Damage, RECEIPT, State, Way, ca::AUTHORITY, damages, put_aside, recorded},
};

/// The damaged parts of a setup.
#[derive(Debug)]
pub(crate) struct Lost {
    /// All damages.
    damages: Vec<Damage>,
    /// The files and folders that are moved aside before the undo.
    damaged: Vec<PathBuf>,
    /// The names of the damaged receipts.
    receipts: Vec<String>,
    /// Whether no receipt records the installed files.
    is_placing_unknown: bool,
    state: PathBuf,
    aside: RefCell<Vec<PathBuf>>,
}

impl Lost {
    /// Finds the damaged parts of `state`, whose receipts are `receipts`.
    pub(crate) fn find(state: &State<'_>, receipts: &Recorded) -> Result<Self> {
        let folder = state.folder();
        let is_ours = |damage: &Damage| {
            matches!(damage.way, Way::Setup | Way::Next | Way::Previous) || is_trust_of_setup(folder, damage)
        };
        let all: Vec<Damage> = damages::all(state)?.into_iter().filter(is_ours).collect();
        let setup = receipts.iter().find(|receipt| receipt.name == RECEIPT);
        let is_placing_unknown =
            setup.is_none() && (receipts.damage_of(RECEIPT).is_some() || !authorities(folder)?.is_empty());
        let mut damaged = Vec::new();
        let mut names = Vec::new();
        for damage in all.iter().filter(|damage| damage.path.ends_with("receipt.json")) {
            let folder = damage.path.parent().unwrap_or(&damage.path);
            names.extend(folder.file_name().map(|name| name.to_string_lossy().into_owned()));
            damaged.push(folder.to_owned());
        }
        if !all.is_empty() {
            // Undoing leaves changed files in place, but a damaged CA has to go: move its files aside.
            let records = setup.into_iter().flat_map(|receipt| &receipt.changes);
            let files =
                records.filter(|record| record.store.as_str() == AUTHORITY).flat_map(recorded::changed);
            damaged.extend(files.filter(|path| path.starts_with(folder)));
        }
        Ok(Self {
            damages: all,
            damaged,
            receipts: names,
            is_placing_unknown,
            state: folder.to_owned(),
            aside: RefCell::default(),
        })
    }

    /// Whether nothing is damaged.
    pub(crate) fn is_nothing(&self) -> bool {
        self.damages.is_empty() && !self.is_placing_unknown
    }

    /// The damages and the moves, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let damages = self.damages.iter().map(|damage| format!("  ! {damage}"));
        let aside = self.damaged.iter().map(|path| format!("  move {} aside", text::path(path)));
        let files = self.is_placing_unknown.then(|| "  move the CA's files aside".to_owned());
        damages.chain(aside).chain(files).collect()
    }

    /// The moves, for scripts.
    pub(crate) fn steps(&self) -> Vec<(&Path, &'static str)> {
        let aside = self.damaged.iter().map(|path| (path.as_path(), "move it aside: it is damaged"));
        let files = self.is_placing_unknown.then_some((self.state.as_path(), "move the CA's files aside"));
        aside.chain(files).collect()
    }

    /// Moves the damaged parts aside.
    pub(crate) fn put_aside(&self, state: &State<'_>) -> Result<()> {
        self.aside.borrow_mut().extend(put_aside(state.folder(), &self.damaged)?);
        Ok(())
    }

    /// Of `anchors`, those whose receipt of trust is damaged.
    pub(crate) fn untracked<'a>(&self, anchors: &'a [Anchor]) -> Vec<&'a Anchor> {
        anchors.iter().filter(|anchor| self.receipts.contains(&trust::receipt_name(anchor))).collect()
    }

    /// If no receipt records the installed files, moves the CA's files aside too: nothing is lost, and a new setup can
    /// start.
    pub(crate) fn give_up(&self, state: &State<'_>) -> Result<()> {
        let state = state.folder();
        let mut paths = authorities(state)?;
        paths.push(state.join("rotation.json"));
        if self.is_placing_unknown {
            self.aside.borrow_mut().extend(put_aside(state, &paths)?);
        }
        Ok(())
    }

    /// Notes for people.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.damages.iter().map(ToString::to_string).collect();
        let aside = self.aside.borrow();
        notes.extend(aside.iter().map(|folder| {
            format!("the damaged files, and files that nothing records, are now in {}", text::path(folder))
        }));
        if self.is_placing_unknown {
            notes.push(
                "setup's receipt is lost, so labtrust cannot remove GitLab's settings, its certificate and key, and the daily renewal: they stay"
                    .into(),
            );
        }
        notes
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        if self.is_placing_unknown { exit::FAULT } else { exit::DONE }
    }
}

/// The trusted CAs whose files are or were in `state`.
pub(crate) fn anchors(state: &Path, receipts: &Recorded) -> Result<Vec<Anchor>> {
    Ok(authorities(state)?.iter().filter_map(|folder| recorded::anchor_of(receipts, folder)).collect())
}

/// The folders of CAs in `state`.
fn authorities(state: &Path) -> Result<Vec<PathBuf>> {
    let is_ours =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(AUTHORITY));
    Ok(World::here().list(state)?.into_iter().filter(is_ours).collect())
}

/// Whether `damage` is of the receipt of trust in a CA in `state`.
fn is_trust_of_setup(state: &Path, damage: &Damage) -> bool {
    let name = damage.path.parent().and_then(|folder| folder.file_name()).unwrap_or_default();
    let is_of = |folder: &PathBuf| {
        let root = World::here().read(&folder.join("root.crt")).ok().flatten().unwrap_or_default();
        let roots = Certificate::read_all(&root).0;
        roots.iter().any(|root| *name == *format!("trust-{}", root.fingerprint().short()))
    };
    damage.way == Way::Trust && authorities(state).is_ok_and(|folders| folders.iter().any(is_of))
}
