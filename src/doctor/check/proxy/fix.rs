//! Fixes the daemon's proxy settings: adds the host to the value that the daemon uses, and leaves everything else.

use std::path::PathBuf;

use labtrust_plan::{
    Actor, Change, Command, Contents, Edit, Endpoint, Proof, Reload, Service, ShellLine, Step, StoreId,
    fact::{Engine, ServiceManager},
};

use super::view::{View, location};
use crate::doctor::{
    Fix, Restart,
    evidence::{Form, Setting, Source},
    no_proxy,
    proxy::{Proxies, winner},
    redacted::MARK,
    unit::{restart_line, unit},
};

/// Makes the daemon bypass its proxy for the host of `target`.
pub(super) fn bypass(view: &View<'_, '_>, target: &Endpoint) -> Fix {
    let host = &target.host;
    let sources = &view.engine.sources;
    let at = winner(sources, "NO_PROXY")
        .or_else(|| winner(sources, "HTTPS_PROXY"))
        .or_else(|| winner(sources, "HTTP_PROXY"));
    let old = winner(sources, "NO_PROXY").map_or(view.told.no.as_str(), |(_, setting)| &setting.value);
    let list = no_proxy::with(old, host);
    let changes: Vec<Change> = no_proxy_change(view, at, &list).into_iter().collect();
    let named = at.map(|(source, setting)| location(source, setting));
    let commands = if changes.is_empty() { restart_commands(view) } else { Vec::new() };
    let advice = match (named, changes.first()) {
        (_, Some(change)) => format!(
            "--fix adds {host} to NO_PROXY in {}. Docker must be restarted afterwards: add --restart (this stops \
             containers unless live-restore is on)",
            change.subject
        ),
        (Some(named), None) => format!("add {host} to NO_PROXY (see {named}), and restart Docker"),
        (None, None) => {
            format!("set NO_PROXY={list} where Docker's proxy is set, and restart Docker")
        }
    };
    Fix { advice: Some(before(&commands, &advice)), changes, commands, ..Fix::default() }
}

/// Advice to correct the proxy's URL: the `remedy`, or another proxy.
pub(super) fn correct_url(view: &View<'_, '_>, target: &Endpoint, remedy: Option<&str>) -> Fix {
    let sources = &view.engine.sources;
    let named = winner(sources, "HTTPS_PROXY").or_else(|| winner(sources, "HTTP_PROXY"));
    let named = named.map_or("where Docker's proxy is set".into(), |(source, setting)| {
        format!("in {}", location(source, setting))
    });
    let what = remedy.unwrap_or("name a proxy that can be reached, or remove it");
    let advice = format!(
        "{named}, {what}. If {} needs no proxy, add it to NO_PROXY instead. Then restart Docker",
        target.host
    );
    let commands = restart_commands(view);
    Fix { advice: Some(before(&commands, &advice)), commands, ..Fix::default() }
}

/// Advice to write `%%` where systemd shall read `%`.
pub(super) fn double_percent_signs(view: &View<'_, '_>, source: &Source, setting: &Setting) -> Fix {
    let script = format!("{0}s/%%/%/g;{0}s/%/%%/g", setting.line);
    let path = source.path.display().to_string();
    let mut commands = vec![ShellLine::of(["sudo", "sed", "-i", &script, &path])];
    commands.extend(restart_commands(view));
    let advice = format!("write %% instead of each % in {}, and restart Docker:", location(source, setting));
    Fix { advice: Some(advice), commands, ..Fix::default() }
}

/// Advice to set the proxy in a file that the daemon reads.
pub(super) fn unused(view: &View<'_, '_>) -> Fix {
    if view.fact.is_some_and(|fact| fact.is_unmanaged) {
        let advice = "start Docker with HTTPS_PROXY=… in its environment: no service manager starts it";
        return Fix { advice: Some(advice.into()), ..Fix::default() };
    }
    let is_systemd = view.case.evidence.facts.services == Some(ServiceManager::Systemd);
    let advice = if is_systemd {
        "set Environment=\"HTTPS_PROXY=…\" below [Service] in a drop-in of Docker's unit, and restart Docker"
    } else {
        "add export HTTPS_PROXY=… to the file that Docker's init script reads, and restart Docker"
    };
    let mut commands = restart_commands(view);
    if is_systemd {
        commands.insert(
            0,
            ShellLine::of([
                "sudo",
                "systemctl",
                "edit",
                view.fact.and_then(unit).as_deref().unwrap_or("docker.service"),
            ]),
        );
    }
    Fix { advice: Some(before(&commands, advice)), commands, ..Fix::default() }
}

/// Restarts the daemon.
pub(super) fn restart(view: &View<'_, '_>) -> Fix {
    let advice = "restart Docker (this stops containers unless live-restore is on)";
    let restart = |fact| Restart { reload: daemon_reload(view), service: Service::engine(fact) };
    let restart = view.fact.map(restart).into_iter().collect();
    let commands = restart_commands(view);
    Fix { advice: Some(before(&commands, advice)), commands, restart, ..Fix::default() }
}

fn restart_commands(view: &View<'_, '_>) -> Vec<ShellLine> {
    let reload = daemon_reload(view).map(|command| ShellLine::from(&command).by_root());
    reload.into_iter().chain(view.fact.and_then(restart_line)).collect()
}

/// `advice`, which ends with a colon if `commands` follow.
fn before(commands: &[ShellLine], advice: &str) -> String {
    if commands.is_empty() { advice.to_owned() } else { format!("{advice}:") }
}

