//! The gitlab.rb of one installation: the settings that it needs, and the change that edits it and makes GitLab apply
//! it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::World;
use labtrust_plan::{Change, Command, Edit, Endpoint, Proof, Reload, ShellLine, Step, StoreId, text};

use super::{
    STORE,
    config::Config,
    container::Reach,
    control::Control,
    installation::{Installation, Kind, exists},
    layout::Layout,
    pair::Pair,
    pair_plan::proof_of,
    ports::is_free,
    role::Role,
    ruby::Value,
    settings::{
        Conflict, GITLAB, GITLAB_PORT, Keep, REDIRECT, REGISTRY, REGISTRY_PORT, SSH_PORT, Settings, Wanted,
    },
    typed_command::TypedCommand,
};
use crate::hint::{Hint, fail, hint, shell_line};

/// gitlab.rb may hold secrets, so only root may read it.
const MODE: u32 = 0o600;

/// The planned gitlab.rb of an installation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Configured {
    path: PathBuf,
    settings: Settings,
    /// The conflicts of a file that labtrust cannot edit: a person decides on them.
    by_hand: Vec<Conflict>,
    /// The command that checks its syntax; none where there is no Ruby.
    check: Option<Command>,
    /// Its settings after the edit.
    pub config: Config,
}

impl Configured {
    /// Plans the edits with which `installation` serves GitLab at `gitlab` and a registry at `registry`. `config` is the
    /// current configuration.
    pub(crate) fn plan(
        world: &World,
        installation: &Installation,
        config: &Config,
        gitlab: &Endpoint,
        registry: &Endpoint,
    ) -> Result<Self> {
        let untouched = Self::untouched(installation, config);
        let path = untouched.path.clone();
        if !installation.is_gitlab() || config.served_elsewhere().is_some() {
            return Ok(untouched);
        }
        let file = installation.gitlab_rb_bytes(world)?;
        let file = file.as_deref();
        let wanted = wanted(world, installation, config, gitlab, registry);
        let planned = Settings::plan(file, config.sources(), &wanted);
        let is_edited = planned.as_ref().is_ok_and(|settings| !settings.edits.is_empty());
        // Ruby explains a syntax error best.
        let check = if is_edited || planned.is_err() { check(world, installation, &path)? } else { None };
        let mut settings = planned.map_err(|why| {
            fail(
                format!("{} {why}", text::path(&path)),
                hint!(
                    "correct the file and try again; or create only the certificate and key: {labtrust setup {} --out DIR --reload CMD}",
                    gitlab.host.in_url()
                ),
            )
        })?;
        settings.left.extend(config.external_registry().or_else(|| config.registry_off()));
        if !is_edited || !installation.may_edit() {
            let by_hand = std::mem::take(&mut settings.conflicts);
            return Ok(Self { settings, by_hand, ..untouched });
        }
        let after = String::from_utf8_lossy(&settings.after).into_owned();
        Ok(Self { path, check, config: config.with(&after), settings, by_hand: Vec::new() })
    }

    /// The unchanged `config`.
    pub(crate) fn untouched(installation: &Installation, config: &Config) -> Self {
        Self { path: installation.gitlab_rb(), config: config.clone(), ..Self::default() }
    }

    /// The edits that overwrite a person's choice.
    pub(crate) fn conflicts(&self) -> &[Conflict] {
        &self.settings.conflicts
    }

    /// Whether anything is edited.
    pub(crate) fn is_edited(&self, installation: &Installation) -> bool {
        installation.may_edit() && !self.settings.edits.is_empty()
    }

    /// The planned edits, and the file after them.
    #[cfg(test)]
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Notes for the report of the `typed` command, one line each.
    pub(crate) fn notes(&self, typed: &TypedCommand) -> Vec<String> {
        let left = self.settings.left.iter().map(|left| format!("{left}, which is left as it is"));
        let by_hand =
            self.by_hand.iter().map(|conflict| match keeping(std::slice::from_ref(conflict), typed) {
                Some(keep) => format!("{conflict}; to {}", keep.as_str()),
                None => conflict.to_string(),
            });
        left.chain(by_hand).collect()
    }

