//! Files as this process may touch them: written whole or not at all, and flushed before anybody
//! is told that they are there.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::{
    Access, LARGEST_FILE, Node,
    path::{resolve, resolve_parent},
};
use crate::{Error, Fingerprint, Result};

/// So many names are tried for a scratch folder.
const MOST_SCRATCHES: u32 = 1000;

pub fn look(path: &Path) -> Result<Node> {
    let path = &resolve_parent(path)?;
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if is_absent(&error) => return Ok(Node::Absent),
        other => other.map_err(Error::file("look at", path))?,
    };
    Ok(if metadata.is_symlink() {
        Node::Link { target: fs::read_link(path).map_err(Error::file("read the link", path))? }
    } else if metadata.is_dir() {
        Node::Folder
    } else if metadata.is_file() {
        match read(path)? {
            Some(contents) => Node::File {
                sha256: Fingerprint::of(&contents),
                mode: metadata.mode() & 0o7777,
                uid: metadata.uid(),
                gid: metadata.gid(),
            },
            None => Node::Absent,
        }
    } else {
        Node::Other
    })
}

pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    // Without NONBLOCK, opening a pipe that somebody planted would wait for ever.
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    let opened = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path);
    let file = match opened {
        Err(error) if is_absent(&error) => return Ok(None),
        other => other.map_err(Error::file("read", path))?,
    };
    let metadata = file.metadata().map_err(Error::file("read", path))?;
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Err(Error::Corrupt {
            path: path.to_owned(),
            why: "is a folder where a file is expected".into(),
        });
    }
    if kind.is_fifo() || kind.is_socket() || kind.is_block_device() || kind.is_char_device() {
        return Err(Error::Corrupt { path: path.to_owned(), why: "is no regular file".into() });
    }
    if metadata.len() > LARGEST_FILE {
        return Err(too_large(path));
    }
    let mut contents = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.take(LARGEST_FILE + 1).read_to_end(&mut contents).map_err(Error::file("read", path))?;
    if contents.len() as u64 > LARGEST_FILE {
        return Err(too_large(path));
    }
    Ok(Some(contents))
}

pub fn list(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(path) {
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        other => other.map_err(Error::file("list", path))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(Error::file("list", path))?.path());
    }
    paths.sort();
    Ok(paths)
}

pub fn put(path: &Path, contents: &[u8], access: Access) -> Result<()> {
    let path = &resolve_parent(path)?;
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Error::Unsafe { path: path.to_owned(), why: "a folder is where a file belongs".into() });
    }
    let draft = &draft_of(path);
    remove(draft)?;
    let written = write_draft(draft, contents, access)
        .and_then(|()| fs::rename(draft, path).map_err(Error::file("put in place", path)))
        .and_then(|()| sync_folder_of(path));
    if written.is_err() {
        // The first error is the one that matters; what is left is removed by the next run.
        let _ = fs::remove_file(draft);
    }
    written
}

fn write_draft(draft: &Path, contents: &[u8], access: Access) -> Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(draft)
        .map_err(Error::file("write", draft))?;
    file.write_all(contents).map_err(Error::file("write", draft))?;
    if let Some((uid, gid)) = access.owner {
        std::os::unix::fs::fchown(&file, Some(uid), Some(gid))
            .map_err(Error::file("set the owner of", draft))?;
    }
    if access.mode != 0o600 {
        let mode = fs::Permissions::from_mode(access.mode);
        file.set_permissions(mode).map_err(Error::file("set the mode of", draft))?;
    }
    file.sync_all().map_err(Error::file("flush", draft))
}

/// Where a file is written before it takes its name. The name is the same each time, so that the
/// next run finds what a killed one left; no store reads files that end so.
fn draft_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.labtrust-draft"))
}

pub fn tidy(path: &Path) -> Result<()> {
    remove(&draft_of(&resolve_parent(path)?))
}

pub fn remove(path: &Path) -> Result<()> {
    let path = &resolve_parent(path)?;
    match fs::remove_file(path) {
        Ok(()) => sync_folder_of(path),
        Err(error) if is_absent(&error) => Ok(()),
        Err(error) => Err(Error::file("remove", path)(error)),
    }
}

pub fn link(path: &Path, target: &Path) -> Result<()> {
    let path = &resolve_parent(path)?;
    let draft = &draft_of(path);
    remove(draft)?;
    std::os::unix::fs::symlink(target, draft).map_err(Error::file("make a link at", path))?;
    fs::rename(draft, path).map_err(Error::file("put in place", path))?;
    sync_folder_of(path)
}

