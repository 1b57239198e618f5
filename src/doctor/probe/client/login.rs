//! Looks at the docker command's settings file, and for the program that it names as the keeper of logins. The program
//! is not run: it shows secrets.

mod config;

use std::{
    env, fs,
    io::ErrorKind,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use labtrust_machine::{Error, World, probe::docker_config};
use labtrust_plan::{Endpoint, Facts, fact::User};

use crate::doctor::{
    evidence::{HelperSeen, LoginFileSeen, LoginFileState},
    probe::daemon,
    redacted::MARK,
};

/// The file in which `docker login` stores the login of `registry`.
pub(super) fn file(facts: &Facts, registry: &Endpoint) -> LoginFileSeen {
    let path = docker_config(facts).join("config.json");
    let user = facts.person();
    let state = state(&path, user);
    let text = if state == LoginFileState::Usable { text(&path) } else { Ok(None) };
    let named = text.and_then(|text| helper(text.as_deref().unwrap_or_default(), &registry.registry_name()));
    let (state, helper) = match named {
        Err(unusable) => (unusable, None),
        Ok(named) => (state, named.map(|(key, name)| seen(&key, &name))),
    };
    LoginFileSeen { path, state, helper }
}

/// The text of the file at `path`; none if it does not exist.
fn text(path: &Path) -> Result<Option<String>, LoginFileState> {
    match World::read_named(path) {
        Ok(bytes) => Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())),
        Err(Error::File { source, .. }) if source.kind() == ErrorKind::PermissionDenied => {
            Err(LoginFileState::Unreadable)
        }
        Err(error) => Err(LoginFileState::Broken(error.to_string().into())),
    }
}

/// The helper that the settings `text` name for the registry `name`, with its key.
pub(super) fn helper(text: &str, name: &str) -> Result<Option<(String, String)>, LoginFileState> {
    config::parsed(text).map(|settings| config::helper(&settings, name))
}

fn seen(key: &str, name: &str) -> HelperSeen {
    let is_plain =
        name.len() <= 64 && name.chars().all(|one| one.is_ascii_alphanumeric() || "._-".contains(one));
    HelperSeen {
        key: key.into(),
        name: if is_plain { name.into() } else { MARK.into() },
        is_found: is_in_path(&format!("docker-credential-{name}")),
    }
}

/// Whether `program` is in this process's `PATH`, or in that of its parent: sudo replaces `PATH`, and keeps its own.
fn is_in_path(program: &str) -> bool {
    let own = env::var_os("PATH").iter().flat_map(env::split_paths).collect::<Vec<_>>();
    let folders: Vec<PathBuf> = own.into_iter().chain(parents_path()).collect();
    folders.iter().any(|folder| {
        let file = fs::metadata(folder.join(program));
        file.is_ok_and(|file| file.is_file() && file.mode() & 0o111 != 0)
    })
}

/// The folders in the `PATH` of this process's parent, if its environment can be read.
fn parents_path() -> Vec<PathBuf> {
    let parent = std::os::unix::process::parent_id();
    let environment = daemon::text(Path::new(&format!("/proc/{parent}/environ"))).ok().flatten();
    let environment = environment.unwrap_or_default();
    let path = environment.split('\0').find_map(|entry| entry.strip_prefix("PATH="));
    path.into_iter().flat_map(env::split_paths).collect()
}

/// The state of the file at `path` for `user`, before it is read.
fn state(path: &Path, user: &User) -> LoginFileState {
    let Some(folder) = path.parent() else { return LoginFileState::NoFolder };
    match fs::symlink_metadata(folder) {
        Err(_) => return LoginFileState::Absent,
        Ok(_) if !folder.is_dir() => return LoginFileState::NoFolder,
        Ok(_) => {}
    }
    if !may(folder, user, WRITE_AND_SEARCH) {
        return LoginFileState::FolderNotWritable;
    }
    match fs::metadata(path) {
        Err(_) => LoginFileState::Absent,
        Ok(file) if file.is_dir() => LoginFileState::IsFolder,
        Ok(_) if !may(path, user, READ) => LoginFileState::Unreadable,
        Ok(_) => LoginFileState::Usable,
    }
}

const READ: u32 = 4;
const WRITE_AND_SEARCH: u32 = 3;

/// Whether `user` may have the `rights` of this number at `path`. A further group of the user and an access list can grant
/// what the bits of the group allow, and no more (acl(5)).
fn may(path: &Path, user: &User, rights: u32) -> bool {
    let Ok(file) = fs::metadata(path) else { return true };
    let allows = |shift: u32| (file.mode() >> shift) & rights == rights;
    user.uid == 0 || if file.uid() == user.uid { allows(6) } else { allows(3) || allows(0) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn rights_that_a_further_group_or_an_access_list_can_grant_are_not_denied() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = fs::metadata(folder.path()).expect("a folder");
        let user = |uid: u32| User { name: "alice".into(), uid, gid: 4_000_001, home: "/home/alice".into() };
        let (owner, other) = (user(file.uid()), user(4_000_000));
        for (mode, of_owner, of_other) in [
            (0o700, true, false),
            (0o750, true, false),
            (0o755, true, false),
            (0o770, true, true),
            (0o777, true, true),
            (0o570, file.uid() == 0, true),
        ] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).expect("a mode");
            let is_allowed = |user| may(folder.path(), user, WRITE_AND_SEARCH);
            assert_eq!((is_allowed(&owner), is_allowed(&other)), (of_owner, of_other), "{mode:o}");
        }
    }
}
