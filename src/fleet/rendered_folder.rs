//! The folder of renderings. The list of a rendering's files, in the form of sha256sum, lies beside them. By it, the next
//! rendering of that kind removes the files that it no longer makes, and leaves those that somebody changed.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    path::{Component, Path, PathBuf},
};

use anyhow::Result;
use labtrust_machine::{
    World,
    world::{Access, Node},
};
use labtrust_plan::{Contents, Fingerprint, render::RenderedFile};

/// The name of a list, around the kind.
const LIST: [&str; 2] = [".labtrust-", ".sha256"];

/// A file below the folder, and its SHA-256 when it was rendered.
type Listed = (PathBuf, Fingerprint);

/// A file of a rendering.
pub(crate) struct NewFile<'f> {
    /// Its path below the folder.
    pub path: &'f Path,
    /// Its contents.
    pub contents: &'f [u8],
    /// Whether it is a program.
    pub is_program: bool,
}

impl<'f> From<&'f RenderedFile> for NewFile<'f> {
    fn from(file: &'f RenderedFile) -> Self {
        let RenderedFile { path, contents, is_program } = file;
        Self { path: Path::new(path), contents: contents.as_bytes(), is_program: *is_program }
    }
}

/// The folder of a rendering, and what was rendered into it before.
pub(crate) struct RenderedFolder {
    path: PathBuf,
    list: PathBuf,
    earlier: Vec<Listed>,
    /// The files of other kinds.
    others: Vec<PathBuf>,
}

/// What a rendering no longer makes.
#[derive(Debug, Default)]
pub(crate) struct Stale {
    /// The files that are as they were rendered.
    pub removed: Vec<PathBuf>,
    /// The files that somebody changed since.
    pub changed: Vec<PathBuf>,
}

impl Stale {
    /// What is left, and why, a line each.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> {
        self.changed.iter().map(|path| {
            format!("{} is no longer rendered, and was changed since it was: it is left", path.display())
        })
    }
}

impl RenderedFolder {
    /// The folder `path`, for the rendering `kind`.
    pub(crate) fn open(path: PathBuf, kind: &str) -> Result<Self> {
        let list = path.join(LIST.join(kind));
        let is_list = |path: &PathBuf| {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            name.starts_with(LIST[0]) && name.ends_with(LIST[1])
        };
        let mut others = Vec::new();
        for other in World::here().list(&path)?.into_iter().filter(|other| is_list(other) && *other != list) {
            others.extend(read(&other)?.into_iter().map(|(path, _)| path));
        }
        Ok(Self { earlier: read(&list)?, path, list, others })
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The earlier files that are still there and that are not among `files`.
    pub(crate) fn stale(&self, files: &[NewFile<'_>]) -> Result<Stale> {
        let mut stale = Stale::default();
        let is_made = |path: &PathBuf| files.iter().any(|file| file.path == path);
        for (path, _) in self.earlier.iter().filter(|(path, _)| !is_made(path) && !self.others.contains(path))
        {
            let whole = self.path.join(path);
            let found = World::here().look(&whole)?;
            let is_as_rendered =
                matches!(found, Node::File { sha256, .. } if self.earlier.contains(&(path.clone(), sha256)));
            let paths = if is_as_rendered { &mut stale.removed } else { &mut stale.changed };
            if found != Node::Absent && !paths.contains(&whole) {
                paths.push(whole);
            }
        }
        Ok(stale)
    }

    /// Writes `files` in this order, and removes those of `stale` that nobody changed, and the folders that are then empty.
    pub(crate) fn write(&self, files: &[NewFile<'_>], stale: &Stale) -> Result<()> {
        let all: Vec<_> = files.iter().map(listed).collect();
        // A run that is killed has named every file that it may have written.
        self.write_list(self.earlier.iter().chain(&all))?;
        for file in files {
            let mode = if file.is_program { 0o755 } else { 0o644 };
            put(&self.path.join(file.path), file.contents.to_vec(), mode)?;
        }
        let world = World::here();
        for path in &stale.removed {
            world.remove(path)?;
            let above = path.ancestors().skip(1).take_while(|folder| *folder != self.path);
            above.take_while(|folder| world.remove_folder(folder).is_ok()).for_each(drop);
        }
        let kept = self.earlier.iter().filter(|(path, _)| stale.changed.contains(&self.path.join(path)));
        self.write_list(all.iter().chain(kept))
    }

    fn write_list<'l>(&self, files: impl Iterator<Item = &'l Listed>) -> Result<()> {
        let mut text = String::new();
        for (path, sha256) in files {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{sha256}  {}", path.display());
        }
        put(&self.list, text.into_bytes(), 0o644)
    }
}

fn listed(file: &NewFile<'_>) -> Listed {
    (file.path.to_owned(), Fingerprint::of(file.contents))
}

fn put(path: &Path, contents: Vec<u8>, mode: u32) -> Result<()> {
    let world = World::here();
    if let Some(folder) = path.parent() {
        world.make_folders(folder, 0o755)?;
    }
    Ok(world.put(path, &Contents::Public(contents), Access { mode, owner: None })?)
}

/// The files that the list at `path` names. A line that is no list's says nothing, nor does a path that leads elsewhere.
fn read(path: &Path) -> Result<Vec<Listed>> {
    let Some(bytes) = World::here().read(path)? else { return Ok(Vec::new()) };
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().filter_map(|line| {
        let (sha256, path) = line.split_once("  ")?;
        let path = PathBuf::from(path);
        let is_below = path.components().all(|part| matches!(part, Component::Normal(_)));
        (is_below && !path.as_os_str().is_empty()).then_some((path, sha256.parse().ok()?))
    });
    Ok(lines.collect())
}
