//! Finds the files and options that set the proxies of a Docker daemon. It reads each file by the rules of systemd or
//! of the init script, and runs nothing.

mod assignment;
mod settings;
mod source;
mod unit;

use std::path::Path;

use labtrust_machine::probe::{daemon_command_line, daemon_settings_file};
use labtrust_plan::{
    Facts,
    fact::{Engine, EngineKind, ServiceManager},
};

use self::source::source;
pub(super) use self::{settings::client as client_settings, source::text};
use super::environment;
use crate::doctor::{
    evidence::{Form, Setting, Source},
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
    let mut sources = environment(engine, facts);
    let file = daemon_settings_file(engine.kind, &engine.certs_d, &command_line);
    sources.extend(file.map(|path| settings(&path)));
    sources.extend(settings::flags(&command_line));
    sources.extend(ignored_by_daemon(facts, &sources));
    // A source that is read stays even without settings: it shows that nothing is set there.
    sources.retain(|source| source.is_read || !source.settings.is_empty());
    sources
}

/// The sources of the daemon's environment.
fn environment(engine: &Engine, facts: &Facts) -> Vec<Source> {
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
    let path = environment::docker_config(facts).join("config.json");
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
            .all(|setting| (1..=lines).contains(&setting.line) && source::is_proxy_variable(&setting.name))
    );
    settings::flags(&text.split('\0').map(str::to_owned).collect::<Vec<_>>());
}