pub fn rename(from: &Path, to: &Path) -> Result<()> {
    let (from, to) = (&resolve_parent(from)?, &resolve_parent(to)?);
    fs::rename(from, to).map_err(Error::file("rename", from))?;
    sync_folder_of(to)
}

pub fn make_folders(path: &Path, mode: u32) -> Result<Vec<PathBuf>> {
    let path = resolve(path)?;
    let mut missing = Vec::new();
    for folder in path.ancestors() {
        match fs::symlink_metadata(folder) {
            Ok(metadata) if metadata.is_dir() => break,
            Ok(_) => {
                return Err(Error::Unsafe {
                    path: folder.to_owned(),
                    why: "it is where a folder belongs".into(),
                });
            }
            Err(error) if is_absent(&error) => missing.push(folder.to_owned()),
            Err(error) => return Err(Error::file("look at", folder)(error)),
        }
    }
    missing.reverse();
    let mut new = Vec::new();
    for folder in missing {
        // With its mode from the first instant, so that being killed here leaves no folder that others
        // cannot look into; set again, because a umask takes bits away.
        match fs::DirBuilder::new().mode(mode).create(&folder) {
            // Another run has made it meanwhile.
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists
                    && fs::symlink_metadata(&folder).is_ok_and(|found| found.is_dir()) =>
            {
                continue;
            }
            other => other.map_err(Error::file("make the folder", &folder))?,
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode))
            .map_err(Error::file("set the mode of", &folder))?;
        sync_folder_of(&folder)?;
        new.push(folder);
    }
    Ok(new)
}

/// Makes a folder for the acting user's eyes only. It lies in `/tmp`, whatever the environment says:
/// in a folder that `TMPDIR` names, somebody else could swap a file between our writing it and a tool's
/// reading it; in one with the sticky bit, only root and its owner can.
pub fn make_scratch() -> Result<PathBuf> {
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

pub fn remove_folder(path: &Path) -> Result<()> {
    let path = &resolve_parent(path)?;
    match fs::remove_dir(path) {
        Ok(()) => sync_folder_of(path),
        // A volume that is mounted there is busy, and not ours to remove.
        Err(error)
            if is_absent(&error)
                || [io::ErrorKind::DirectoryNotEmpty, io::ErrorKind::ResourceBusy]
                    .contains(&error.kind()) =>
        {
            Ok(())
        }
        Err(error) => Err(Error::file("remove the folder", path)(error)),
    }
}

pub fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::file("flush", path))?;
    sync_folder_of(path)
}

pub fn room(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    // Some of it is kept for root.
    let blocks = if rustix::process::geteuid().is_root() { found.f_bfree } else { found.f_bavail };
    // A file system without a table of files counts none of them.
    if found.f_files > 0 && found.f_ffree == 0 {
        return Some(0);
    }
    blocks.checked_mul(found.f_frsize)
}

fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::file("flush the folder", folder))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn too_large(path: &Path) -> Error {
    Error::Corrupt { path: path.to_owned(), why: format!("is larger than {} MB", LARGEST_FILE >> 20) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: Access = Access { mode: 0o644, owner: None };

    #[test]
    fn put_replaces_a_whole_file_and_leaves_no_draft() -> Result<()> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.crt");
        put(&path, b"one", PUBLIC)?;
        put(&path, b"two", PUBLIC)?;
        assert_eq!(read(&path)?.as_deref(), Some(&b"two"[..]));
        assert_eq!(list(folder.path())?, [path]);
        Ok(())
    }

    #[test]
    fn a_link_at_the_end_is_replaced_never_written_through() -> Result<()> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (victim, path) = (folder.path().join("victim"), folder.path().join("x.crt"));
        put(&victim, b"victim", PUBLIC)?;
        std::os::unix::fs::symlink(&victim, &path).expect("a link");
        put(&path, b"ours", PUBLIC)?;
        assert_eq!(read(&victim)?.as_deref(), Some(&b"victim"[..]));
        Ok(())
    }

    #[test]
    fn folders_say_which_were_made() -> Result<()> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (a, b) = (folder.path().join("a"), folder.path().join("a/b"));
        assert_eq!(make_folders(&b, 0o755)?, [a.clone(), b.clone()]);
        assert_eq!(make_folders(&b, 0o755)?, Vec::<PathBuf>::new());
        remove_folder(&a)?;
        assert_eq!(look(&a)?, Node::Folder);
        Ok(())
    }
}
