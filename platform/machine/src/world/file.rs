//! Files, with this process's own rights. They are written completely or not at all, and flushed before success is reported.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{self, Write},
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
    rc::Rc,
};

use labtrust_plan::Fingerprint;
use rustix::{
    fs::{
        AtFlags, Dir, FileType, Mode, OFlags, RawMode, mkdirat, openat, readlinkat, renameat, statat,
        symlinkat, unlinkat,
    },
    io::Errno,
    process::geteuid,
};

use super::{
    flush::Flushes,
    folder::{self, Folder, FolderEntry},
    node::{Access, Node},
    reading::{READING, whole},
};
use crate::{Error, Result, error::NO_FOLDER};

/// The ending of a draft's name, which begins with a dot.
const DRAFT: &str = ".labtrust-draft";

/// How many names are tried for a scratch folder.
const MOST_SCRATCHES: u32 = 1000;

pub(super) fn look(path: &Path) -> Result<Node> {
    let Some(entry) = folder::entry(path)? else { return Ok(Node::Absent) };
    Ok(match entry.kind()? {
        None => Node::Absent,
        Some(FileType::Symlink) => {
            let target = readlinkat(&entry.folder.file, &entry.name, Vec::new());
            let target = target.map_err(|error| entry.fault("read the link", error))?;
            Node::Link { target: PathBuf::from(OsString::from_vec(target.into_bytes())) }
        }
        Some(FileType::Directory) => Node::Folder,
        Some(FileType::RegularFile) => match entry.open()? {
            // Metadata and contents come from one descriptor, so that they belong to the same file.
            Some(file) => {
                let metadata = file.metadata().map_err(Error::file("look at", path))?;
                Node::File {
                    sha256: Fingerprint::of(&whole(file, path)?),
                    mode: metadata.mode() & 0o7777,
                    uid: metadata.uid(),
                    gid: metadata.gid(),
                }
            }
            None => Node::Absent,
        },
        Some(_) => Node::Other,
    })
}

/// The path to which a link at `path` leads; `path` itself if its folder does not exist yet.
pub(super) fn resolve(path: &Path) -> Result<PathBuf> {
    Ok(folder::target(path)?.map_or_else(|| path.to_owned(), |entry| entry.path()))
}

pub(super) fn list(path: &Path) -> Result<Vec<PathBuf>> {
    let Some(folder) = folder::open(path)? else { return Ok(Vec::new()) };
    let list = || -> io::Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for entry in Dir::read_from(folder.listable()?)? {
            let name = OsString::from_vec(entry?.file_name().to_bytes().to_vec());
            if name != "." && name != ".." {
                paths.push(path.join(name));
            }
        }
        paths.sort();
        Ok(paths)
    };
    list().map_err(Error::file("list", path))
}

/// Writes a file at `path` atomically, and returns the file, open at its end.
pub(super) fn put(path: &Path, contents: &[u8], access: Access, flushes: &mut Flushes) -> Result<File> {
    let entry = existing(path)?;
    let draft = entry.draft();
    for entry in [&entry, &draft] {
        if entry.kind()? == Some(FileType::Directory) {
            return Err(Error::in_the_way(entry.path(), "a folder is in the place of the file"));
        }
    }
    draft.remove(flushes)?;
    let written = draft.write(contents, access);
    let written = written.and_then(|file| draft.rename(&entry, flushes).map(|()| file));
    if written.is_err() {
        // The first error is reported; the next run removes the draft if this fails.
        let _ = unlinkat(&draft.folder.file, &draft.name, AtFlags::empty());
    }
    written
}

pub(super) fn tidy(path: &Path, flushes: &mut Flushes) -> Result<()> {
    match folder::entry(path)?.map(|entry| entry.draft()) {
        // A folder with that name is not our draft.
        Some(draft) if draft.kind()? != Some(FileType::Directory) => draft.remove(flushes),
        _ => Ok(()),
    }
}

