//! Reads the settings file and the command line of a Docker daemon, which name its sockets.

use std::path::{Path, PathBuf};

use labtrust_plan::fact::EngineKind;
use serde_json::Value;

use super::docker_context::socket;
use crate::world::World;

/// The settings file of a daemon of this machine, unless its command line names another; the first that exists.
const SETTINGS: &[(EngineKind, &str)] = &[
    // Synology's packages: DSM 7.2 and later, and before.
    (EngineKind::Rootful, "/var/packages/ContainerManager/etc/dockerd.json"),
    (EngineKind::Rootful, "/var/packages/Docker/etc/dockerd.json"),
    (EngineKind::Rootful, "/etc/docker/daemon.json"),
    (EngineKind::Snap, "/var/snap/docker/current/config/daemon.json"),
];

/// The command line of the daemon `pid`; empty if that process is no longer a Docker daemon.
pub fn daemon_command_line(pid: u32) -> Vec<String> {
    let line = World::read_named(Path::new(&format!("/proc/{pid}/cmdline")));
    let line = line.ok().flatten().unwrap_or_default();
    let words: Vec<_> =
        line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let is_daemon = words.first().is_some_and(|program| Path::new(program).ends_with("dockerd"));
    if is_daemon { words } else { Vec::new() }
}

/// The settings file of a daemon of this `kind` that was started with the command line `line`. A user's own daemon reads the
/// file beside its folder `certs_d`.
pub fn daemon_settings_file(kind: EngineKind, certs_d: &Path, line: &[String]) -> Option<PathBuf> {
    if let Some(named) = flag(line, "config-file") {
        return Some(PathBuf::from(named)).filter(|path| path.is_absolute());
    }
    if matches!(kind, EngineKind::Rootless | EngineKind::Other) {
        return certs_d.parent().map(|folder| folder.join("daemon.json"));
    }
    let mut rows = SETTINGS.iter().filter(|(row, _)| *row == kind).map(|(_, path)| Path::new(path));
    rows.find(|path| path.exists()).map(Path::to_owned)
}

/// The value of the option `name`, as `--name=value` or `--name value`; the last one counts.
pub fn flag(line: &[String], name: &str) -> Option<String> {
    flags(line, &format!("--{name}")).pop()
}

/// All values of `option`, as `OPTION=value` or `OPTION value`.
fn flags(line: &[String], option: &str) -> Vec<String> {
    let value = |at: usize| {
        let rest = line[at].strip_prefix(option)?;
        if rest.is_empty() { line.get(at + 1).cloned() } else { rest.strip_prefix('=').map(str::to_owned) }
    };
    (0..line.len()).filter_map(value).collect()
}

/// The addresses on which a daemon with this command line and settings `file` listens: empty if neither names one, and it
/// listens on its default socket (dockerd(8), `--host`, and the key `hosts`).
pub(super) fn addresses(line: &[String], file: Option<&Path>) -> Vec<String> {
    let mut addresses = [flags(line, "--host"), flags(line, "-H")].concat();
    let text = file.and_then(|path| World::read_named(path).ok().flatten());
    let settings = text.and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let hosts = settings.as_ref().and_then(|settings| settings.get("hosts")?.as_array());
    addresses.extend(hosts.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
    addresses
}

/// The sockets in `addresses`. systemd opens the `default` socket and passes it on as `fd://`.
pub(super) fn sockets<'a>(addresses: &'a [String], default: &'a Path) -> impl Iterator<Item = &'a Path> {
    addresses.iter().filter_map(
        move |address| {
            if address.starts_with("fd://") { Some(default) } else { socket(address) }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_last_value_of_an_option_counts() {
        let text = "dockerd --config-file /a --config-file=/b --config-filename /c";
        assert_eq!(flag(&line(text), "config-file").as_deref(), Some("/b"));
        assert_eq!(flag(&line("dockerd --config-file"), "config-file"), None);
    }

    #[test]
    fn a_daemon_listens_on_the_sockets_that_its_command_line_names() {
        let default = Path::new("/var/run/docker.sock");
        for (text, expected) in [
            ("dockerd", vec![]),
            ("dockerd -H fd:// --containerd=/x", vec!["/var/run/docker.sock"]),
            ("dockerd -H unix:///a --host=unix:///b -H tcp://127.0.0.1:2375", vec!["/b", "/a"]),
            ("dockerd --host tcp://127.0.0.1:2375", vec![]),
            ("dockerd -H unix://relative", vec![]),
        ] {
            let addresses = addresses(&line(text), None);
            let found: Vec<_> = sockets(&addresses, default).collect();
            assert_eq!(found, expected.into_iter().map(Path::new).collect::<Vec<_>>(), "{text}");
        }
    }
}
