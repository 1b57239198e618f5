//! Gathers the facts of this machine. It changes nothing, and runs no program but `getent`.

mod daemon;
mod docker_context;
mod engines;
mod pattern;
mod process;
pub(crate) mod users;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use labtrust_plan::{
    Facts,
    fact::{Distribution, Os, RealFile, ServiceManager, SettingsText, User},
    store::{Look, STORES, Store},
};

pub use self::{
    daemon::{daemon_command_line, daemon_settings_file, flag},
    docker_context::{DockerContext, docker_config, docker_context, variable},
    process::{below, environment},
};
use crate::{
    Error, Result,
    world::{World, daemon_start, trusted_program},
};

/// A user who is not known, since the directory of users does not answer.
#[derive(Clone, Copy, Debug)]
pub enum Unknown {
    /// The user of this process: the environment tells the home folder.
    Own,
    /// The person who called sudo.
    Invoker,
}

/// The facts of this machine, as this process sees it.
pub fn probe() -> Result<Facts> {
    probe_with(|_, _| ())
}

/// The same. `warn` gets the reason why a user is not known.
pub fn probe_with(mut warn: impl FnMut(Unknown, Error)) -> Result<Facts> {
    gather(false, |who, fault| {
        warn(who, fault);
        Ok(())
    })
}

/// The facts of this machine with all its people: their own stores are changed too.
pub fn probe_all_users() -> Result<Facts> {
    gather(true, |_, fault| Err(fault))
}

fn gather(all_users: bool, mut unknown: impl FnMut(Unknown, Error) -> Result<()>) -> Result<Facts> {
    let mut known = |who, found: Result<Option<User>>| match found {
        Ok(user) => Ok(user),
        Err(fault) => unknown(who, fault).map(|()| None),
    };
    let user = users::current(|own| known(Unknown::Own, own))?;
    let invoker = if user.uid == 0 { known(Unknown::Invoker, users::invoker())? } else { None };
    let mut facts = Facts {
        distribution: distribution(),
        invoker,
        tools: tools(MANAGERS.map(Look::Tool).into_iter()),
        services: services(),
        ..Facts::new(Os::current(), user)
    };
    if all_users && facts.is_root() {
        let known: Vec<u32> = facts.people().map(|user| user.uid).collect();
        let mut others = users::people()?;
        others.retain(|user| !known.contains(&user.uid));
        facts.others = others;
    }
    look(&mut facts, Store::is_first);
    facts.engines = engines::find(&facts);
    Ok(facts)
}

/// Programs that are no store's: they start and restart services.
const MANAGERS: [&str; 6] = ["podman", "systemctl", "service", "rc-service", "cron", "crond"];

/// Answers the questions of the stores that are not answered at the start of a run.
pub(crate) fn look_for_plans(facts: &mut Facts) {
    look(facts, |store| !store.is_first());
    facts.running = running_daemons();
}

/// Answers the questions of the `asking` stores.
fn look(facts: &mut Facts, asking: impl Fn(&Store) -> bool) {
    let looks: Vec<Look> =
        STORES.iter().filter(|store| asking(store)).flat_map(|store| (store.looks)()).collect();
    facts.tools.append(&mut tools(looks.iter().copied()));
    facts.variables.append(&mut variables(&looks));
    // Programs that run as root read root's home folder.
    let root = facts.is_root().then_some(&facts.user);
    let people: Vec<User> = root.into_iter().chain(facts.people()).cloned().collect();
    let at_home = |path| people.iter().map(move |user| (user.home.join(path), Some(user)));
    let mut asked = BTreeSet::new();
    for look in looks {
        let places: Vec<(PathBuf, Option<&User>)> = match look {
            Look::Path(path) | Look::Text(path) => vec![(path.into(), None)],
            Look::File(path) => with_variable(path).map(|path| (path, None)).into_iter().collect(),
            Look::Home(path) | Look::HomeFile(path) | Look::HomeText(path) => at_home(path).collect(),
            Look::Tool(_)
            | Look::Variable(_)
            | Look::Running(_)
            | Look::Named(_)
            | Look::Engines
            | Look::Containers => Vec::new(),
        };
        if matches!(look, Look::File(_) | Look::HomeFile(_)) {
            let found = places.iter().flat_map(|(place, _)| pattern::found(place));
            facts.files.extend(found.filter_map(|path| Some((path.clone(), real_file(&path)?))));
            continue;
        }
        let with_texts = matches!(look, Look::Text(_) | Look::HomeText(_));
        for (place, owner) in places {
            // Several stores ask about a person's profiles.
            if asked.insert((place.clone(), with_texts)) {
                note(facts, &place, owner, with_texts);
            }
        }
        if let Look::Named(named) = look {
            look_at_named(facts, named);
        }
    }
}

/// How often the paths that settings name are asked for: a settings file may name another one.
const MOST_NAMED: usize = 4;

/// Notes the paths that the machine's settings name.
fn look_at_named(facts: &mut Facts, named: fn(&Facts) -> Vec<PathBuf>) {
    let mut known = BTreeSet::new();
    for _ in 0..MOST_NAMED {
        let new: Vec<_> = named(facts).into_iter().filter(|path| known.insert(path.clone())).collect();
        if new.is_empty() {
            break;
        }
        // Facts hold absolute paths alone.
        let is_fact = |path: &&PathBuf| path.to_str().is_some_and(|path| Os::current().is_absolute(path));
        for path in new.iter().filter(is_fact) {
            note(facts, path, None, true);
        }
    }
}

