//! Gathers the facts of this machine. It changes nothing and runs no program.

mod daemon;
mod docker_context;
mod engines;
mod process;
pub(crate) mod users;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use labtrust_plan::{
    Facts,
    fact::User,
    fact::{Distribution, Os, ServiceManager},
    store::{Look, STORES},
};

pub use self::{
    daemon::{daemon_command_line, daemon_settings_file, flag},
    docker_context::{DockerContext, docker_config, docker_context, variable},
    process::{below, environment},
};
use crate::{Result, world::trusted_program};

/// The facts of this machine, as this process sees it.
pub fn probe() -> Result<Facts> {
    let user = users::current()?;
    let invoker = if user.uid == 0 { users::invoker() } else { None };
    let mut facts = Facts {
        os: Os::current(),
        distribution: distribution(),
        user,
        invoker,
        tools: tools(),
        paths: BTreeSet::new(),
        services: services(),
        engines: Vec::new(),
    };
    // Programs that run as root read root's home folder.
    let root = facts.is_root().then_some(&facts.user);
    facts.paths = paths(&root.into_iter().chain(facts.people()).collect::<Vec<_>>());
    facts.engines = engines::find(&facts);
    Ok(facts)
}

/// `os-release` (freedesktop.org os-release(5)), from `/etc` before `/usr/lib`.
fn distribution() -> Option<Distribution> {
    let read = |path: &str| fs::read_to_string(path).ok();
    read("/etc/os-release").or_else(|| read("/usr/lib/os-release")).map(|text| parse_os_release(&text))
}

/// Parses the file os-release.
pub(crate) fn parse_os_release(text: &str) -> Distribution {
    let value = |key: &str| {
        text.lines()
            .filter_map(|line| line.trim().split_once('='))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.trim_matches(['"', '\'']).to_owned())
            .unwrap_or_default()
    };
    Distribution {
        id: value("ID").to_lowercase(),
        like: value("ID_LIKE").to_lowercase().split_whitespace().map(str::to_owned).collect(),
        title: value("PRETTY_NAME"),
    }
}

/// The programs that stores use. They are searched in root's folders, never along PATH.
fn tools() -> BTreeMap<String, PathBuf> {
    let names = looks().filter_map(|look| if let Look::Tool(name) = look { Some(name) } else { None });
    names
        .chain(["podman", "systemctl", "service", "rc-service", "cron", "crond"])
        .filter_map(|name| Some((name.to_owned(), trusted_program(name)?)))
        .collect()
}

fn looks() -> impl Iterator<Item = Look> {
    STORES.iter().flat_map(|store| (store.looks)())
}

/// The paths that stores ask about and that exist.
fn paths(people: &[&User]) -> BTreeSet<PathBuf> {
    let mut paths = BTreeSet::new();
    for look in looks() {
        match look {
            Look::Path(path) => paths.extend(found(Path::new(path))),
            Look::Home(path) => paths.extend(people.iter().flat_map(|user| found(&user.home.join(path)))),
            Look::Tool(_) | Look::Engines => {}
        }
    }
    paths
}

/// The path, if it exists. A path that ends with `*` stands for all entries of its folder.
fn found(path: &Path) -> Vec<PathBuf> {
    match path.parent().filter(|_| path.ends_with("*")) {
        Some(folder) => fs::read_dir(folder)
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default(),
        None if path.exists() => vec![path.to_owned()],
        None => Vec::new(),
    }
}

fn services() -> Option<ServiceManager> {
    // sd_booted(3): this folder exists if and only if systemd is the init system.
    if Path::new("/run/systemd/system").is_dir() {
        Some(ServiceManager::Systemd)
    } else if Path::new("/run/openrc").is_dir() {
        Some(ServiceManager::Openrc)
    } else if Path::new("/etc/init.d").is_dir() {
        Some(ServiceManager::Sysv)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_is_read_with_and_without_quotes() {
        let text = "PRETTY_NAME=\"Linux Mint 22\"\nID=linuxmint\nID_LIKE='ubuntu debian'\n";
        let expected = Distribution {
            id: "linuxmint".into(),
            like: vec!["ubuntu".into(), "debian".into()],
            title: "Linux Mint 22".into(),
        };
        assert_eq!(parse_os_release(text), expected);
    }
}
