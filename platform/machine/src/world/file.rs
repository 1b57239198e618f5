//! Files as this process may touch them: written whole or not at all, and flushed before anybody
//! is told that they are there.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
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
use zeroize::Zeroizing;

use super::{
    flush::Flushes,
    folder::{self, Folder, FolderEntry},
    node::{Access, LARGEST_FILE, Node},
};
use crate::{Error, Result, error::NO_FOLDER};

/// How the name of a draft ends; it begins with a dot.
const DRAFT: &str = ".labtrust-draft";

/// So many names are tried for a scratch folder.
const MOST_SCRATCHES: u32 = 1000;

/// Without NONBLOCK, opening a pipe that somebody planted would wait for ever.
const READING: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

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
            // What is said of the file and what is in it come from one descriptor.
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

/// Where what is read at `path` is written; `path` itself where its folder is not there yet.
pub(super) fn resolve(path: &Path) -> Result<PathBuf> {
    Ok(folder::target(path)?.map_or_else(|| path.to_owned(), |entry| entry.path()))
}

pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let Some(entry) = folder::target(path)? else { return Ok(None) };
    match entry.kind()? {
        None => Ok(None),
        Some(FileType::RegularFile) => entry.open()?.map(|file| whole(file, path)).transpose(),
        Some(other) => Err(no_file(path, other == FileType::Directory)),
    }
}

/// The file at `path`, if it and the folders above it are such that nobody but root and the user `owner` can have
/// written it.
pub(super) fn read_own(path: &Path, owner: u32) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let Some(entry) = folder::entry(path)? else { return Ok(None) };
    let Some(folder) = folder::own(&entry.folder.path, owner)? else { return Ok(None) };
    let entry = FolderEntry { folder: Rc::new(folder), ..entry };
    match entry.kind()? {
        None => return Ok(None),
        Some(FileType::RegularFile) => {}
        Some(other) => return Err(no_file(path, other == FileType::Directory)),
    }
    let Some(file) = entry.open()? else { return Ok(None) };
    let found = file.metadata().map_err(Error::file("look at", path))?;
    // A file with an access list shows what that gives at most in the bits of its group.
    if found.uid() != owner || found.mode() & 0o022 != 0 {
        let why = format!("user {} wrote it, or others may", found.uid());
        return Err(Error::Unsafe { path: path.to_owned(), why });
    }
    whole(file, path).map(Some)
}

pub(super) fn read_named(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let flags = READING.bits().cast_signed();
    match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(error) if is_absent(&error) => Ok(None),
        other => whole(other.map_err(Error::file("read", path))?, path).map(Some),
    }
}

/// All that is in `file`, which must be a regular one and of reasonable size.
fn whole(file: File, path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let metadata = file.metadata().map_err(Error::file("read", path))?;
    if !metadata.is_file() {
        return Err(no_file(path, metadata.is_dir()));
    }
    let too_large =
        || Error::Corrupt { path: path.to_owned(), why: format!("is larger than {} MB", LARGEST_FILE >> 20) };
    if metadata.len() > LARGEST_FILE {
        return Err(too_large());
    }
    // With room to spare, so that the end is met without growing: it may be a key.
    let mut contents = Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 64));
    file.take(LARGEST_FILE + 1).read_to_end(&mut contents).map_err(Error::file("read", path))?;
    if contents.len() as u64 > LARGEST_FILE {
        return Err(too_large());
    }
    Ok(contents)
}

