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

/// Whether systemd started the process `pid` itself, as the main process of a unit.
pub(super) fn is_systemds(pid: u32) -> bool {
    match environment(pid) {
        Some(variables) => has_invocation(&variables, pid),
        None => {
            fs::read_to_string(format!("/proc/{pid}/cgroup")).map_or(true, |groups| !is_of_session(&groups))
        }
    }
}

/// Whether these are the variables of a unit's main process `pid` (systemd.exec(5), "Environment variables set or propagated
/// by the service manager"). Its children inherit them. `SYSTEMD_EXEC_PID` is set since version 248.
fn has_invocation(variables: &[(String, String)], pid: u32) -> bool {
    let value =
        |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    value("INVOCATION_ID").is_some() && value("SYSTEMD_EXEC_PID").is_none_or(|main| main == pid.to_string())
}

/// Whether a process with these control groups belongs to a person's session or to a container, and not to a unit
/// (systemd.scope(5)).
fn is_of_session(groups: &str) -> bool {
    let last = groups.lines().filter_map(|line| line.rsplit('/').next());
    last.into_iter().any(|name| Path::new(name).extension().is_some_and(|ending| ending == "scope"))
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
pub(super) fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_main_process_of_a_unit_was_started_by_systemd() {
        let variables = |text: &str| -> Vec<(String, String)> {
            let pairs = text.split_whitespace().filter_map(|word| word.split_once('='));
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        for (text, expected) in [
            ("PATH=/bin INVOCATION_ID=1f SYSTEMD_EXEC_PID=42", true),
            ("PATH=/bin INVOCATION_ID=1f", true),
            ("PATH=/bin", false),
            // A terminal that systemd started hands its variables on to its shells.
            ("INVOCATION_ID=1f SYSTEMD_EXEC_PID=7", false),
        ] {
            assert_eq!(has_invocation(&variables(text), 42), expected, "{text}");
        }
    }

    #[test]
    fn the_control_group_of_a_session_or_container_is_known() {
        for (groups, expected) in [
            ("0::/system.slice/docker.service\n", false),
            ("0::/user.slice/user-1000.slice/session-3.scope\n", true),
            ("12:pids:/system.slice/docker-1f.scope\n0::/\n", true),
            ("0::/\n", false),
            ("", false),
        ] {
            assert_eq!(is_of_session(groups), expected, "{groups}");
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
