//! The user of this process, the user who called sudo, and the people of the machine. A user who is not in `/etc/passwd` may be in
//! a directory, such as LDAP behind SSSD.

mod directory;

use std::{
    collections::BTreeSet,
    env, fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use labtrust_plan::fact::{Os, User};

use self::directory::{LONG, SHORT, ask};
use crate::{Error, Result};

/// The user that this process acts as. `known` gets the answer of the machine's lists; where it makes nothing of a fault, the
/// environment tells.
pub(crate) fn current(known: impl FnOnce(Result<Option<User>>) -> Result<Option<User>>) -> Result<User> {
    let uid = rustix::process::geteuid().as_raw();
    if let Some(user) = known(with_id(uid))? {
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
pub(crate) fn invoker() -> Result<Option<User>> {
    let number = |name| env::var(name).ok()?.parse().ok();
    let Some(uid) = number("SUDO_UID").filter(|uid| *uid != 0) else { return Ok(None) };
    let on_macos = || {
        let name = env::var("SUDO_USER").ok()?;
        let home = PathBuf::from("/Users").join(&name);
        home.is_dir().then_some(User { name, uid, gid: number("SUDO_GID")?, home })
    };
    Ok(found(uid, LONG)?.or_else(on_macos))
}

/// The people of the machine: users with a user id of people (login.defs(5)), a home folder and a shell to log in with.
///
/// A directory seldom lists all its users. So the owners of folders below `/home` are asked for, whose user ids may be larger.
pub(crate) fn people() -> Result<Vec<User>> {
    let limits = fs::read("/etc/login.defs").unwrap_or_default();
    let limits = String::from_utf8_lossy(&limits).into_owned();
    let ids = id_limit(&limits, "UID_MIN").unwrap_or(1000)..=id_limit(&limits, "UID_MAX").unwrap_or(60000);
    let text = fs::read("/etc/passwd").unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let is_person = |user: &User| ids.contains(&user.uid) && may_exist(&user.home);
    let mut people: Vec<User> =
        text.lines().filter(|line| has_login_shell(line)).filter_map(parse).filter(is_person).collect();
    let known: Vec<u32> = text.lines().filter_map(parse).map(|user| user.uid).collect();
    let owners = owners(Path::new("/home")).into_iter();
    let owners: Vec<u32> = owners.filter(|uid| uid >= ids.start() && !known.contains(uid)).collect();
    let found = ask(&owners, LONG)?;
    let found = found.iter().filter(|line| has_login_shell(line)).filter_map(|line| parse(line));
    people.extend(found.filter(|user| owners.contains(&user.uid) && may_exist(&user.home)));
    Ok(people)
}

/// The most folders below `/home` whose owners are asked for.
const MOST_FOLDERS: usize = 10_000;

/// The owners of the folders in `home`, and of those in root's folders there: SSSD has one for each domain.
fn owners(home: &Path) -> BTreeSet<u32> {
    let folders = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let owned = entries.filter_map(|path| {
            let found = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_dir)?;
            Some((path, found.uid()))
        });
        owned.take(MOST_FOLDERS).collect::<Vec<_>>()
    };
    let mut owners = BTreeSet::new();
    for (path, uid) in folders(home) {
        if uid == 0 {
            owners.extend(folders(&path).into_iter().map(|(_, uid)| uid));
        }
        owners.insert(uid);
    }
    owners.into_iter().filter(|uid| *uid != 0).take(MOST_FOLDERS).collect()
}

/// The number of the setting `name` in the text of login.defs(5).
fn id_limit(text: &str, name: &str) -> Option<u32> {
    let value = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next()? == name).then(|| words.next()?.parse().ok()).flatten()
    };
    text.lines().find_map(value)
}

/// Whether the user of this line of passwd(5) can log in. Without a shell there, it is `/bin/sh`.
fn has_login_shell(line: &str) -> bool {
    let shell = line.rsplit(':').next().unwrap_or_default().trim();
    let name = shell.rsplit('/').next().unwrap_or_default();
    !["nologin", "false", "true", "sync", "halt", "shutdown", "git-shell"].contains(&name)
}

/// Whether the folder exists, or cannot be reached: root may not enter a home folder on a network file system.
fn may_exist(home: &Path) -> bool {
    match fs::metadata(home) {
        Ok(metadata) => metadata.is_dir() && home != Path::new("/"),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// The user with this user id, if the machine's own list or its directory names one.
pub(crate) fn with_id(uid: u32) -> Result<Option<User>> {
    found(uid, SHORT)
}

/// The same. A directory may take this number of `seconds` to answer.
fn found(uid: u32, seconds: u64) -> Result<Option<User>> {
    // Users' full names may be in any encoding.
    let text = fs::read("/etc/passwd").unwrap_or_default();
    let listed = String::from_utf8_lossy(&text).lines().filter_map(parse).find(|user| user.uid == uid);
    let asked =
        || Ok(ask(&[uid], seconds)?.iter().filter_map(|line| parse(line)).find(|user| user.uid == uid));
    listed.map_or_else(asked, |user| Ok(Some(user)))
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
    fn people_have_a_user_id_of_people_and_a_shell() {
        let text = "# UID_MIN 5\nUID_MIN\t\t 1000\nUID_MAX 60000 # more\nSYS_UID_MIN 100\n";
        assert_eq!((id_limit(text, "UID_MIN"), id_limit(text, "UID_MAX")), (Some(1000), Some(60000)));
        assert_eq!(id_limit("UID_MIN x", "UID_MIN"), None);
        for (shell, expected) in
            [("/bin/bash", true), ("", true), ("/usr/sbin/nologin", false), ("/bin/false", false)]
        {
            assert_eq!(has_login_shell(&format!("x:x:1000:1000:X:/home/x:{shell}")), expected, "{shell}");
        }
        assert!(
            may_exist(Path::new("/tmp")) && !may_exist(Path::new("/")) && !may_exist(Path::new("/nowhere"))
        );
    }

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
