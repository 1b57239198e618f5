//! Reading files, with this process's own rights: by labtrust's own paths, by paths that a user named, and in the place of a
//! user.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::{
        fd::AsRawFd,
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::Path,
    rc::Rc,
};

use rustix::fs::{FileType, OFlags};
use zeroize::Zeroizing;

use super::{
    folder::{self, FolderEntry},
    node::LARGEST_FILE,
};
use crate::{Error, Result};

/// Without NONBLOCK, opening a pipe that another user made would block forever.
pub(super) const READING: OFlags =
    OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let Some(entry) = folder::target(path)? else { return Ok(None) };
    match entry.kind()? {
        None => Ok(None),
        Some(FileType::RegularFile) => entry.open()?.map(|file| whole(file, path)).transpose(),
        Some(other) => Err(no_file(path, other == FileType::Directory)),
    }
}

/// The contents of the file at `path`. Fails if any user except root and `owner` can write to the file or the folders above
/// it.
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
    // The group bits of a file with an access list show the most that the list gives.
    if found.uid() != owner || found.mode() & 0o022 != 0 {
        let why = format!("user {} owns it, or other users can change it", found.uid());
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

/// The contents of the file at `path`, for root to read in the place of the user `owner`: all links are followed. Fails if the
/// modes of the file and of the folders above it do not let that user read it.
pub(super) fn read_for(path: &Path, owner: u32) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let flags = READING.bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(error) if is_absent(&error) => return Ok(None),
        other => other.map_err(Error::file("read", path))?,
    };
    // The user can change a link at any moment: the path of the open file counts.
    let opened = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let opened = opened.or_else(|_| fs::canonicalize(path)).map_err(Error::file("find", path))?;
    let may = |found: &fs::Metadata, bit| found.uid() == owner || found.mode() & bit != 0;
    let may_pass = |folder: &Path| fs::metadata(folder).is_ok_and(|found| may(&found, 0o001));
    let found = file.metadata().map_err(Error::file("look at", path))?;
    if !may(&found, 0o004) || !opened.ancestors().skip(1).all(may_pass) {
        let why = format!("user {owner} may not read it");
        return Err(Error::Unsafe { path: path.to_owned(), why });
    }
    whole(file, path).map(Some)
}

/// The contents of `file`. Fails if it is not a regular file, or too large.
pub(super) fn whole(file: File, path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let metadata = file.metadata().map_err(Error::file("read", path))?;
    if !metadata.is_file() {
        return Err(no_file(path, metadata.is_dir()));
    }
    let too_large =
        || Error::Corrupt { path: path.to_owned(), why: format!("is larger than {} MB", LARGEST_FILE >> 20) };
    if metadata.len() > LARGEST_FILE {
        return Err(too_large());
    }
    // The buffer has room for the end of the file, so that it never grows: growing would leave a copy of a key.
    let mut contents = Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 64));
    file.take(LARGEST_FILE + 1).read_to_end(&mut contents).map_err(Error::file("read", path))?;
    if contents.len() as u64 > LARGEST_FILE {
        return Err(too_large());
    }
    Ok(contents)
}

fn no_file(path: &Path, is_folder: bool) -> Error {
    let why = if is_folder { "is a folder, not a file" } else { "is not a regular file" };
    Error::Corrupt { path: path.to_owned(), why: why.into() }
}

fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a folder of the test's own")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rustix::process::geteuid;

    use super::*;

    #[test]
    fn root_reads_for_a_user_only_what_that_user_may_read() {
        let base = tempfile::tempdir().expect("a folder");
        let (folder, file, link) =
            (base.path().join("x"), base.path().join("x/file"), base.path().join("x/link"));
        fs::create_dir(&folder).expect("made");
        fs::write(&file, "text").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("linked");
        let own = geteuid().as_raw();
        for (base_mode, mode, owner, expected) in [
            (0o755, 0o644, 12345, true),
            (0o700, 0o644, 12345, false),
            (0o755, 0o640, 12345, false),
            (0o700, 0o600, own, true),
        ] {
            for (path, mode) in [(base.path(), base_mode), (&*file, mode)] {
                fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
            }
            for path in [&file, &link] {
                let read = read_for(path, owner).map(|bytes| bytes.is_some());
                assert_eq!(read.unwrap_or(false), expected, "{base_mode:o} {mode:o} {owner}");
            }
        }
        assert!(matches!(read_for(&base.path().join("none"), own), Ok(None)));
    }
}
