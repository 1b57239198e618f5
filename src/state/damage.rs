//! A part of the state folder that cannot be used: which file, why, and what to do about it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use labtrust_plan::text;

use crate::hint::{self, Hint, hint};

/// A part of the state folder that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it, as a sentence without its subject or with the path in it.
    why: String,
    /// What to do about it, where the fault itself says that.
    hint: Option<Hint>,
    /// What takes it away.
    pub way: Way,
}

/// What takes a damaged part away, for those who have no backup of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The CA in use, or which CA that is, or the receipt of what setup placed.
    Setup,
    /// The CA that will follow.
    Next,
    /// The CA that was followed.
    Previous,
    /// A request.
    Request,
    /// The receipt of trust in a CA.
    Trust,
    /// The receipt of what the doctor fixed.
    Fix,
    /// A file that the next run replaces.
    Note,
}

impl Damage {
    /// `error` keeps the file at `path` from being used.
    pub(crate) fn new(path: &Path, error: &anyhow::Error, way: Way) -> Self {
        // What made it unsafe to believe has its own way out; a parser's advice is about files that people name.
        let platform = error.downcast_ref::<labtrust_machine::Error>();
        let hint = platform.and_then(|_| hint::hint_of(error));
        Self { path: path.to_owned(), why: format!("{error:#}"), hint, way }
    }

    /// There is no file at `path`, though others say that there is.
    pub(crate) fn missing(path: &Path, way: Way) -> Self {
        Self { path: path.to_owned(), why: "is missing".into(), hint: None, way }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Hint {
        if let Some(hint) = &self.hint {
            return hint.clone();
        }
        let gone = match self.way {
            Way::Setup => "undo the setup: {labtrust setup --undo}",
            Way::Next => "remove that CA: {labtrust rotate abort}",
            Way::Previous => "remove that CA: {labtrust rotate retire}",
            Way::Request => "delete that request: {labtrust request --undo}",
            Way::Trust => "remove that CA from the stores by its file: {labtrust untrust FILE --purge}",
            Way::Fix => "move it aside: {labtrust doctor --undo}",
            Way::Note => return hint!("delete the file: rm {}", self.path),
        };
        let gone = Hint::from(gone);
        hint!("restore a backup ({labtrust restore FILE --replace}), or {}", gone)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = text::path(&self.path);
        match &*self.why {
            "is missing" => write!(f, "{path} is missing"),
            why if why.contains(&path) => f.write_str(why),
            why => write!(f, "cannot use {path}: {why}"),
        }
    }
}

impl std::error::Error for Damage {}

/// The hint of any error, be it a damage.
pub(crate) fn hint_of(error: &anyhow::Error) -> Option<Hint> {
    hint::hint_of(error).or_else(|| error.downcast_ref::<Damage>().map(Damage::hint))
}
