//! nerdctl. It reads folders of registries by itself, as containerd would: its usual ones, or those that its settings name
//! (nerdctl, docs/registry.md, docs/config.md and `pkg/defaults/defaults_linux.go`). Run by a user, it uses that user's own
//! containerd and folders.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::row::{ByHand, Done, Look};
use crate::{Anchor, Facts, Proof, ShellLine, edit::toml_values, fact::User, hint};

/// The folders that it reads for root, in this order.
pub(super) const USUAL: [&str; 2] = ["/etc/containerd/certs.d", "/etc/docker/certs.d"];
/// The folders that it reads for a user, in this order, below the home folder.
const OWN: [&str; 2] = [".config/containerd/certs.d", ".config/docker/certs.d"];

/// Its settings for root, and for a user below the home folder.
const SETTINGS: &str = "/etc/nerdctl/nerdctl.toml";
const OWN_SETTINGS: &str = ".config/nerdctl/nerdctl.toml";

/// Signs that a user has a containerd, below the home folder.
pub(crate) const OWN_SIGNS: [&str; 4] =
    [".config/systemd/user/containerd.service", ".local/share/nerdctl", OWN_SETTINGS, OWN[0]];

/// What it reads for root, and for a user below the home folder: its settings, and its folders.
pub(crate) const FOR_ROOT: [&str; 3] = [SETTINGS, USUAL[0], USUAL[1]];
pub(crate) const FOR_A_USER: [&str; 3] = [OWN_SETTINGS, OWN[0], OWN[1]];

pub(super) fn looks() -> Vec<Look> {
    let own = OWN_SIGNS.map(Look::Home);
    let folders = [
        Look::Home(".config/containerd/certs.d/*"),
        Look::HomeText(".config/containerd/certs.d/*/hosts.toml"),
        Look::Home(".config/docker/certs.d/*"),
        Look::HomeText(".config/docker/certs.d/*/hosts.toml"),
    ];
    let settings = [Look::Tool("nerdctl"), Look::Text(SETTINGS), Look::HomeText(OWN_SETTINGS)];
    settings.into_iter().chain(own).chain(folders).collect()
}

/// The folders that it reads for root, if it is installed.
pub(super) fn folders(facts: &Facts) -> Vec<PathBuf> {
    let usual = || USUAL.map(PathBuf::from).to_vec();
    let is_here = facts.tools.contains_key("nerdctl");
    if is_here { named(facts, Path::new(SETTINGS)).unwrap_or_else(usual) } else { Vec::new() }
}

/// The users who have a containerd, and the folders in their home folders that nerdctl reads for them. None of a user whose
/// settings name other folders.
pub(super) fn own(facts: &Facts) -> impl Iterator<Item = (&User, Vec<PathBuf>)> {
    owners(facts).filter(|user| elsewhere(facts, user).is_none()).map(|user| {
        let usual = || OWN.map(|folder| user.home.join(folder)).to_vec();
        (user, named(facts, &user.home.join(OWN_SETTINGS)).unwrap_or_else(usual))
    })
}

/// The steps for users whose settings name folders that labtrust does not know.
pub(super) fn left<'f>(facts: &'f Facts, anchor: &'f Anchor) -> impl Iterator<Item = ByHand> + 'f {
    owners(facts).filter_map(|user| Some((user, elsewhere(facts, user)?))).flat_map(move |(user, folder)| {
        let settings = user.home.join(OWN_SETTINGS);
        anchor.endpoints.iter().map(move |endpoint| {
            let folder = folder.join(endpoint.certs_d_folder());
            let file = folder.join(anchor.file_name());
            let copy = anchor.printed().then(">").with([file.to_string_lossy()]);
            let proof = Proof::Folder { folder: folder.clone(), sha256: anchor.sha256() };
            ByHand {
                commands: vec![ShellLine::of(["mkdir", "-p", &folder.to_string_lossy()]), copy],
                done: Some(Done::Proven(proof)),
                ..ByHand::new(
                    format!("`hosts_dir` in {} names another folder", settings.display()),
                    hint!(
                        "put the CA into the folder that {} names for nerdctl, as {}:",
                        &settings,
                        &*user.name
                    ),
                )
            }
        })
    })
}

fn owners(facts: &Facts) -> impl Iterator<Item = &User> {
    facts.people().filter(|user| OWN_SIGNS.iter().any(|sign| facts.has(user.home.join(sign))))
}

/// The first folder of `user`'s settings that is none of the usual ones.
fn elsewhere(facts: &Facts, user: &User) -> Option<PathBuf> {
    let named = named(facts, &user.home.join(OWN_SETTINGS))?;
    named.into_iter().find(|folder| !OWN.iter().any(|usual| *folder == user.home.join(usual)))
}

/// The folders that the settings file names; none if it leaves them as they are.
fn named(facts: &Facts, settings: &Path) -> Option<Vec<PathBuf>> {
    let values = toml_values(facts.text(settings)?).ok()?;
    let folders = values.get("hosts_dir").and_then(Value::as_array)?;
    let folders = folders.iter().filter_map(Value::as_str).filter(|folder| facts.os.is_absolute(folder));
    Some(folders.map(PathBuf::from).collect())
}