    /// The lines that are missing in a file that labtrust cannot edit. A comment names the line that one replaces.
    pub(crate) fn lines(&self, installation: &Installation) -> Vec<String> {
        if installation.may_edit() {
            return Vec::new();
        }
        let lines = |edit: &Edit| match edit {
            Edit::Block { lines, .. } => lines.clone(),
            Edit::Line { old, new } if old.trim_start().starts_with('#') => vec![new.clone()],
            Edit::Line { old, new } => vec![format!("# in place of: {}", old.trim()), new.clone()],
            Edit::Json { .. } | Edit::JsonItem { .. } | Edit::Toml { .. } => Vec::new(),
        };
        self.settings.edits.iter().flat_map(lines).collect()
    }

    /// The change that edits gitlab.rb and makes GitLab apply it; none where there is nothing to do. `is_begun`: an
    /// earlier run was interrupted.
    pub(crate) fn change(
        &self,
        installation: &Installation,
        layout: &Layout,
        pair: &Pair,
        is_begun: bool,
    ) -> Option<Change> {
        let is_edited = self.is_edited(installation);
        let reconfigure = installation.reconfigure_command();
        let by_hand = installation.reconfigure_by_hand().filter(|_| reconfigure.is_none());
        let is_awaited = layout.is_reconfigured || is_begun;
        if !is_edited && !(is_awaited && (reconfigure.is_some() || by_hand.is_some())) {
            return None;
        }
        let edits = self.settings.edits.iter().filter(|_| is_edited).cloned();
        let step = |edit| Step::Edit { path: self.path.clone(), edit, mode: MODE };
        let steps: Vec<Step> = edits.map(step).collect();
        let check = self.check.clone().filter(|_| is_edited);
        Some(Change {
            store: StoreId::new(STORE),
            subject: self.path.display().to_string(),
            actor: installation.actor.clone(),
            // The record of an earlier run holds its edits.
            proof: proof_of((!steps.is_empty()).then(|| Proof::of_files(&steps)), layout, pair),
            steps,
            reload: Reload {
                applied: check.into_iter().chain(reconfigure.clone()).collect(),
                restarted: reconfigure.iter().map(|_| Control::RECONFIGURED.into()).collect(),
                undone: reconfigure.into_iter().collect(),
                by_hand: by_hand.into_iter().collect(),
                ..Reload::default()
            },
            serves: None,
        })
    }
}

/// The settings that gitlab.rb needs.
fn wanted(
    world: &World,
    installation: &Installation,
    config: &Config,
    gitlab: &Endpoint,
    registry: &Endpoint,
) -> Vec<Wanted> {
    let listeners = installation.listeners(world).unwrap_or_default();
    let address = |role| config.address(role).known();
    let is_served = |role: Role, endpoint: &Endpoint| {
        let port = config.listen_port(role).unwrap_or(endpoint.port);
        listeners.iter().any(|listener| listener.is_for(&endpoint.host.in_url(), port))
    };
    let mut wanted = Wanted::usual(gitlab, registry);
    for (row, role, endpoint) in [(&GITLAB, Role::Gitlab, gitlab), (&REGISTRY, Role::Registry, registry)] {
        // The running server shows whether a computed value is right.
        let is_served = is_served(role, endpoint);
        wanted.iter_mut().filter(|one| one.row == row).for_each(|one| one.is_served = is_served);
    }
    // Somebody chose to disable the registry, or to use another one.
    if config.registry_off().is_some() || config.external_registry().is_some() {
        wanted.retain(|one| one.row != &REGISTRY);
    }
    // nginx does not start if it cannot have port 80.
    let holds_80 = address(Role::Gitlab).is_some_and(|address| !address.https && address.endpoint.port == 80);
    let may_redirect = match &installation.kind {
        Kind::Container(container) => container.has_own_network() || holds_80 || is_free(80),
        Kind::Omnibus => holds_80 || is_free(80),
        _ => holds_80,
    };
    // nginx cannot have one port for TLS and for the redirect.
    let is_80_tls = gitlab.port == 80 || config.listen_port(Role::Gitlab) == Some(80);
    if may_redirect && !is_80_tls {
        wanted.push(Wanted::literal(&REDIRECT, Value::Switch(true)));
    }
    // nginx listens where the container is published under the URL's port.
    for (url, row, role, endpoint) in
        [(&GITLAB, &GITLAB_PORT, Role::Gitlab, gitlab), (&REGISTRY, &REGISTRY_PORT, Role::Registry, registry)]
    {
        if config.is_in_front(role, endpoint)
            && installation
                .inside(endpoint.port)
                .is_none_or(|inside| config.listen_port(role) != Some(inside))
            && !is_served(role, endpoint)
            && wanted.iter().any(|one| one.row == url)
        {
            // nginx listens inside the container, whose ports may be published under others.
            let port = installation.inside(endpoint.port).unwrap_or(endpoint.port);
            wanted.push(Wanted::literal(row, Value::Number(port.into())));
        }
        if let Kind::Container(container) = &installation.kind
            && !config.sets_port(role)
            && container.published(endpoint.port) == Reach::Nowhere
            && let Some(inside) = container.inside(endpoint.port).filter(|inside| ![22, 80].contains(inside))
            && wanted.iter().any(|one| one.row == url)
        {
            wanted.push(Wanted::literal(row, Value::Number(inside.into())));
        }
    }
    // Git over SSH uses a port on which the host's own sshd does not listen.
    if let Reach::Here(port) = installation.published(22)
        && port != 22
        && !is_free(22)
    {
        wanted.push(Wanted::literal(&SSH_PORT, Value::Number(port.into())));
    }
    wanted
}

