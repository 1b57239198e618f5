//! Walks a path folder by folder on open descriptors, and acts relative to the last folder. A user who may write to a folder
//! on the way can replace it meanwhile, but that changes nothing outside that user's own folders. Links are followed only if
//! no other user could have made them: root would otherwise write wherever that user's link leads.

use std::{
    ffi::{OsStr, OsString},
    fs::{File, Metadata},
    io,
    os::unix::{ffi::OsStringExt, fs::MetadataExt},
    path::{Component, Path, PathBuf},
    rc::Rc,
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, openat, readlinkat, statat},
    io::Errno,
    process::geteuid,
};

#[cfg(target_os = "linux")]
use super::access_list::{self, Writer};
use crate::{Error, Result};

/// A path with more links than this is a loop (Linux's own limit).
const MOST_LINKS: usize = 40;

/// Opens a folder to pass through it: that needs no right to list it, if the system supports this.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
const PASSAGE: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
const PASSAGE: OFlags = OFlags::RDONLY;

/// An open folder.
pub(super) struct Folder {
    pub file: File,
    /// Its path, without links.
    pub path: PathBuf,
}

/// A name in an open folder, whether or not something is there.
pub(super) struct FolderEntry {
    pub folder: Rc<Folder>,
    pub name: OsString,
}

/// What a name in a folder stands for.
enum Found {
    Folder(Folder),
    Link(PathBuf),
    Nothing,
    NoFolder,
}

/// The folder `path`, every link resolved; none if it does not exist.
pub(super) fn open(path: &Path) -> Result<Option<Folder>> {
    match open_without_links(path)? {
        Direct::Folder(folder) => Ok(Some(folder)),
        Direct::Nothing => Ok(None),
        Direct::Unknown => walk(path, &mut |_, _| Ok(false)),
    }
}

/// How a path ended on which no link was followed.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux opens a path in one call"))]
enum Direct {
    Folder(Folder),
    Nothing,
    /// There is a link on the way, or the system cannot tell.
    Unknown,
}

/// Opens the folder `path` in one call where no component of it is a link: the kernel then walks as [`walk`] does
/// (openat2(2), Linux 5.6; older systems and some containers do not have it).
#[cfg(target_os = "linux")]
fn open_without_links(path: &Path) -> Result<Direct> {
    use rustix::fs::{CWD, ResolveFlags, openat2};

    let path = in_full(path)?;
    if path.components().any(|part| part == Component::ParentDir) {
        return Ok(Direct::Unknown);
    }
    let flags = PASSAGE | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(match openat2(CWD, &path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS) {
        Ok(file) => Direct::Folder(Folder { file: file.into(), path: path.components().collect() }),
        Err(Errno::NOENT) => Direct::Nothing,
        Err(_) => Direct::Unknown,
    })
}

#[cfg(not(target_os = "linux"))]
fn open_without_links(_: &Path) -> Result<Direct> {
    Ok(Direct::Unknown)
}

/// The folder `path` and its parents, the root first, every link resolved; none if it does not exist.
fn chain(path: &Path) -> Result<Option<Vec<Folder>>> {
    walk_all(path, us(), &mut |_| Ok(()), &mut |_, _| Ok(false))
}

/// Fails unless `owner` and root alone decide which file `path` leads to: no other user made a link on the way, or can write to
/// a folder on the way.
pub(super) fn refuse_other_guides(path: &Path, owner: u32) -> Result<()> {
    let mut check = |folder: &Folder| match folder.who_else_writes(owner)? {
        Some(who) => {
            let why = format!("{who} can change where its files lead");
            Err(Error::Unsafe { path: folder.path.clone(), why })
        }
        None => Ok(()),
    };
    let mut path = in_full(path)?;
    for _ in 0..=MOST_LINKS {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
        let Some(mut chain) = walk_all(parent, owner, &mut check, &mut |_, _| Ok(false))? else {
            return Ok(());
        };
        let Some(folder) = chain.pop() else { return Ok(()) };
        let Some(target) = folder.link(name, owner)? else { return Ok(()) };
        path = folder.path.join(target);
    }
    Err(loops(&path))
}

/// The entry that `path` names, every link above its last component resolved; none if the folder does not exist.
pub(super) fn entry(path: &Path) -> Result<Option<FolderEntry>> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        let error = Error::Unsafe { path: path.to_owned(), why: "it names no file".into() };
        return Err(error.with_hint("name a file in a folder"));
    };
    Ok(open(&in_full(parent)?)?.map(|folder| FolderEntry { folder: Rc::new(folder), name: name.to_owned() }))
}

