//! Reads files by the paths that GitLab names.

use std::path::Path;

use labtrust_machine::World;
use zeroize::Zeroizing;

use crate::gitlab::Installation;

/// The bytes of the file that GitLab names `inside`; none if it does not exist.
pub(super) fn read(
    world: &World,
    installation: &Installation,
    inside: &Path,
) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    match installation.outside(inside) {
        Some(outside) => world.read(&outside).map_err(|error| error.to_string()),
        None => Err(format!("{} cannot be reached from here", inside.display())),
    }
}
