//! Whether a machine is as it was, byte for byte: its overlay's upper layer holds every difference
//! from the machine below, so two looks at that layer tell what happened between them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// What changes by itself and belongs to no test: mounts of their own, caches, logs, Docker's data.
const IGNORED: [&str; 12] = [
    "dev",
    "opt/gitlab/service",
    "proc",
    "run",
    "sys",
    "tmp",
    "var/cache",
    "var/lib/containerd",
    "var/lib/docker",
    "var/lib/nginx",
    "var/log",
    "var/opt/gitlab/nginx",
];

/// What differed, at one time, between a machine and the machine that it is a copy of.
#[derive(Clone, Debug)]
pub(crate) struct Manifest(BTreeMap<PathBuf, State>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Folder { access: Access },
    File { access: Access, sha256: String },
    Link { access: Access, target: PathBuf },
    Other { access: Access, device: u64 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Access {
    mode: u32,
    owner: u32,
    group: u32,
}

impl Manifest {
    /// Reads an overlay's upper layer, and where that leaves it open, its merged `root`.
    pub(super) fn of(upper: &Path, root: &Path) -> Self {
        assert!(upper.is_dir() && root.is_dir(), "the machine is gone");
        let mut manifest = Self(BTreeMap::new());
        manifest.read_folder(upper, root, Path::new(""));
        manifest
    }

    fn read_folder(&mut self, upper: &Path, root: &Path, folder: &Path) {
        let below = Path::new("/").join(folder);
        let below_is_folder = fs::symlink_metadata(&below).is_ok_and(|below| below.is_dir());
        let mut names = names(&upper.join(folder));
        if below_is_folder {
            names.extend(self::names(&below));
        }
        names.sort();
        names.dedup();
        for name in names {
            let path = folder.join(name);
            if IGNORED.iter().any(|ignored| path == Path::new(ignored)) {
                continue;
            }
            let here = |layer: &Path| found(&path, fs::symlink_metadata(layer.join(&path))).is_some();
            if !here(root) {
                self.0.insert(path, State::Absent);
            } else if here(upper) {
                let state = State::of(&upper.join(&path));
                let is_folder = matches!(state, State::Folder { .. });
                self.0.insert(path.clone(), state);
                if is_folder {
                    self.read_folder(upper, root, &path);
                }
            }
        }
    }

    /// Every path that differed.
    pub(crate) fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.0.keys().map(|path| Path::new("/").join(path))
    }

    /// One line for each path that `after` has otherwise.
    pub(super) fn changes_to(&self, after: &Self) -> Vec<String> {
        let mut paths: Vec<_> = self.0.keys().chain(after.0.keys()).collect();
        paths.sort();
        paths.dedup();
        let differs = |path: &&PathBuf| self.state(path) != after.state(path);
        let line =
            |path: &PathBuf| format!("/{}: {} -> {}", path.display(), self.state(path), after.state(path));
        paths.into_iter().filter(differs).map(line).collect()
    }

    /// What was at `path`: as recorded, or as in the machine below, which nobody here can change.
    fn state(&self, path: &Path) -> State {
        let above = path.ancestors().skip(1).filter_map(|folder| self.0.get(folder));
        if above.into_iter().any(|state| !matches!(state, State::Folder { .. })) {
            return State::Absent;
        }
        self.0.get(path).cloned().unwrap_or_else(|| State::of(&Path::new("/").join(path)))
    }
}

impl State {
    fn of(path: &Path) -> Self {
        let Some(metadata) = found(path, fs::symlink_metadata(path)) else { return Self::Absent };
        let access = Access::of(&metadata);
        let kind = metadata.file_type();
        if kind.is_dir() {
            Self::Folder { access }
        } else if kind.is_symlink() {
            let target = found(path, fs::read_link(path));
            target.map_or(Self::Absent, |target| Self::Link { access, target })
        } else if kind.is_file() {
            let bytes = found(path, fs::read(path));
            bytes.map_or(Self::Absent, |bytes| Self::File { access, sha256: sha256(&bytes) })
        } else if kind.is_char_device() && metadata.rdev() == 0 {
            Self::Absent // a whiteout
        } else {
            Self::Other { access, device: metadata.rdev() }
        }
    }
}

impl Access {
    fn of(metadata: &Metadata) -> Self {
        Self { mode: metadata.mode() & 0o7777, owner: metadata.uid(), group: metadata.gid() }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => write!(f, "nothing"),
            Self::Folder { access } => write!(f, "folder {access}"),
            Self::File { access, sha256 } => write!(f, "file {access} {}", &sha256[..16]),
            Self::Link { access, target } => write!(f, "link {access} to {}", target.display()),
            Self::Other { access, device } => write!(f, "special file {access} {device}"),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o} {}:{}", self.mode, self.owner, self.group)
    }
}

fn names(folder: &Path) -> Vec<std::ffi::OsString> {
    let entries = found(folder, fs::read_dir(folder)).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name()).collect()
}

/// What a look found; nothing if it went away meanwhile. A look that fails must not pass for either.
fn found<T>(path: &Path, look: std::io::Result<T>) -> Option<T> {
    match look {
        Ok(found) => Some(found),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
