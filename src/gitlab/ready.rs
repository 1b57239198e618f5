//! Whether GitLab's nginx will start. One nginx serves every https site that gitlab.rb enables: while the certificate or
//! key of one site is missing, it serves none.

use std::{fmt, path::Path};

use labtrust_machine::{World, world::Node};
use labtrust_plan::{Host, text};

use super::{
    config::{Address, Config, Known},
    container,
    extra_host::is_part_of,
    installation::Installation,
    layout::{Layout, PairFiles, outside, path},
    line::Line,
    nginx::Listener,
    role::Role,
};
use crate::{
    certificate::{Parsed, PrivateKey, pem},
    hint::{Hint, fail, hint},
};

/// A site that nginx cannot serve, or serves with a certificate that is not valid for the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unready {
    /// The setting that enables it, and its URL's host.
    setting: String,
    host: Host,
    /// The fault of its files.
    why: String,
    /// Whether it stops nginx from starting.
    pub keeps_from_starting: bool,
}

impl Layout {
    /// The sites of `config` that are not ready after this layout's certificate is installed. `covers` tells the hosts that
    /// the certificate is valid for.
    pub(crate) fn unready(
        &self,
        world: &World,
        installation: &Installation,
        config: &Config,
        gitlab: &Host,
        covers: &dyn Fn(&Host) -> bool,
    ) -> Vec<Unready> {
        let roles = Role::ALL.into_iter();
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
        let known = sites.filter_map(|(role, address)| {
            self.check_site(world, installation, config, role, &address, covers)
        });
        let unknown = self.unknown_sites(world, installation, config).into_iter().filter(|one| one.is_served);
        known
            .chain(unknown.map(|Unknown { setting, host, missing, .. }| Unready {
                setting,
                host,
                why: missing,
                keeps_from_starting: true,
            }))
            .collect()
    }

    /// Notes on https URLs that no [`Role`] describes, one line each: labtrust does not know whether GitLab's nginx serves
    /// them.
    pub(crate) fn unknown_url_notes(
        &self,
        world: &World,
        installation: &Installation,
        config: &Config,
    ) -> Vec<String> {
        let unknown =
            self.unknown_sites(world, installation, config).into_iter().filter(|one| !one.is_served);
        unknown
            .map(|Unknown { setting, line, missing, .. }| {
                format!(
                    "{line}: labtrust does not know {setting} and makes no certificate for it. If GitLab's nginx serves it, \
                     the next reconfigure fails ({missing})"
                )
            })
            .collect()
    }

    /// The https URLs that no [`Role`] describes and whose certificate or key is missing.
    fn unknown_sites(&self, world: &World, installation: &Installation, config: &Config) -> Vec<Unknown> {
        let urls = config.unknown_urls();
        if urls.is_empty() {
            return Vec::new();
        }
        let listeners = installation.listeners(world).unwrap_or_default();
        let unknown = |(setting, line, address): (String, Line, Address)| {
            let is_its = |listener: &&Listener| listener.names.contains(&address.stem);
            let listener = listeners.iter().find(is_its);
            let usual =
                |ending: &str| Path::new(container::CONFIG).join(format!("ssl/{}.{ending}", address.stem));
            let [certificate, key] = listener.map_or_else(
                || [usual("crt"), usual("key")],
                |found| [found.certificate.clone(), found.key.clone()],
            );
            let host = address.endpoint.host;
            let certificate = outside(installation, &certificate, &host).ok()?;
            let key = outside(installation, &key, &host).ok()?;
            let is_placed = self.pair_files.iter().any(|files| files.certificate == certificate);
            let missing = missing(world, [&certificate, &key]).filter(|_| !is_placed)?;
            Some(Unknown { setting, line, host, missing, is_served: listener.is_some() })
        };
        urls.into_iter().filter_map(unknown).collect()
    }

    fn check_site(
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
        // A path that Ruby computes, or that this machine cannot reach, is not known to be wrong.
        let host = &address.endpoint.host;
        let file = |said, usual| outside(installation, &path(said, usual, None, host).ok()?, host).ok();
        let certificate = file(config.certificate(role), usual("crt"))?;
        let key = file(config.key(role), usual("key"))?;
        let host = address.endpoint.host.clone();
        let unready = |why: String, keeps_from_starting| {
            Some(Unready { setting: role.url().into(), host: host.clone(), why, keeps_from_starting })
        };
        let is_placed = |one: &PairFiles| one.certificate == certificate;
        if let Some(files) = self.pair_files.iter().find(|files| is_placed(files)) {
            if files.key != key {
                let why = format!("{} is not the key of {}", text::path(&key), text::path(&certificate));
                return unready(why, true);
            }
            let why =
                format!("its certificate, {}, will not be valid for this host", text::path(&certificate));
            return if covers(&host) { None } else { unready(why, false) };
        }
        if let Some(why) = missing(world, [&certificate, &key]) {
            return unready(why, true);
        }
        let read = |path: &Path| world.read(path).ok().flatten();
        let (standing, key_pem) = (read(&certificate)?, read(&key)?);
        let leaf = pem::certificates(&standing).ok()?.first().and_then(|der| Parsed::from_der(der).ok())?;
        let parsed = PrivateKey::from_plain_pem(&key_pem).ok()?;
        let why = format!("{} is not the key of {}", text::path(&key), text::path(&certificate));
        if parsed.matches(&leaf) { None } else { unready(why, true) }
    }
}

/// A URL that no [`Role`] describes.
struct Unknown {
    setting: String,
    line: Line,
    host: Host,
    /// The message about its missing files.
    missing: String,
    /// Whether nginx's configuration serves it.
    is_served: bool,
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

/// The message about those of these files that do not exist, if any.
fn missing(world: &World, files: [&Path; 2]) -> Option<String> {
    let missing: Vec<_> = files.into_iter().filter(|file| is_missing(world, file)).map(text::path).collect();
    let verb = if missing.len() == 1 { "does" } else { "do" };
    (!missing.is_empty()).then(|| format!("{} {verb} not exist", missing.join(" and ")))
}

/// Whether nothing is at `path`. A link counts as a file: its target may be a path inside the container.
fn is_missing(world: &World, path: &Path) -> bool {
    matches!(world.look(path), Ok(Node::Absent))
}

/// The refusal to leave a site without a valid certificate. `way_on` is the hint that adds a missing name.
pub(crate) fn refusal(unready: &[Unready], way_on: &'static str) -> anyhow::Error {
    let whats: Vec<_> = unready.iter().map(ToString::to_string).collect();
    let (setting, host) =
        unready.first().map_or(("", String::new()), |one| (&*one.setting, one.host.to_string()));
    fail(
        whats.join("; "),
        hint!(
            "choose one, then try again:\n  \
             give {} its certificate and key in files of its own (gitlab.rb: ssl_certificate, ssl_certificate_key)\n  \
             {}\n  \
             or remove {} from gitlab.rb",
            host,
            Hint::filled(way_on, &[&host]),
            setting
        ),
    )
}