/// The command that checks gitlab.rb with Ruby's own parser, if there is a Ruby; an error if the file is not valid now.
fn check(world: &World, installation: &Installation, path: &Path) -> Result<Option<Command>> {
    const DEBIAN: &str = "/usr/bin/ruby";
    let command = match installation.ruby() {
        Some(ruby) => ruby,
        None if exists(world, Path::new(DEBIAN))? => {
            Command::new(DEBIAN, ["-c".to_owned(), path.display().to_string()])
        }
        None => return Ok(None),
    };
    let Ok(output) = world.try_run(&command) else { return Ok(None) };
    if output.code == Some(0) {
        return Ok(Some(command));
    }
    // Other failures mean that the command could not run.
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    match said.lines().find(|line| line.contains("syntax error")) {
        Some(line) => Err(fail(
            format!("{} is not valid Ruby: {}", text::path(path), text::in_line(line.trim())),
            hint!("correct it first; this command shows the error: {}", ShellLine::from(&command)),
        )),
        None => Ok(None),
    }
}

/// The refusal to overwrite settings that somebody chose.
pub(crate) fn refusal(conflicts: &[Conflict], typed: &TypedCommand) -> anyhow::Error {
    let lines: Vec<_> = conflicts.iter().map(ToString::to_string).collect();
    let mut hint = Hint::from("choose one:");
    hint = hint.lines(keeping(conflicts, typed));
    if conflicts.iter().any(|conflict| conflict.keep == Some(Keep::Out)) {
        hint = hint.lines([hint!(
            "keep the port of nginx, if a server in front of GitLab speaks TLS: {}",
            typed.out()
        )]);
    }
    fail(
        lines.join("; "),
        hint.lines([
            "edit gitlab.rb, and try again".into(),
            hint!("let {} change it (setup --undo restores it): {}", typed.verb(), typed.and("--replace")),
        ]),
    )
}

/// The command that keeps the addresses which `conflicts` would change, if it can.
fn keeping(conflicts: &[Conflict], typed: &TypedCommand) -> Option<Hint> {
    let keeps = || conflicts.iter().filter_map(|conflict| conflict.keep.as_ref());
    let gitlab = keeps()
        .find_map(|keep| if let Keep::Host(host) = keep { Some(host.without_default_port()) } else { None });
    // Without a port, it would be the registry's usual one.
    let registry =
        keeps().find_map(|keep| if let Keep::Registry(host) = keep { Some(host.to_string()) } else { None });
    if gitlab.is_none() && registry.is_none() {
        return None;
    }
    let registry = registry.map(|registry| shell_line!("--registry {}", registry));
    let is_replaced =
        |option: &&ShellLine| registry.is_some() && option.to_string().starts_with("--registry ");
    let kept = typed.options.iter().filter(|option| !is_replaced(option)).cloned();
    let options: Vec<ShellLine> = kept.chain(registry.clone()).collect();
    Some(hint!("keep the address: {}", typed.with(gitlab.as_ref().unwrap_or(&typed.host), &options)))
}

#[cfg(test)]
mod tests;