fn no_file(path: &Path, is_folder: bool) -> Error {
    let why = if is_folder { "is a folder where a file is expected" } else { "is no regular file" };
    Error::Corrupt { path: path.to_owned(), why: why.into() }
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

/// Puts a file at `path`; the answer is that file, open at its end.
pub(super) fn put(path: &Path, contents: &[u8], access: Access, flushes: &mut Flushes) -> Result<File> {
    let entry = existing(path)?;
    let draft = entry.draft();
    for entry in [&entry, &draft] {
        if entry.kind()? == Some(FileType::Directory) {
            return Err(Error::Unsafe { path: entry.path(), why: "a folder is where a file belongs".into() });
        }
    }
    draft.remove(flushes)?;
    let written = draft.write(contents, access);
    let written = written.and_then(|file| draft.rename(&entry, flushes).map(|()| file));
    if written.is_err() {
        // The first error is the one that matters; what is left is removed by the next run.
        let _ = unlinkat(&draft.folder.file, &draft.name, AtFlags::empty());
    }
    written
}

pub(super) fn tidy(path: &Path, flushes: &mut Flushes) -> Result<()> {
    match folder::entry(path)?.map(|entry| entry.draft()) {
        // A folder of that name is no draft of ours.
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
        return Err(Error::Unsafe { path: entry.path(), why: "a folder is where a link belongs".into() });
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
        None => Err(Error::Unsafe { path: path.to_owned(), why: "a file is where a folder belongs".into() }),
    }
}

/// Makes one folder; says whether it did, or somebody else was quicker.
fn make_folder(above: &Folder, name: &OsStr, mode: u32) -> Result<bool> {
    let path = &above.path.join(name);
    #[allow(clippy::cast_possible_truncation, reason = "permission bits have room in sixteen")]
    let bits = Mode::from_raw_mode(mode as RawMode);
    let make = || -> io::Result<File> {
        // With its mode from the first instant, so that being killed here leaves no folder that others
        // cannot look into; set again, because a umask takes bits away.
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
        let why = format!("user {owner} put it where we had just made a folder");
        return Err(Error::Unsafe { path: path.to_owned(), why });
    }
    folder.set_permissions(fs::Permissions::from_mode(mode)).map_err(Error::file("set the mode of", path))?;
    Ok(true)
}

/// Makes a folder for the acting user's eyes only. It lies in `/tmp`, whatever the environment says:
/// in a folder that `TMPDIR` names, somebody else could swap a file between our writing it and a tool's
/// reading it; in one with the sticky bit, only root and its owner can.
pub(super) fn make_scratch() -> Result<PathBuf> {
    let pid = std::process::id();
    let mut attempt = 0;
    loop {
        let folder = PathBuf::from(format!("/tmp/labtrust-{pid}-{attempt}"));
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            // Another thread's, or left by a killed process that had our id.
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
        // A volume that is mounted there is busy, and not ours to remove.
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

/// Bytes that are free where the folder `path` is; none if that cannot be told.
pub(super) fn room(path: &Path) -> Option<u64> {
    let found = rustix::fs::fstatvfs(folder::open(path).ok()??.file).ok()?;
    // Some of it is kept for root.
    let blocks = if geteuid().is_root() { found.f_bfree } else { found.f_bavail };
    // A file system without a table of files counts none of them.
    if found.f_files > 0 && found.f_ffree == 0 {
        return Some(0);
    }
    // Some file systems do not count at all.
    blocks.checked_mul(found.f_frsize).filter(|_| found.f_blocks > 0)
}

/// The place that `path` names, in a folder that must be there.
fn existing(path: &Path) -> Result<FolderEntry> {
    let missing = || Error::file(NO_FOLDER, path)(Errno::NOENT.into());
    folder::entry(path)?.ok_or_else(missing)
}

impl FolderEntry {
    fn fault(&self, action: &'static str, error: Errno) -> Error {
        Error::file(action, &self.path())(error.into())
    }

    /// What is there, no link followed; none if nothing is.
    fn kind(&self) -> Result<Option<FileType>> {
        match statat(&self.folder.file, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(FileType::from_raw_mode(found.st_mode))),
            // No file can have a name that is too long, so none has.
            Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(None),
            Err(error) => Err(self.fault("look at", error)),
        }
    }

    /// The file that is there, to be read; none if nothing is. A link is not followed.
    fn open(&self) -> Result<Option<File>> {
        match openat(&self.folder.file, &self.name, READING | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(file) => Ok(Some(file.into())),
            Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(None),
            Err(error) => Err(self.fault("read", error)),
        }
    }

    /// Where a file is written before it takes its name, see [`drafted`]. The name is the same each time, so that the
    /// next run finds what a killed one left; no store reads files that end so.
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

fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename)
}

#[cfg(test)]
mod tests;
