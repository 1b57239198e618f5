//! The files of an engine: its socket, and the folders of its `certs.d`.

use std::{fs, io, os::unix::fs::FileTypeExt, path::Path};

use labtrust_plan::{Endpoint, Target};

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
