//! Reads what a daemon's process shows of its start and of its files (proc(5)).

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::world::World;

/// The environment with which the process `pid` was started; none if this process may not read it.
pub fn environment(pid: u32) -> Option<Vec<(String, String)>> {
    let text = World::read_named(Path::new(&format!("/proc/{pid}/environ"))).ok()??;
    let variables = text.split(|byte| *byte == 0).filter_map(|entry| {
        let (name, value) = std::str::from_utf8(entry).ok()?.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    });
    Some(variables.collect())
}

/// Whether systemd started the process `pid` as a part of a unit: by its variables, else by its control group.
pub(super) fn is_systemds(pid: u32) -> bool {
    let variables = environment(pid);
    let value = |name: &str| {
        let found = variables.as_ref()?.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    // systemd.exec(5), "Environment variables set or propagated by the service manager"; since version 248.
    if value("SYSTEMD_EXEC_PID").is_some_and(|main| main == pid.to_string()) {
        return true;
    }
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    let is_started = variables.is_none() || value("INVOCATION_ID").is_some();
    is_in_service(&groups).unwrap_or(is_started)
}

/// Whether a process with these control groups belongs to a service, and not to a person's session or a container
/// (systemd.scope(5)); none if the groups do not show it.
fn is_in_service(groups: &str) -> Option<bool> {
    groups.lines().flat_map(|line| line.rsplit('/')).find_map(|name| {
        let ending = Path::new(name).extension()?;
        (ending == "service" || ending == "scope").then(|| ending == "service")
    })
}

/// The root folder of the files of the process `pid`, if that process has another file than this one at `path`: `/proc/PID/root`.
/// None also if this process may not look.
pub(super) fn own_root(pid: u32, path: &Path) -> Option<PathBuf> {
    let root = PathBuf::from(format!("/proc/{pid}/root"));
    let id = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    // Without the right to look, nothing is there.
    id(&root)?;
    let seen = path.ancestors().map(|path| (id(path), id(&below(&root, path))));
    let (here, there) = seen.into_iter().find(|(here, there)| here.is_some() || there.is_some())?;
    (here != there).then_some(root)
}

/// The path of `path` in the files below `root`.
pub fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_group_of_a_service_is_told_from_a_sessions() {
        for (groups, expected) in [
            ("0::/system.slice/docker.service\n", Some(true)),
            ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/docker.service/init\n", Some(true)),
            ("0::/user.slice/user-1000.slice/session-3.scope\n", Some(false)),
            ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1f.scope\n", Some(false)),
            ("12:pids:/system.slice/docker-1f.scope\n0::/\n", Some(false)),
            ("0::/\n", None),
            ("", None),
        ] {
            assert_eq!(is_in_service(groups), expected, "{groups}");
        }
    }

    #[test]
    fn a_process_of_this_machine_has_no_root_of_its_own() {
        let me = std::process::id();
        for path in ["/", "/etc/docker/certs.d", "/nowhere/at/all"] {
            assert_eq!(own_root(me, Path::new(path)), None, "{path}");
        }
        assert_eq!(below(Path::new("/proc/1/root"), Path::new("/etc/x")), Path::new("/proc/1/root/etc/x"));
    }
}
