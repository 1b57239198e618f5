//! What a rendering is: a row of the table, what it is made from, and what it gives.

use std::fmt;

use crate::{Anchor, Hint};

/// A rendering, and how it is made.
pub struct Rendering {
    /// Its name on the command line.
    pub id: &'static str,
    /// What it is, in a line of help.
    pub title: &'static str,
    /// The stores that it serves, by their ids.
    pub stores: &'static [&'static str],
    /// What it serves, in the documentation.
    pub serves: &'static str,
    /// The programs that judge it in the tests.
    pub judged: &'static str,
    /// Makes it.
    pub render: fn(&Order<'_>) -> Result<Rendered, Unrenderable>,
}

/// What is rendered.
#[derive(Clone, Copy, Debug)]
pub struct Order<'o> {
    /// The CAs, at least one, each with the endpoints for which it is trusted.
    pub anchors: &'o [Anchor],
    /// Whether machines remove the CAs.
    pub is_removal: bool,
}

/// The files of a rendering.
#[derive(Debug)]
pub struct Rendered {
    /// The files, the main one first.
    pub files: Vec<RenderedFile>,
    /// What the target does not do, and what a person does with the files: a sentence each.
    pub notes: Vec<String>,
}

/// One file of a rendering.
#[derive(Debug)]
pub struct RenderedFile {
    /// Its path below the folder of the rendering.
    pub path: String,
    /// Its contents.
    pub contents: String,
    /// Whether it is a program.
    pub is_program: bool,
}

/// Why a rendering cannot be made: a target does not approximate a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrenderable {
    /// What the target cannot do.
    pub what: String,
    /// What to do.
    pub hint: Hint,
}

impl fmt::Debug for Rendering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl Unrenderable {
    /// The refusal of a target that cannot remove what it brought.
    pub(crate) fn removal(what: &str, hint: impl Into<Hint>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

impl RenderedFile {
    /// A file to read.
    pub(crate) fn text(path: impl Into<String>, contents: impl Into<String>) -> Self {
        Self { path: path.into(), contents: contents.into(), is_program: false }
    }

    /// A file to run.
    pub(crate) fn program(path: impl Into<String>, contents: impl Into<String>) -> Self {
        Self { is_program: true, ..Self::text(path, contents) }
    }
}