/// The command that makes systemd read its units again.
fn daemon_reload(view: &View<'_, '_>) -> Option<Command> {
    let facts = &view.case.evidence.facts;
    let unit = view.fact.filter(|fact| !fact.is_unmanaged).and_then(unit);
    let is_systemds = facts.services == Some(ServiceManager::Systemd) && unit.is_some();
    is_systemds.then(|| Some(Command::new(facts.tools.get("systemctl")?, ["daemon-reload"]))).flatten()
}

/// The name sorts last among the drop-ins, so that its value wins.
const DROP_IN: &str = "zz-labtrust.conf";

/// The change that sets `NO_PROXY` to `list` in the source of `at`; none if that would have no effect, or if labtrust
/// must not edit that source.
fn no_proxy_change(view: &View<'_, '_>, at: Option<(&Source, &Setting)>, list: &str) -> Option<Change> {
    let fact = view.fact?;
    // These characters need no quoting in any format. The user must change a value with others.
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_:,*/[] ~+;".contains(letter);
    // A value with a redacted part is not written either, and no file of another machine or of a container.
    if list.contains(MARK)
        || fact.root.is_some()
        || fact.is_unmanaged && at.is_none()
        || !list.chars().all(is_plain)
        || view.engine.sources.iter().any(|source| source.is_read && source.fault.is_some())
    {
        return None;
    }
    let is_small = view.engine.sources.iter().filter(|source| source.is_read).any(|source| {
        let is_small = |setting: &Setting| setting.name == "no_proxy";
        source.settings.iter().any(is_small)
    });
    let names: &[&str] = if is_small { &["NO_PROXY", "no_proxy"] } else { &["NO_PROXY"] };
    let is_systemds = view.case.evidence.facts.services == Some(ServiceManager::Systemd);
    let form = match at {
        Some((source, _)) => source.form,
        None if is_systemds => Form::Unit,
        None => return None,
    };
    let path = at.map(|(source, _)| source.path.clone());
    let mut reload = Reload { restart: vec![Service::engine(fact)], ..Reload::default() };
    if matches!(form, Form::Unit | Form::Manager) {
        reload.applied = vec![daemon_reload(view)?];
        reload.undone.clone_from(&reload.applied);
    }
    let step = no_proxy_step(fact, form, path, names, list)?;
    would_win(view, form, &step, names, list)?;
    let subject = match &step {
        Step::Put { path, .. } | Step::Edit { path, .. } => path.display().to_string(),
        Step::Rewrite { .. }
        | Step::Link { .. }
        | Step::Remove { .. }
        | Step::Entry { .. }
        | Step::Discard { .. } => return None,
    };
    let steps = vec![step];
    Some(Change {
        store: StoreId::new("proxy"),
        subject,
        actor: fact.owner.clone().map_or(Actor::Machine, Actor::User),
        proof: Proof::of_files(&steps),
        steps,
        reload,
        serves: None,
    })
}

/// The step that sets the variables `names` to `list` in a source of this form; none if labtrust must not edit such a source.
fn no_proxy_step(
    fact: &Engine,
    form: Form,
    path: Option<PathBuf>,
    names: &[&str],
    list: &str,
) -> Option<Step> {
    let block = |line: fn(&str, &str) -> String| Edit::Block {
        name: "no-proxy".into(),
        lines: names.iter().map(|name| line(name, list)).collect(),
    };
    Some(match form {
        Form::Unit | Form::Manager => {
            let lines = names.iter().map(|name| format!("Environment=\"{name}={list}\"\n"));
            let text = format!(
                "# Made by labtrust: NO_PROXY as it was before, and one more host.\n[Service]\n{}",
                lines.collect::<String>()
            );
            Step::Put {
                path: format!("/etc/systemd/system/{}.d/{DROP_IN}", unit(fact)?).into(),
                contents: Contents::Public(text.into_bytes()),
                mode: 0o644,
            }
        }
        Form::EnvironmentFile => {
            Step::Edit { path: path?, edit: block(|name, list| format!("{name}=\"{list}\"")), mode: 0o644 }
        }
        Form::Shell => Step::Edit {
            path: path?,
            edit: block(|name, list| format!("export {name}='{list}'")),
            mode: 0o644,
        },
        Form::Settings => Step::Edit {
            path: path?,
            edit: Edit::Json { keys: vec!["proxies".into(), "no-proxy".into()], value: list.into() },
            mode: 0o644,
        },
        Form::CommandLine | Form::Process | Form::Client => return None,
    })
}

/// Whether the daemon would use `list` after `step`, with all its other settings.
fn would_win(view: &View<'_, '_>, form: Form, step: &Step, names: &[&str], list: &str) -> Option<()> {
    let (Step::Put { path, .. } | Step::Edit { path, .. }) = step else { return None };
    let setting = |name: &&str| Setting::new(name, list, 1);
    let ours = Source {
        path: path.clone(),
        form,
        is_read: true,
        settings: names.iter().map(setting).collect(),
        fault: None,
    };
    let mut sources = view.engine.sources.clone();
    let is_before = |source: &Source| match form {
        Form::Unit | Form::Manager => {
            source.form == Form::Manager
                || source.form == Form::Unit && source.path.file_name() <= path.file_name()
        }
        _ => source.path == *path,
    };
    let at = sources.iter().rposition(is_before).map_or(0, |last| last + 1);
    sources.insert(at, ours);
    (Proxies::of(&sources).no == list).then_some(())
}
