//! Who runs us, and on whose behalf.

use std::{env, fs, path::PathBuf};

use crate::{Error, Result, fact::User};

/// The user that this process acts as.
pub fn current() -> Result<User> {
    let uid = rustix::process::geteuid().as_raw();
    if let Some(user) = find(|user| user.uid == uid) {
        return Ok(user);
    }
    // macOS keeps its users elsewhere, and a container may have none.
    let home = env::home_dir().filter(|home| home.is_absolute()).ok_or_else(|| Error::Corrupt {
        path: "/etc/passwd".into(),
        why: format!("has no entry for user {uid}, and HOME is not set"),
    })?;
    let name = env::var("USER").unwrap_or_else(|_| uid.to_string());
    Ok(User { name, uid, gid: rustix::process::getegid().as_raw(), home })
}

/// The user who called sudo (sudo(8): `SUDO_UID`), if it was not root.
pub fn invoker() -> Option<User> {
    let uid: u32 = env::var("SUDO_UID").ok()?.parse().ok().filter(|uid| *uid != 0)?;
    find(|user| user.uid == uid).or_else(|| {
        let name = env::var("SUDO_USER").ok()?;
        let home = PathBuf::from("/Users").join(&name);
        let gid = env::var("SUDO_GID").ok()?.parse().ok()?;
        home.is_dir().then_some(User { name, uid, gid, home })
    })
}

fn find(wanted: impl Fn(&User) -> bool) -> Option<User> {
    let text = fs::read_to_string("/etc/passwd").ok()?;
    text.lines().filter_map(parse).find(wanted)
}

/// A line of passwd(5).
pub fn parse(line: &str) -> Option<User> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, _, home, _] = fields[..] else { return None };
    Some(User { name: name.into(), uid: uid.parse().ok()?, gid: gid.parse().ok()?, home: home.into() })
}