/// Notes the paths that match `pattern`, which belong to `owner` or to the machine, and their texts if they are asked for.
fn note(facts: &mut Facts, pattern: &Path, owner: Option<&User>, with_texts: bool) {
    for path in pattern::found(pattern) {
        if with_texts && let Some(text) = text(&path, owner) {
            facts.texts.insert(path.clone(), text);
            let written = written(&path).filter(|_| owner.is_none());
            facts.written.extend(written.map(|time| (path.clone(), time)));
        }
        if path.is_symlink()
            && let Ok(target) = fs::canonicalize(&path)
        {
            facts.links.insert(path.clone(), target);
        }
        if fs::metadata(&path).is_ok_and(|found| is_closed(&path, &found)) {
            facts.closed.insert(path.clone());
        }
        facts.paths.insert(path);
    }
}

/// Whether others than its owner cannot look into a folder, or read a file of anchors.
fn is_closed(path: &Path, found: &fs::Metadata) -> bool {
    let needed = if found.is_dir() { 0o005 } else { 0o004 };
    let is_meant = found.is_dir() || path.extension().is_some_and(|ending| ending == "crt");
    is_meant && found.mode() & needed != needed
}

/// When the file at `path` was last written, in milliseconds since 1970.
fn written(path: &Path) -> Option<u64> {
    let time = fs::metadata(path).ok()?.modified().ok()?;
    u64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

/// Notes the settings of the runners in containers, which are in folders that only their engine names.
pub(crate) fn look_at_runners(facts: &mut Facts) {
    let runners =
        facts.engines.iter().filter(|engine| engine.has_folder_here()).flat_map(|engine| &engine.runners);
    let patterns = runners.flat_map(|runner| {
        let config = runner.config.as_ref();
        let certs = runner.certs.clone().or_else(|| Some(config?.join("certs")));
        [config.map(|folder| folder.join("config.toml")), certs.map(|folder| folder.join("*.crt"))]
    });
    let patterns: Vec<PathBuf> = patterns.flatten().collect();
    for pattern in &patterns {
        note(facts, pattern, None, true);
    }
}

/// `path` with the value of the variable at its beginning, if there is one; none if the variable is not an absolute path.
fn with_variable(path: &str) -> Option<PathBuf> {
    let Some(rest) = path.strip_prefix('$') else { return Some(path.into()) };
    let (name, below) = rest.split_once('/')?;
    let value = variable(name).filter(|value| Os::current().is_absolute(value))?;
    Some(Path::new(&value).join(below))
}

/// The file to which `path` leads, its owner and others who may write to it, and the reason why root must not follow the path.
fn real_file(path: &Path) -> Option<RealFile> {
    let real = fs::canonicalize(path).ok().filter(|real| real.to_str().is_some())?;
    let found = fs::metadata(&real).ok().filter(fs::Metadata::is_file)?;
    let guided = World::refuse_other_guides(path).err().map(|error| error.to_string());
    let writer = World::who_else_may_write(&real, &found).unwrap_or_else(|error| Some(error.to_string()));
    Some(RealFile { path: real, owner: found.uid(), guided, writer })
}

/// The text of the settings file at `path`. Root reads a user's file only if that user can read it too: the user may have put a
/// link there.
fn text(path: &Path, owner: Option<&User>) -> Option<SettingsText> {
    let bytes = match owner {
        Some(owner) => World::read_for(owner.uid, path),
        None => World::read_named(path),
    };
    std::str::from_utf8(&bytes.ok()??).ok().map(SettingsText::new)
}

/// The variables of `looks` that are set.
fn variables(looks: &[Look]) -> BTreeMap<String, String> {
    let names =
        looks.iter().filter_map(|look| if let Look::Variable(name) = look { Some(*name) } else { None });
    names.filter_map(|name| Some((name.to_owned(), variable(name)?))).collect()
}

/// The daemons that stores ask about and that run, with the start of each.
fn running_daemons() -> BTreeMap<String, u64> {
    let looks = STORES.iter().flat_map(|store| (store.looks)());
    let names = looks.filter_map(|look| if let Look::Running(name) = look { Some(name) } else { None });
    let names: BTreeSet<&str> = names.collect();
    let started = |name: &str| Some((name.to_owned(), daemon_start(name)?));
    names.into_iter().filter_map(started).collect()
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

/// The programs of `looks`. They are searched in root's folders, never along PATH.
fn tools(looks: impl Iterator<Item = Look>) -> BTreeMap<String, PathBuf> {
    let names = looks.filter_map(|look| if let Look::Tool(name) = look { Some(name) } else { None });
    let names: BTreeSet<&str> = names.collect();
    names.into_iter().filter_map(|name| Some((name.to_owned(), trusted_program(name)?))).collect()
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
    #[allow(clippy::disallowed_methods, reason = "a test acts as other programs do")]
    fn a_file_that_others_may_write_is_nobodys_alone() {
        use std::os::unix::fs::PermissionsExt;

        let file = tempfile::NamedTempFile::new().expect("a file");
        for (mode, writer) in [(0o755, None), (0o777, Some("everybody"))] {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).expect("a mode");
            let mut found = real_file(file.path()).expect("a file");
            assert_eq!(found.writer.as_deref(), writer);
            (found.owner, found.guided) = (0, None);
            assert_eq!(found.is_roots(), writer.is_none());
        }
    }

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
