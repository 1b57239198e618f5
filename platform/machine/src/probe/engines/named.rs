//! Recognises engines in virtual machines, and podman's service, by the socket that a setting of the docker command names.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use labtrust_plan::{
    fact::{Engine, EngineKind, Facts, User},
    store::{PODMAN_MACHINE, PODMAN_OWN},
};

use super::files::{engine_of, may_be_socket};

/// The ends of sockets' paths and the engines that use them; `*` stands for any one name. Sources: Rancher Desktop's
/// `pkg/rancher-desktop/utils/paths.ts`, docs.orbstack.dev, Lima's `templates/docker.yaml`, Colima's `config/files.go`.
const ROWS: &[(&str, EngineKind)] = &[
    (".rd/docker.sock", EngineKind::Rancher),
    (".orbstack/run/docker.sock", EngineKind::OrbStack),
    (".lima/*/sock/docker.sock", EngineKind::Lima),
    (".colima/*/docker.sock", EngineKind::Colima),
    (".config/colima/*/docker.sock", EngineKind::Colima),
    ("podman/podman.sock", EngineKind::Podman),
    ("podman/*/podman.sock", EngineKind::Podman),
];

/// The engine at `socket`, if the path shows its kind; also if the socket does not exist, because the engine does not run.
pub(super) fn virtual_engine(facts: &Facts, socket: &Path) -> Option<Engine> {
    let (_, kind) = ROWS.iter().find(|(row, _)| ends_with(socket, Path::new(row)))?;
    let owner = owner(facts, socket);
    let home = owner.map_or(Path::new("/root"), |user| &user.home);
    let certs_d = match (kind, owner) {
        (EngineKind::Podman, None) => PathBuf::from(PODMAN_MACHINE[0]),
        (EngineKind::Podman, Some(_)) => home.join(PODMAN_OWN),
        _ => home.join(".docker/certs.d"),
    };
    Some(Engine {
        socket: may_be_socket(socket).then(|| socket.to_owned()),
        owner: owner.cloned(),
        ..engine_of(*kind, certs_d)
    })
}

/// The user to whom `socket` belongs; none for the machine's podman.
fn owner<'f>(facts: &'f Facts, socket: &Path) -> Option<&'f User> {
    if socket.starts_with("/run/podman") || socket.starts_with("/var/run/podman") {
        return None;
    }
    facts.people().next()
}

/// Whether `path` ends with the names in `row`.
fn ends_with(path: &Path, row: &Path) -> bool {
    let (names, wanted): (Vec<&OsStr>, Vec<&OsStr>) = (path.iter().collect(), row.iter().collect());
    let Some(end) = names.len().checked_sub(wanted.len()).map(|start| &names[start..]) else { return false };
    end.iter().zip(&wanted).all(|(name, wanted)| *wanted == "*" || name == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_socket_shows_its_engine() {
        let kind = |path: &str| {
            ROWS.iter().find(|(row, _)| ends_with(Path::new(path), Path::new(row))).map(|(_, kind)| *kind)
        };
        for (path, expected) in [
            ("/home/ann/.rd/docker.sock", Some(EngineKind::Rancher)),
            ("/Users/ann/.orbstack/run/docker.sock", Some(EngineKind::OrbStack)),
            ("/home/ann/.lima/docker/sock/docker.sock", Some(EngineKind::Lima)),
            ("/Users/ann/.colima/work/docker.sock", Some(EngineKind::Colima)),
            ("/run/user/1000/podman/podman.sock", Some(EngineKind::Podman)),
            ("/run/podman/podman.sock", Some(EngineKind::Podman)),
            ("/run/user/1000/docker.sock", None),
            ("/var/run/docker.sock", None),
            ("/docker.sock", None),
        ] {
            assert_eq!(kind(path), expected, "{path}");
        }
    }
}
