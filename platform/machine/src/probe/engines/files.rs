//! The files of an engine: its socket, and the folders of its `certs.d`.

use std::{
    fs, io,
    os::unix::fs::FileTypeExt,
    path::{Path, PathBuf},
};

use labtrust_plan::{
    Endpoint, Target,
    fact::{Engine, EngineKind},
};

/// An engine that reads `certs_d`, of which nothing else is known.
pub(super) fn engine_of(kind: EngineKind, certs_d: PathBuf) -> Engine {
    Engine {
        kind,
        registries: registries(&certs_d),
        certs_d,
        socket: None,
        owner: None,
        pid: None,
        started: None,
        restart: None,
        pulls_by_system: false,
        chosen_by: None,
        is_unmanaged: false,
        root: None,
        runners: Vec::new(),
        has_own_store: false,
    }
}

/// The registries that have a folder in `certs_d`. A folder without a port is for port 443.
pub(super) fn registries(certs_d: &Path) -> Vec<Endpoint> {
    let entries = fs::read_dir(certs_d).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut registries: Vec<_> =
        names.filter_map(|name| Some(name.parse::<Target>().ok()?.or_port(443))).collect();
    registries.sort();
    registries
}

/// Whether a socket is at `path`, or may be: this user may not look into its folder.
pub(super) fn may_be_socket(path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(metadata) => metadata.file_type().is_socket(),
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    }
}
