//! Whether GitLab's nginx will start. It is one server for every https site that gitlab.rb switches on: while one of
//! them lacks its certificate or key, none is served.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use labtrust_platform::{Host, World, text, world::Node};

use super::{
    config::{Address, Config, Known},
    container,
    further::is_part_of,
    installation::Installation,
    layout::{Layout, Place, outside, path},
    role::Role,
};
use crate::{
    certificate::{Parsed, PrivateKey, pem},
    hint::fail,
};

/// A site that nginx cannot serve, or not with a certificate that is for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unready {
    /// The setting that switches it on, and its URL's host.
    setting: &'static str,
    host: Host,
    /// What is wrong with its files.
    why: String,
    /// Whether nginx does not start for it.
    pub keeps_from_starting: bool,
}

impl Layout {
    /// The sites of `config` that would not be ready once this layout's certificate is placed, which is for the
    /// hosts that it `covers`.
    pub fn unready(
        &self,
        world: &World,
        installation: &Installation,
        config: &Config,
        gitlab: &Host,
        covers: &dyn Fn(&Host) -> bool,
    ) -> Vec<Unready> {
        let roles = [Role::Gitlab, Role::Registry].into_iter().chain(Role::FURTHER);
        let is_on = |role: &Role| {
            !config.is_off(*role)
                && config.served_elsewhere().is_none()
                && config.role_served_elsewhere(*role).is_none()
        };
        let address = |role: Role| match config.address(role) {
            Known::Is(address) if address.https && !is_part_of(role, &address, gitlab) => {
                Some((role, address))
            }
            _ => None,
        };
        let sites = roles.filter(is_on).filter_map(address);
        sites
            .filter_map(|(role, address)| self.judge(world, installation, config, role, &address, covers))
            .collect()
    }

    fn judge(
        &self,
        world: &World,
        installation: &Installation,
        config: &Config,
        role: Role,
        address: &Address,
        covers: &dyn Fn(&Host) -> bool,
    ) -> Option<Unready> {
        let usual =
            |ending: &str| Path::new(container::CONFIG).join(format!("ssl/{}.{ending}", address.stem));
        // A path that is computed, or not within reach, is not known to be wrong.
        let file = |said, usual| outside(installation, &path(said, usual, None).ok()?).ok();
        let certificate = file(config.certificate(role), usual("crt"))?;
        let key = file(config.key(role), usual("key"))?;
        let host = address.endpoint.host.clone();
        let unready = |why: String, keeps_from_starting| {
            Some(Unready { setting: role.url(), host: host.clone(), why, keeps_from_starting })
        };
        let is_placed = |one: &Place| one.certificate == certificate;
        if let Some(place) = self.places.iter().find(|place| is_placed(place)) {
            if place.key != key {
                let why = format!("{} is not the key of {}", text::path(&key), text::path(&certificate));
                return unready(why, true);
            }
            let why = format!("it is served with {}, which will not be for it", text::path(&certificate));
            return if covers(&host) { None } else { unready(why, false) };
        }
        let missing: Vec<PathBuf> =
            [&certificate, &key].into_iter().filter(|file| is_missing(world, file)).cloned().collect();
        if !missing.is_empty() {
            let are = if missing.len() == 1 { "is" } else { "are" };
            let missing: Vec<_> = missing.iter().map(|path| text::path(path)).collect();
            return unready(format!("{} {are} not there", missing.join(" and ")), true);
        }
        let read = |path: &Path| world.read(path).ok().flatten();
        let (standing, key_pem) = (read(&certificate)?, read(&key)?);
        let leaf = pem::certificates(&standing).ok()?.first().and_then(|der| Parsed::from_der(der).ok())?;
        let parsed = PrivateKey::from_plain_pem(&key_pem).ok()?;
        let why = format!("{} is not the key of {}", text::path(&key), text::path(&certificate));
        if parsed.matches(&leaf) { None } else { unready(why, true) }
    }
}

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gitlab.rb sets {} to a URL at {}: {}", self.setting, self.host, self.why)?;
        if self.keeps_from_starting {
            write!(f, ", and GitLab's nginx does not start without it")?;
        }
        Ok(())
    }
}

/// Whether nothing is at `path`. Where a link leads, only GitLab knows that may be in a container.
fn is_missing(world: &World, path: &Path) -> bool {
    matches!(world.look(path), Ok(Node::Absent))
}

/// The refusal to leave a site without a certificate that is for it; `way_on` is what is done about one that lacks
/// its NAME.
pub fn refusal(unready: &[Unready], way_on: &str) -> anyhow::Error {
    let whats: Vec<_> = unready.iter().map(ToString::to_string).collect();
    let (setting, host) =
        unready.first().map_or(("", String::new()), |one| (one.setting, one.host.to_string()));
    fail(
        whats.join("; "),
        format!(
            "choose, and run this again:\n  \
             give {host} its certificate and key in files of its own (gitlab.rb: ssl_certificate, ssl_certificate_key)\n  \
             {}\n  \
             or take {setting} out of gitlab.rb",
            way_on.replace("NAME", &host)
        ),
    )
}
