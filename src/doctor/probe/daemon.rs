//! Finds the files and options that set the proxies of a Docker daemon. It reads each file by the rules of systemd or
//! of the init script, and runs nothing.

mod assignment;
mod settings;
mod source;
mod specifier;
mod unit;

use std::{
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use labtrust_machine::probe::{below, daemon_command_line, daemon_settings_file, docker_config, environment};
use labtrust_plan::{
    Facts,
    fact::{Engine, EngineKind, ServiceManager},
};

use self::source::{is_proxy_variable, source};
pub(super) use self::{settings::client as client_settings, source::text};
use crate::doctor::{
    evidence::{Form, Setting, Source},
    proxy::Proxies,
    unit::unit as unit_of,
};

/// Files that an init script reads, by service manager.
const DEFAULTS: &[(ServiceManager, &str)] = &[
    (ServiceManager::Sysv, "/etc/default/docker"),
    (ServiceManager::Sysv, "/etc/sysconfig/docker"),
    (ServiceManager::Openrc, "/etc/conf.d/docker"),
];

/// The sources of the proxies of `engine`: first those that it reads, a later one overriding an earlier one; then
/// those that it does not read.
pub(super) fn proxy_sources(engine: &Engine, facts: &Facts) -> Vec<Source> {
    let command_line = engine.pid.map(daemon_command_line).unwrap_or_default();
    let mut sources = start_environment(engine, facts);
    let file = daemon_settings_file(engine.kind, &engine.certs_d, &command_line);
    sources.extend(file.map(|path| settings(&in_root(engine, path))));
    sources.extend(settings::flags(&command_line));
    sources.extend(ignored_by_daemon(facts, &sources));
    // A source that is read stays even without settings: it shows that nothing is set there.
    sources.retain(|source| source.is_read || !source.settings.is_empty());
    sources
}

/// The sources of the environment with which the daemon was started: its service's files, or its own process.
fn start_environment(engine: &Engine, facts: &Facts) -> Vec<Source> {
    let mut files = service_environment(engine, facts);
    let Some(own) = own_environment(engine, &files) else { return files };
    for source in &mut files {
        source.is_read = false;
    }
    // The files of a service that did not start it set nothing.
    [vec![own], files].concat()
}

/// The environment of the daemon's process, if no file of `files` sets it: no service manager started the daemon; or an
/// init script did, but the files that it reads set something else, and have not changed since.
fn own_environment(engine: &Engine, files: &[Source]) -> Option<Source> {
    let pid = engine.pid?;
    let path = PathBuf::from(format!("/proc/{pid}/environ"));
    let own = process_environment(pid);
    if engine.is_unmanaged {
        let unread = || "this user may not read the environment of the daemon".to_owned();
        return Some(source(&path, Form::Process, true, own.ok_or_else(unread)));
    }
    let own = source(&path, Form::Process, true, Ok(own?));
    let is_scripts = files.iter().all(|file| file.form == Form::Shell);
    let is_unchanged = files.iter().all(|file| modified(&file.path) < engine.started);
    let is_other = Proxies::of(std::slice::from_ref(&own)) != Proxies::of(files);
    (is_scripts && is_unchanged && is_other).then_some(own)
}

/// The proxies in the environment with which the process `pid` was started; none if this user may not read it.
fn process_environment(pid: u32) -> Option<Vec<Setting>> {
    let mut variables = environment(pid)?;
    variables.retain(|(name, _)| is_proxy_variable(name));
    Some(variables.iter().map(|(name, value)| Setting::new(name, value, 0)).collect())
}

/// When the file `path` was last changed, in milliseconds since 1970; none if it does not exist.
pub(super) fn modified(path: &Path) -> Option<u64> {
    let modified = path.metadata().ok()?.modified().ok()?;
    u64::try_from(modified.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

/// The sources of the environment that the daemon's service gives it.
fn service_environment(engine: &Engine, facts: &Facts) -> Vec<Source> {
    let is_systemds = facts.services == Some(ServiceManager::Systemd);
    if let Some(unit) = unit_of(engine).filter(|_| is_systemds) {
        return unit::environment(&unit::MACHINE, &unit);
    }
    match (engine.kind, &engine.owner) {
        (EngineKind::Rootless, Some(owner)) if is_systemds => {
            let own = owner.home.join(".config/systemd/user");
            unit::environment(&[own.as_path(), Path::new("/etc/systemd/user")], "docker.service")
        }
        (EngineKind::Rootful, _) => {
            let read = DEFAULTS.iter().filter(|(manager, _)| facts.services == Some(*manager));
            read.filter_map(|(_, path)| {
                let read = text(Path::new(path)).transpose()?;
                let exported = read.map(|text| assignment::shell(&text).0);
                Some(source(Path::new(path), Form::Shell, true, exported))
            })
            .collect()
        }
        _ => Vec::new(),
    }
}

/// The file `path` of the daemon, below the root folder of its files.
fn in_root(engine: &Engine, path: PathBuf) -> PathBuf {
    match &engine.root {
        Some(root) if !path.starts_with(root) => below(root, &path),
        _ => path,
    }
}

fn settings(path: &Path) -> Source {
    let read = text(path).and_then(|text| match text {
        Some(text) => settings::daemon(&text),
        None => Ok(Vec::new()),
    });
    source(path, Form::Settings, true, read)
}

/// The sources that set proxies, but that the daemon does not read.
fn ignored_by_daemon(facts: &Facts, read: &[Source]) -> Vec<Source> {
    let mut sources = Vec::new();
    let files = DEFAULTS.iter().map(|(_, path)| *path).chain(["/etc/environment"]);
    for path in files.map(Path::new) {
        let Ok(Some(text)) = text(path) else { continue };
        let is_read = |setting: &Setting| {
            let mut there =
                read.iter().filter(|source| source.path == path).flat_map(|source| &source.settings);
            there.any(|known| known.line == setting.line && known.name == setting.name)
        };
        let (exported, others) = assignment::shell(&text);
        let mut settings = [exported, others].concat();
        settings.retain(|setting| !is_read(setting));
        settings.sort_by_key(|setting| setting.line);
        sources.push(source(path, Form::Shell, false, Ok(settings)));
    }
    let path = docker_config(facts).join("config.json");
    if let Ok(Some(text)) = text(&path) {
        sources.push(source(&path, Form::Client, false, settings::client(&text)));
    }
    sources
}

/// Runs every parser of this module, for the fuzz target.
#[cfg(fuzzing)]
pub(super) fn read_all(text: &str) {
    let (mut exported, others) = assignment::shell(text);
    exported.extend(others);
    exported.extend(assignment::environment_file(text));
    exported.extend(unit::settings(text));
    exported.extend(settings::daemon(text).unwrap_or_default());
    exported.extend(settings::client(text).unwrap_or_default());
    let lines = text.lines().count().max(1);
    assert!(
        exported
            .iter()
            .all(|setting| (1..=lines).contains(&setting.line) && is_proxy_variable(&setting.name))
    );
    settings::flags(&text.split('\0').map(str::to_owned).collect::<Vec<_>>());
}