/// The file that the draft at `path` was to become, if it is one.
pub(super) fn drafted(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.as_bytes().strip_prefix(b".")?.strip_suffix(DRAFT.as_bytes())?;
    Some(path.with_file_name(OsStr::from_bytes(name)))
}

pub(super) fn remove(path: &Path, flushes: &mut Flushes) -> Result<()> {
    folder::entry(path)?.map_or(Ok(()), |entry| entry.remove(flushes))
}

pub(super) fn link(path: &Path, target: &Path, flushes: &mut Flushes) -> Result<()> {
    let entry = existing(path)?;
    if entry.kind()? == Some(FileType::Directory) {
        return Err(Error::in_the_way(entry.path(), "a folder is in the place of the link"));
    }
    let draft = entry.draft();
    draft.remove(flushes)?;
    let made = symlinkat(target, &draft.folder.file, &draft.name)
        .map_err(|error| entry.fault("make a link at", error))
        .and_then(|()| draft.rename(&entry, flushes));
    if made.is_err() {
        let _ = unlinkat(&draft.folder.file, &draft.name, AtFlags::empty());
    }
    made
}

pub(super) fn rename(from: &Path, to: &Path, flushes: &mut Flushes) -> Result<()> {
    existing(from)?.rename(&existing(to)?, flushes)
}

pub(super) fn make_folders(path: &Path, mode: u32) -> Result<Vec<PathBuf>> {
    let mut new = Vec::new();
    let folder = folder::walk(path, &mut |above, name| {
        if make_folder(above, name, mode)? {
            new.push(above.path.join(name));
        }
        Ok(true)
    })?;
    match folder {
        Some(_) => Ok(new),
        None => Err(Error::in_the_way(path.to_owned(), "a file is in the place of the folder")),
    }
}

/// Creates one folder. False if it exists: another program was faster.
fn make_folder(above: &Folder, name: &OsStr, mode: u32) -> Result<bool> {
    let path = &above.path.join(name);
    #[allow(clippy::cast_possible_truncation, reason = "permission bits have room in sixteen")]
    let bits = Mode::from_raw_mode(mode as RawMode);
    let make = || -> io::Result<File> {
        // The folder gets its mode at once, so that a kill at this point leaves a readable folder. The mode is set again
        // below, because a umask removes bits.
        mkdirat(&above.file, name, bits)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&above.file, name, flags, Mode::empty())?.into())
    };
    let folder = match make() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        other => other.map_err(Error::file("make the folder", path))?,
    };
    let owner = folder.metadata().map_err(Error::file("look at", path))?.uid();
    if owner != geteuid().as_raw() {
        let why = format!("user {owner} replaced the folder that labtrust had just created");
        return Err(Error::Unsafe { path: path.to_owned(), why });
    }
    folder.set_permissions(fs::Permissions::from_mode(mode)).map_err(Error::file("set the mode of", path))?;
    Ok(true)
}

/// Creates a private folder in `/tmp`. `TMPDIR` is not used: in another folder, another user could swap our files before a
/// tool reads them. `/tmp` has the sticky bit, so only root and the owner can do that.
pub(super) fn make_scratch() -> Result<PathBuf> {
    let pid = std::process::id();
    let mut attempt = 0;
    loop {
        let folder = PathBuf::from(format!("/tmp/labtrust-{pid}-{attempt}"));
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            // Another thread made this one, or a killed process that had our process id.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < MOST_SCRATCHES => {
                attempt += 1;
            }
            Err(error) => return Err(Error::file("make the folder", &folder)(error)),
        }
    }
}

pub(super) fn remove_folder(path: &Path, flushes: &mut Flushes) -> Result<()> {
    let Some(entry) = folder::entry(path)? else { return Ok(()) };
    match unlinkat(&entry.folder.file, &entry.name, AtFlags::REMOVEDIR) {
        Ok(()) => flushes.flush(&entry.folder),
        // A mounted volume is busy, and not ours to remove.
        Err(
            Errno::NOENT | Errno::NAMETOOLONG | Errno::NOTDIR | Errno::NOTEMPTY | Errno::EXIST | Errno::BUSY,
        ) => Ok(()),
        Err(error) => Err(entry.fault("remove the folder", error)),
    }
}