/// The entry to which `path` leads: a link at `path` is followed too.
pub(super) fn target(path: &Path) -> Result<Option<FolderEntry>> {
    let mut path = path.to_owned();
    for _ in 0..=MOST_LINKS {
        let Some(entry) = entry(&path)? else { return Ok(None) };
        match entry.folder.link(&entry.name, us())? {
            Some(target) => path = entry.folder.path.join(target),
            None => return Ok(Some(entry)),
        }
    }
    Err(loops(&path))
}

/// The folder `path`, every link resolved. For a folder that does not exist, `make` is called with its parent and its name;
/// if it returns true, the folder is opened again.
pub(super) fn walk(
    path: &Path,
    make: &mut dyn FnMut(&Folder, &OsStr) -> Result<bool>,
) -> Result<Option<Folder>> {
    Ok(walk_all(path, us(), &mut |_| Ok(()), make)?.and_then(|mut chain| chain.pop()))
}

/// The folder `path` and its parents, the root first. Only links of root and of `owner` are followed, and `pass` is called with
/// each folder on the way.
fn walk_all(
    path: &Path,
    owner: u32,
    pass: &mut dyn FnMut(&Folder) -> Result<()>,
    make: &mut dyn FnMut(&Folder, &OsStr) -> Result<bool>,
) -> Result<Option<Vec<Folder>>> {
    let mut links = 0;
    let mut above: Vec<Folder> = Vec::new();
    let mut here = Folder::root()?;
    let mut rest = components(&in_full(path)?);
    while let Some(name) = rest.pop() {
        if name == ".." {
            // The open parent is used, not its name: the parent may have been replaced since.
            here = above.pop().map_or_else(Folder::root, Ok)?;
            continue;
        }
        pass(&here)?;
        let mut found = here.find(&name, owner)?;
        // Another run may remove the empty folder as soon as it is created.
        while matches!(found, Found::Nothing) && make(&here, &name)? {
            found = here.find(&name, owner)?;
        }
        match found {
            Found::Folder(folder) => above.push(std::mem::replace(&mut here, folder)),
            Found::Link(target) => {
                links += 1;
                if links > MOST_LINKS {
                    return Err(loops(path));
                }
                if target.is_absolute() {
                    above.clear();
                    here = Folder::root()?;
                }
                rest.extend(components(&target));
            }
            Found::Nothing | Found::NoFolder => return Ok(None),
        }
    }
    pass(&here)?;
    above.push(here);
    Ok(Some(above))
}

/// The folder `path`; none if it does not exist. Fails if any user except root and `owner` can write to the folder, or
/// replace it or one of its parents.
pub(super) fn own(path: &Path, owner: u32) -> Result<Option<Folder>> {
    let Some(mut chain) = chain(path)? else { return Ok(None) };
    let refuse = |path: &Path, why| {
        let hint = "choose a folder that only you can write to, in folders that only you and root can write to: \
                    --state DIR";
        Err(Error::Unsafe { path: path.to_owned(), why }.with_hint(hint))
    };
    let Some(folder) = chain.pop() else { return Ok(None) };
    // All folders are open: a user who replaces one of them now does not change what this process sees.
    for above in chain {
        if let Some(who) = above.who_else_writes(owner)? {
            return refuse(&above.path, format!("{who} can replace the folders in it"));
        }
    }
    let found = folder.file.metadata().map_err(Error::file("look at", &folder.path))?;
    if found.uid() != owner {
        let why = format!("its owner is user {}, not user {owner}", found.uid());
        return refuse(&folder.path, why);
    }
    if let Some(who) = who_else_may_write(Some(&folder.file), &folder.path, &found, owner)? {
        return refuse(&folder.path, format!("{who} may write to it"));
    }
    Ok(Some(folder))
}

/// `path` as an absolute path. Fails if the current folder is gone.
fn in_full(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(Error::file("resolve", path))
}

/// The names in `path`, the last name first.
fn components(path: &Path) -> Vec<OsString> {
    let name = |component: Component<'_>| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().rev().filter_map(name).collect()
}

fn loops(path: &Path) -> Error {
    Error::Unsafe { path: path.to_owned(), why: "its links form a loop".into() }
        .with_hint("remove one of these links, then try again")
}

impl Folder {
    fn root() -> Result<Self> {
        let path = PathBuf::from("/");
        let flags = PASSAGE | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(&path, flags, Mode::empty());
        let file = root.map(File::from).map_err(|error| Error::file("look at", &path)(error.into()))?;
        Ok(Self { file, path })
    }

    fn find(&self, name: &OsStr, owner: u32) -> Result<Found> {
        let flags = PASSAGE | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let path = self.path.join(name);
        match openat(&self.file, name, flags, Mode::empty()) {
            Ok(file) => Ok(Found::Folder(Self { file: file.into(), path })),
            Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(Found::Nothing),
            // The errors of different systems for a link or a file at this name.
            Err(Errno::LOOP | Errno::NOTDIR | Errno::MLINK) => {
                Ok(self.link(name, owner)?.map_or(Found::NoFolder, Found::Link))
            }
            Err(error) => Err(Error::file("look at", &path)(error.into())),
        }
    }

