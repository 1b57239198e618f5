//! Access lists of files (acl(5)). They give rights that the permission bits do not show. If a file has a list, its group
//! bits are the upper bound of the list (the mask), not the rights of the group.

use std::{
    fs::File,
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
};

use rustix::{buffer::spare_capacity, fs::getxattr, io::Errno};

use crate::{Error, Result};

/// The list of a file.
const ACCESS: &str = "system.posix_acl_access";
/// The list that a folder gives to new files in it.
const DEFAULT: &str = "system.posix_acl_default";
/// Room for a list of thirty entries; few files have any.
const USUAL: usize = 256;
/// The largest value of an attribute in Linux.
const LARGEST: usize = 64 << 10;
/// The bit in a file's mode that lets its group write.
const GROUP_WRITES: u32 = 0o020;
/// The right to write.
const WRITE: u16 = 2;

/// The numbers of the kinds of entries (the kernel's `posix_acl_xattr.h`).
mod tag {
    pub(super) const USER: u16 = 0x02;
    pub(super) const GROUP_OF_FILE: u16 = 0x04;
    pub(super) const GROUP: u16 = 0x08;
    pub(super) const MASK: u16 = 0x10;
}

/// A user or group to which an access list gives the right to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// A user by number.
    User(u32),
    /// The file's own group.
    GroupOfFile,
    /// Another group by number.
    Group(u32),
}

/// The users and groups that may write to the file or folder at `path`, or to new files in it, by its access lists. `file`
/// is the open file, if there is one. None if no list can give that right: then the permission bits `mode` tell everything.
pub(super) fn writers(file: Option<&File>, path: &Path, mode: u32) -> Result<Option<Vec<Writer>>> {
    // A descriptor with O_PATH has no attributes, but its name in /proc has.
    let open = file.map(|file| PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd())));
    // The group bits are the upper bound of the file's own list.
    let access = (mode & GROUP_WRITES != 0).then_some(ACCESS);
    let mut all = None;
    for name in access.into_iter().chain([DEFAULT]) {
        let list = match open.as_deref().map(|open| read(open, name)) {
            // Without /proc, the path is used.
            None | Some(Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS)) => read(path, name),
            Some(list) => list,
        };
        let list = list.map_err(|error| Error::file("read the access list of", path)(error.into()))?;
        if let Some(list) = list {
            all.get_or_insert_with(Vec::new).extend(parse(&list));
        }
    }
    Ok(all)
}

fn read(path: &Path, name: &str) -> rustix::io::Result<Option<Vec<u8>>> {
    let read = |room| {
        let mut value = Vec::with_capacity(room);
        getxattr(path, name, spare_capacity(&mut value)).map(|_| Some(value))
    };
    match read(USUAL) {
        Err(Errno::RANGE) => read(LARGEST),
        // The file has no list, or its file system has none.
        Err(Errno::NODATA | Errno::NOTSUP) => Ok(None),
        other => other,
    }
}

/// The entries of `list` that give the right to write. The list is a version, then entries of kind, rights and id.
fn parse(list: &[u8]) -> Vec<Writer> {
    let entry = |entry: &[u8]| {
        let number = |at: usize| u16::from_le_bytes([entry[at], entry[at + 1]]);
        (number(0), number(2), u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]))
    };
    let entries: Vec<_> = list.get(4..).unwrap_or_default().chunks_exact(8).map(entry).collect();
    let mask =
        entries.iter().find(|(kind, ..)| *kind == tag::MASK).map_or(u16::MAX, |(_, rights, _)| *rights);
    let writes = entries.into_iter().filter(|(_, rights, _)| rights & mask & WRITE != 0);
    writes
        .filter_map(|(kind, _, number)| match kind {
            tag::USER => Some(Writer::User(number)),
            tag::GROUP_OF_FILE => Some(Writer::GroupOfFile),
            tag::GROUP => Some(Writer::Group(number)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut list = 2u32.to_le_bytes().to_vec();
        for (kind, rights, number) in entries {
            list.extend(kind.to_le_bytes());
            list.extend(rights.to_le_bytes());
            list.extend(number.to_le_bytes());
        }
        list
    }

    #[test]
    fn writers_are_those_to_whom_the_mask_leaves_that_right() {
        let entries = |mask| {
            list(&[
                (0x01, 7, u32::MAX),
                (tag::USER, 7, 1001),
                (tag::USER, 5, 1002),
                (tag::GROUP_OF_FILE, 7, u32::MAX),
                (tag::GROUP, 6, 100),
                (tag::MASK, mask, u32::MAX),
                (0x20, 0, u32::MAX),
            ])
        };
        assert_eq!(parse(&entries(7)), [Writer::User(1001), Writer::GroupOfFile, Writer::Group(100)]);
        assert_eq!(parse(&entries(5)), []);
        assert_eq!(parse(&list(&[(0x01, 6, 0), (tag::GROUP_OF_FILE, 6, 0)])), [Writer::GroupOfFile]);
        for damaged in [&b""[..], b"\x02\0\0", b"\x02\0\0\0\x02\0\x07"] {
            assert_eq!(parse(damaged), [], "{damaged:?}");
        }
    }
}