pub(super) fn sync(path: &Path) -> Result<()> {
    let missing = || Error::file("flush", path)(io::ErrorKind::NotFound.into());
    let entry = folder::target(path)?.ok_or_else(missing)?;
    let file = entry.open()?.ok_or_else(missing)?;
    file.sync_all().map_err(Error::file("flush", path))?;
    Flushes::default().flush(&entry.folder)
}

/// The free bytes of the file system of the folder `path`; none if they are not known.
pub(super) fn room(path: &Path) -> Option<u64> {
    let found = rustix::fs::fstatvfs(folder::open(path).ok()??.file).ok()?;
    // Some blocks are reserved for root.
    let blocks = if geteuid().is_root() { found.f_bfree } else { found.f_bavail };
    // A file system without a fixed number of inodes reports none.
    if found.f_files > 0 && found.f_ffree == 0 {
        return Some(0);
    }
    // Some file systems report no numbers.
    blocks.checked_mul(found.f_frsize).filter(|_| found.f_blocks > 0)
}

/// The entry `path` of a folder that must exist.
fn existing(path: &Path) -> Result<FolderEntry> {
    let missing = || Error::file(NO_FOLDER, path)(Errno::NOENT.into());
    folder::entry(path)?.ok_or_else(missing)
}

impl FolderEntry {
    fn fault(&self, action: &'static str, error: Errno) -> Error {
        Error::file(action, &self.path())(error.into())
    }

    /// The type of the entry, without following a link; none if it does not exist.
    pub(super) fn kind(&self) -> Result<Option<FileType>> {
        match statat(&self.folder.file, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(FileType::from_raw_mode(found.st_mode))),
            // No file has a name that is too long.
            Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(None),
            Err(error) => Err(self.fault("look at", error)),
        }
    }

    /// Opens the file to read it; none if it does not exist. A link is not followed.
    pub(super) fn open(&self) -> Result<Option<File>> {
        match openat(&self.folder.file, &self.name, READING | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(file) => Ok(Some(file.into())),
            Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(None),
            Err(error) => Err(self.fault("read", error)),
        }
    }

    /// The draft: the file is written there and then renamed, see [`drafted`]. The draft's name is always the same, so that
    /// the next run finds the draft of a killed run. No store reads files with this ending.
    fn draft(&self) -> Self {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(DRAFT);
        Self { folder: Rc::clone(&self.folder), name }
    }

    fn write(&self, contents: &[u8], access: Access) -> Result<File> {
        let path = &self.path();
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = openat(&self.folder.file, &self.name, flags, Mode::RUSR | Mode::WUSR);
        let mut file = File::from(opened.map_err(|error| self.fault("write", error))?);
        file.write_all(contents).map_err(Error::file("write", path))?;
        if let Some((uid, gid)) = access.owner {
            std::os::unix::fs::fchown(&file, Some(uid), Some(gid))
                .map_err(Error::file("set the owner of", path))?;
        }
        if access.mode != 0o600 {
            let mode = fs::Permissions::from_mode(access.mode);
            file.set_permissions(mode).map_err(Error::file("set the mode of", path))?;
        }
        file.sync_all().map_err(Error::file("flush", path))?;
        Ok(file)
    }

    fn remove(&self, flushes: &mut Flushes) -> Result<()> {
        match unlinkat(&self.folder.file, &self.name, AtFlags::empty()) {
            Ok(()) => flushes.flush(&self.folder),
            Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(()),
            Err(error) => Err(self.fault("remove", error)),
        }
    }

    fn rename(&self, to: &Self, flushes: &mut Flushes) -> Result<()> {
        renameat(&self.folder.file, &self.name, &to.folder.file, &to.name)
            .map_err(|error| to.fault("put in place", error))?;
        flushes.flush(&to.folder)
    }
}

#[cfg(test)]
mod tests;
