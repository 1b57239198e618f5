//! Follows links only where nobody else could have planted them: a program that runs as root and
//! writes through a user's link writes wherever that user wants.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
};

use crate::{Error, Result};

/// More links than this in one path are a loop (Linux's own limit).
const MOST_LINKS: usize = 40;

/// `path` with every link above its last component resolved, each of which must belong to root or
/// to the user that acts. The last component is not looked at.
pub fn resolve_parent(path: &Path) -> Result<PathBuf> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Ok(resolve(parent)?.join(name)),
        _ => Err(Error::Unsafe { path: path.to_owned(), why: "it names no file".into() }),
    }
}

/// `path` with every link resolved, each of which must belong to root or to the user that acts.
/// Components that do not exist are kept as they are.
pub fn resolve(path: &Path) -> Result<PathBuf> {
    let mut links = 0;
    let mut resolved = PathBuf::from("/");
    let mut rest: Vec<PathBuf> = vec![std::path::absolute(path).map_err(Error::file("resolve", path))?];
    while let Some(next) = rest.pop() {
        let mut components = next.components();
        let Some(component) = components.next() else { continue };
        rest.push(components.as_path().to_owned());
        match component {
            Component::RootDir => resolved = PathBuf::from("/"),
            Component::ParentDir => {
                resolved.pop();
            }
            Component::Normal(name) => {
                let candidate = resolved.join(name);
                match fs::symlink_metadata(&candidate) {
                    Ok(metadata) if metadata.is_symlink() => {
                        links += 1;
                        if links > MOST_LINKS {
                            return Err(Error::Unsafe {
                                path: path.to_owned(),
                                why: "its links form a loop".into(),
                            });
                        }
                        if ![0, rustix::process::geteuid().as_raw()].contains(&metadata.uid()) {
                            let why = format!("it is a link that user {} made, not root", metadata.uid());
                            return Err(Error::Unsafe { path: candidate, why });
                        }
                        rest.push(
                            fs::read_link(&candidate).map_err(Error::file("read the link", &candidate))?,
                        );
                    }
                    _ => resolved = candidate,
                }
            }
            Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Ok(resolved)
}
