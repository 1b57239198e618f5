//! The user of this process, and the user who called sudo.

use std::{env, fs, path::PathBuf};

use labtrust_plan::fact::{Os, User};

use crate::{Error, Result};

/// The user that this process acts as.
pub(crate) fn current() -> Result<User> {
    let uid = rustix::process::geteuid().as_raw();
    if let Some(user) = find(|user| user.uid == uid) {
        return Ok(user);
    }
    // macOS has its users elsewhere, and a container may have no entry.
    let is_usable = |home: &PathBuf| home.to_str().is_some_and(|home| Os::current().is_absolute(home));
    let home = env::home_dir().filter(is_usable).ok_or_else(|| Error::Corrupt {
        path: "/etc/passwd".into(),
        why: format!("has no entry with a home for user {uid}, and HOME is not set"),
    })?;
    let name = env::var("USER").unwrap_or_else(|_| uid.to_string());
    Ok(User { name, uid, gid: rustix::process::getegid().as_raw(), home })
}

/// The user who called sudo (sudo(8): `SUDO_UID`), if it was not root.
pub(crate) fn invoker() -> Option<User> {
    let uid: u32 = env::var("SUDO_UID").ok()?.parse().ok().filter(|uid| *uid != 0)?;
    find(|user| user.uid == uid).or_else(|| {
        let name = env::var("SUDO_USER").ok()?;
        let home = PathBuf::from("/Users").join(&name);
        let gid = env::var("SUDO_GID").ok()?.parse().ok()?;
        home.is_dir().then_some(User { name, uid, gid, home })
    })
}

/// The user with this user id, if the machine's own list names one.
pub(crate) fn with_id(uid: u32) -> Option<User> {
    find(|user| user.uid == uid)
}

fn find(wanted: impl Fn(&User) -> bool) -> Option<User> {
    // Users' full names may be in any encoding.
    let text = String::from_utf8_lossy(&fs::read("/etc/passwd").ok()?).into_owned();
    text.lines().filter_map(parse).find(wanted)
}

/// Parses a line of passwd(5). A user without an absolute home folder is left out: facts and receipts must hold absolute
/// paths.
pub(crate) fn parse(line: &str) -> Option<User> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, _, home, _] = fields[..] else { return None };
    if !Os::current().is_absolute(home) {
        return None;
    }
    Some(User { name: name.into(), uid: uid.parse().ok()?, gid: gid.parse().ok()?, home: home.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_with_a_home_is_known_and_can_be_read_again() {
        for (home, is_known) in
            [("/home/x", true), ("/", true), ("", false), ("x", false), ("/a/../b", false)]
        {
            let user = parse(&format!("x:x:1000:1000:X:{home}:/bin/sh"));
            assert_eq!(user.is_some(), is_known, "{home}");
            let json = serde_json::to_string(&user).expect("JSON");
            assert_eq!(serde_json::from_str::<Option<User>>(&json).expect("read again"), user);
        }
    }
}