    /// The target of the link `name`; none if it is not a link. Fails if another user than root and `owner` could have made it.
    fn link(&self, name: &OsStr, owner: u32) -> Result<Option<PathBuf>> {
        let path = self.path.join(name);
        let found = match statat(&self.file, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT | Errno::NAMETOOLONG) => return Ok(None),
            other => other.map_err(|error| Error::file("look at", &path)(error.into()))?,
        };
        if FileType::from_raw_mode(found.st_mode) != FileType::Symlink {
            return Ok(None);
        }
        let refuse = |why| Err(Error::Unsafe { path: path.clone(), why });
        if !is_ours(found.st_uid, owner) {
            return refuse(format!("it is a link that user {} made, not root", found.st_uid));
        }
        if let Some(who) = self.who_else_writes(owner)? {
            return refuse(format!("it is a link in a folder that {who} may write to"));
        }
        // In a folder that everybody may write to, any user can make a hard link to a link of root's.
        let folder = self.file.metadata().map_err(Error::file("look at", &self.path))?;
        if found.st_nlink > 1 && folder.mode() & 0o002 != 0 {
            return refuse("it is a link with several names, in a folder that everybody may write to".into());
        }
        // No other user could have changed the link since: they may not write to the folder.
        let target = readlinkat(&self.file, name, Vec::new());
        let target = target.map_err(|error| Error::file("read the link", &path)(error.into()))?;
        Ok(Some(PathBuf::from(OsString::from_vec(target.into_bytes()))))
    }

    /// The first user or group, except root and `owner`, that may add files to this folder, such as a hard link to one of
    /// root's links. In a folder with the sticky bit, only the owner of a file can replace it.
    fn who_else_writes(&self, owner: u32) -> Result<Option<String>> {
        let found = self.file.metadata().map_err(Error::file("look at", &self.path))?;
        if !is_ours(found.uid(), owner) {
            return Ok(Some(format!("user {}", found.uid())));
        }
        let is_sticky = found.mode() & 0o1000 != 0;
        if is_sticky { Ok(None) } else { who_else_may_write(Some(&self.file), &self.path, &found, owner) }
    }

    /// The folder, opened so that it can be listed and flushed.
    pub(super) fn listable(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(openat(&self.file, ".", flags, Mode::empty())?.into())
    }
}

impl FolderEntry {
    /// Its path; the folders above it contain no links.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path.join(&self.name)
    }
}

/// The first user or group, except root and `owner`, that may write to the file or folder at `path`, which has the metadata
/// `found`. `file` is the open file, if there is one.
pub(super) fn who_else_may_write(
    file: Option<&File>,
    path: &Path,
    found: &Metadata,
    owner: u32,
) -> Result<Option<String>> {
    if found.mode() & 0o002 != 0 {
        return Ok(Some("everybody".into()));
    }
    // A user's own group often has only that user as a member. For root's folders, the group must be root's.
    let is_another_group = owner == 0 && found.gid() != 0;
    let group = || format!("group {}", found.gid());
    #[cfg(target_os = "linux")]
    if let Some(writers) = access_list::writers(file, path, found.mode())? {
        return Ok(writers.into_iter().find_map(|writer| match writer {
            Writer::User(user) => (!is_ours(user, owner)).then(|| format!("user {user}, by an access list,")),
            Writer::Group(other) => (other != 0).then(|| format!("group {other}, by an access list,")),
            Writer::GroupOfFile => is_another_group.then(group),
        }));
    }
    let (_, _) = (file, path);
    Ok((is_another_group && found.mode() & 0o020 != 0).then(group))
}

/// The user of this process.
fn us() -> u32 {
    geteuid().as_raw()
}

/// Whether `uid` is root or the user `owner`.
fn is_ours(uid: u32, owner: u32) -> bool {
    [0, owner].contains(&uid)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests act as other programs do")]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_second_name_of_a_link_is_not_followed_where_everybody_could_have_made_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (link, second) = (folder.path().join("link"), folder.path().join("second"));
        std::os::unix::fs::symlink("/", &link).expect("a link");
        for (mode, may_be_followed) in [(0o1777, false), (0o755, true)] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).expect("a mode");
            assert!(open(&link).is_ok());
            fs::hard_link(&link, &second).expect("a second name");
            assert_eq!(open(&second).is_ok(), may_be_followed, "{mode:o}");
            fs::remove_file(&second).expect("removed");
        }
    }
}
