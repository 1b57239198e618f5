//! Damaged parts of the state folder: the file, the reason and a hint.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use labtrust_plan::text;

use crate::hint::{self, Hint, hint};

/// A damaged part of the state folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// The file.
    pub path: PathBuf,
    /// The fault, as a sentence without a subject or with the path in it.
    why: String,
    /// The hint, if the fault has one of its own.
    hint: Option<Hint>,
    /// The way to remove it.
    pub way: Way,
}

/// The way to remove a damaged part without a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The CA in use, rotation.json, or the receipt of setup.
    Setup,
    /// The next CA.
    Next,
    /// The old CA.
    Previous,
    /// A request.
    Request,
    /// The receipt of trust in a CA.
    Trust,
    /// The receipt of the doctor's fixes.
    Fix,
    /// A file that the next run replaces.
    Note,
}

impl Damage {
    /// `error` keeps the file at `path` from being used.
    pub(crate) fn new(path: &Path, error: &anyhow::Error, way: Way) -> Self {
        // An error of the platform has a fitting hint. A parser's hint is about files that people name.
        let platform = error.downcast_ref::<labtrust_machine::Error>();
        let hint = platform.and_then(|_| hint::hint_of(error));
        Self { path: path.to_owned(), why: format!("{error:#}"), hint, way }
    }

    /// The file at `path` is missing, although other files refer to it.
    pub(crate) fn missing(path: &Path, way: Way) -> Self {
        Self { path: path.to_owned(), why: "is missing".into(), hint: None, way }
    }

    /// The hint.
    pub(crate) fn hint(&self) -> Hint {
        if let Some(hint) = &self.hint {
            return hint.clone();
        }
        let gone = match self.way {
            Way::Setup => "undo the setup and delete the CA: {labtrust setup --undo}",
            Way::Next => "remove that CA: {labtrust rotate abort}",
            Way::Previous => "remove that CA: {labtrust rotate retire}",
            Way::Request => "delete that request: {labtrust request --undo}",
            Way::Trust => "remove the CA with its certificate FILE: {labtrust untrust FILE --purge}",
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

/// The hint of any error, also of a damage.
pub(crate) fn hint_of(error: &anyhow::Error) -> Option<Hint> {
    hint::hint_of(error).or_else(|| error.downcast_ref::<Damage>().map(Damage::hint))
}
