//! The site of a certificate: a GitLab on this machine, a folder for a new GitLab, or a plain folder.

mod next;

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::{
    World,
    receipt::{Phase, Receipt},
    world::Node,
};
use labtrust_plan::{Certificate, Change, Endpoint, Facts, Host, ShellLine, StoreId, Target};

use super::order::endpoints;
use crate::{
    certificate::{Parsed, SubjectName},
    gitlab::{
        self, Config, Configured, Installation, Layout, Pair, PortAdvice, Prepared, Role, TypedCommand,
        configure,
        expected::Expected,
        guard,
        moved::{Moved, moved},
        pair_plan::{self, linked::LinkState},
        ready,
    },
    hint::shell_line,
    input::folder,
    state::{RECEIPT, SetupRecord, SiteRecord, State},
};

/// A site, with everything that is known about it.
#[derive(Clone)]
pub(crate) struct Site {
    installation: Installation,
    prepared: Option<Prepared>,
    /// The current gitlab.rb.
    before: Config,
    configured: Configured,
    layout: Layout,
    /// Whether an earlier run did not finish its changes to the settings.
    is_begun: bool,
    port_advice: PortAdvice,
    /// The unknown parts of gitlab.rb, a line each.
    doubts: Vec<String>,
    /// The options with the files of an import.
    import: Option<Vec<ShellLine>>,
    /// The options that named the site.
    options: Vec<ShellLine>,
    /// The URLs in gitlab.rb at other hosts than those of the setup.
    moved: Vec<Moved>,
    /// Whether a certificate or key was there before.
    had_pair: bool,
    /// Whether its certificate alone is replaced.
    is_replacement: bool,
    /// GitLab's host and port as they were typed, else its host.
    typed_host: String,
    /// GitLab itself.
    pub gitlab: Endpoint,
    /// Its registry.
    pub registry: Endpoint,
}

/// The options that name a site. Without them, the site is the GitLab of this machine.
#[derive(Clone, Copy)]
pub(crate) struct SiteOptions<'a> {
    /// The folder options.
    pub folders: &'a SiteRecord,
    /// GitLab's host.
    pub host: Option<&'a Target>,
    /// Its registry.
    pub registry: Option<&'a Target>,
    /// The options with the files of an import; none for a setup.
    pub import: Option<&'a [ShellLine]>,
}

/// The use of a site.
#[derive(Clone, Copy)]
enum Purpose<'a> {
    /// To set it up: its gitlab.rb is edited where HTTPS needs that.
    SetUp,
    /// To read its names.
    Read,
    /// To replace the certificate of an earlier setup for these endpoints.
    Replace(&'a [Endpoint]),
}

impl Site {
    /// The site that `options` name, with the changes that HTTPS needs in its gitlab.rb.
    pub(crate) fn find(facts: &Facts, state: &State<'_>, options: SiteOptions<'_>) -> Result<Self> {
        Self::find_with(facts, state, options, Purpose::SetUp)
    }

    /// The site that `options` name; its gitlab.rb stays as it is.
    pub(crate) fn find_as_configured(
        facts: &Facts,
        state: &State<'_>,
        options: SiteOptions<'_>,
    ) -> Result<Self> {
        Self::find_with(facts, state, options, Purpose::Read)
    }

    fn find_with(
        facts: &Facts,
        state: &State<'_>,
        options: SiteOptions<'_>,
        purpose: Purpose<'_>,
    ) -> Result<Self> {
        let SiteOptions { folders, host, registry, import } = options;
        let import = import.map(<[ShellLine]>::to_vec);
        let (typed_host, typed_registry) = (host, registry);
        let world = World::here();
        let mut prepared = None;
        let mut installation = match (&folders.gitlab, &folders.prepare, &folders.out) {
            (Some(folder), ..) => Installation::at(&world, facts, folder)?,
            (_, Some(prepare), _) => {
                let prepare = folder(prepare, "--prepare")?;
                let found = Prepared::design(&world, facts, &prepare, host, registry)?;
                let installation = found.installation.clone();
                prepared = Some(found);
                installation
            }
            (.., Some(out)) => Installation::out(&folder(out, "--out")?, folders.reload.as_deref()),
            _ => Installation::find(&world, facts, host.map(|target| &target.host))?,
        };
        let config = match purpose {
            Purpose::SetUp => settings(&world, &installation, host, import.clone())?,
            Purpose::Replace(_) | Purpose::Read => installation.settings(&world)?,
        };
        let (mut gitlab, mut registry) = match &prepared {
            Some(prepared) => (prepared.gitlab.clone(), prepared.registry.clone()),
            None => endpoints(host, registry, &config)?,
        };
        let mut all_moved = match purpose {
            Purpose::Replace(endpoints) => moved(&config, endpoints),
            Purpose::SetUp | Purpose::Read => Vec::new(),
        };
        // The same certificate is served on another port.
        for same in all_moved.extract_if(.., |moved| moved.is_port_of_same_host()) {
            *(if same.role == Role::Gitlab { &mut gitlab } else { &mut registry }) = same.to.endpoint;
        }
        let configured = if matches!(purpose, Purpose::SetUp) {
            Configured::plan(&world, &installation, &config, &gitlab, &registry)?
        } else {
            installation.control = None;
            Configured::untouched(&installation, &config)
        };
        let mut layout = Layout::of(&world, &installation, &configured.config, &gitlab, &registry)?;
        layout.leave_moved(&all_moved);
        let is_there = |path: &Path| !matches!(world.look(path), Ok(Node::Absent));
        let had_pair =
            layout.pair_files.iter().any(|files| is_there(&files.certificate) || is_there(&files.key));
        let port_advice = PortAdvice::look(&world, &installation, &configured.config, &gitlab, &registry);
        let doubts = doubts(&world, &installation, &configured.config, &layout);
        let is_begun = is_begun(state.receipts()?, &installation);
        // What the user typed is part of every command that a refusal offers.
        let mut options = folders.options();
        let typed_registry = typed_registry.filter(|_| !matches!(purpose, Purpose::Replace(_)));
        options.extend(typed_registry.map(|registry| shell_line!("--registry {}", as_typed(registry))));
        let typed_host = match (purpose, typed_host) {
            (Purpose::SetUp | Purpose::Read, Some(typed)) => as_typed(typed),
            (Purpose::SetUp | Purpose::Read, None) => gitlab.host.in_url(),
            (Purpose::Replace(_), _) => gitlab.without_default_port(),
        };
        Ok(Self {
            installation,
            prepared,
            before: config,
            configured,
            layout,
            is_begun,
            port_advice,
            doubts,
            import,
            options,
            moved: all_moved,
            had_pair,
            is_replacement: matches!(purpose, Purpose::Replace(_)),
            typed_host,
            gitlab,
            registry,
        })
    }

    /// The site of an earlier setup. Its extra hosts are not assigned yet, and its gitlab.rb stays as it is.
    pub(crate) fn of_setup(facts: &Facts, state: &State<'_>, notes: &SetupRecord) -> Result<Self> {
        let gitlab = notes.endpoints.first().map(Target::from);
        let registry = notes.endpoints.last().map(Target::from);
        let options = SiteOptions {
            folders: &notes.site,
            host: gitlab.as_ref(),
            registry: registry.as_ref(),
            import: None,
        };
        Self::find_with(facts, state, options, Purpose::Replace(&notes.endpoints))
    }

    /// The certificate and key files.
    pub(crate) fn files(&self) -> Vec<(PathBuf, PathBuf)> {
        self.layout.pair_files.iter().map(|files| (files.certificate.clone(), files.key.clone())).collect()
    }

    /// The names of GitLab's extra hosts: neither GitLab's own host nor its registry's.
    pub(crate) fn extra_names(&self) -> Vec<SubjectName> {
        self.layout.extra_sites.iter().flat_map(|site| site.host.names.clone()).collect()
    }

    /// Gives each extra host its files if `leaf` has its name and no foreign certificate is there. `hint` says how to
    /// add a missing name.
    pub(crate) fn assign_extra_hosts(
        &mut self,
        leaf: &Parsed,
        ours: &dyn Fn(&[Certificate]) -> bool,
        replace: bool,
        hint: &'static str,
    ) -> Result<()> {
        self.layout.assign_extra_hosts(&World::here(), &|host| leaf.covers(host), ours, replace, hint)
    }

    /// Refuses to replace a foreign certificate, on disk or served.
    pub(crate) fn guard(&self, ours: &dyn Fn(&[Certificate]) -> bool, replace: bool) -> Result<()> {
        let survey = guard::survey(&World::here(), &self.layout)?;
        match guard::ownership(&survey, ours) {
            guard::Ownership::NotOurs(not_ours) if !replace => Err(guard::refusal(&not_ours, &self.typed())),
            _ => Ok(()),
        }
    }

    /// Refuses to overwrite a setting in gitlab.rb if nobody can be asked.
    pub(crate) fn check_settings(&self, can_ask: bool, replace: bool) -> Result<()> {
        let conflicts = self.configured.conflicts();
        if conflicts.is_empty() || replace || can_ask {
            return Ok(());
        }
        Err(configure::refusal(conflicts, &self.typed()))
    }

    /// The command that the user typed.
    fn typed(&self) -> TypedCommand {
        let (host, options) = (self.typed_host.clone(), self.options.clone());
        TypedCommand { import: self.import.clone(), host, options }
    }

    /// Refuses to leave one of GitLab's URLs without a certificate for it, because nginx would not start. If this run
    /// does not reconfigure GitLab, that is only a note about the next reconfigure. `hint` says how to add a missing
    /// name.
    pub(crate) fn check_sites(&mut self, leaf: &Parsed, hint: &'static str) -> Result<()> {
        let (installation, config) = (&self.installation, &self.configured.config);
        if !installation.is_gitlab() {
            return Ok(());
        }
        let covers = |host: &Host| leaf.covers(host);
        let mut unready =
            self.layout.unready(&World::here(), installation, config, &self.gitlab.host, &covers);
        if !self.reconfigures() {
            let later = unready.extract_if(.., |site| site.keeps_from_starting);
            let note = |site| format!("the next `gitlab-ctl reconfigure` will take GitLab down: {site}");
            self.layout.notes.extend(later.map(note));
        }
        if unready.is_empty() { Ok(()) } else { Err(ready::refusal(&unready, hint)) }
    }

    /// The certificates that GitLab serves now, to compare with after an undo.
    pub(crate) fn expected(&self) -> Result<Expected> {
        Expected::now(&World::here(), &self.installation, &self.before, &self.layout)
    }

    /// The settings in gitlab.rb that are overwritten, its unknown parts, and the doubts about a new folder, a line each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let conflicts = self.configured.conflicts().iter().map(ToString::to_string);
        let folder = self.prepared.iter().filter_map(|prepared| prepared.warning.clone());
        conflicts.chain(self.doubts.iter().cloned()).chain(folder).collect()
    }

    /// The changes that install `pair`.
    pub(crate) fn changes(&self, pair: &Pair) -> Vec<Change> {
        let mut changes = self.pair_changes(pair);
        changes.extend(self.configured.change(&self.installation, &self.layout, pair, self.is_begun));
        changes.extend(self.prepared.iter().flat_map(Prepared::changes));
        changes
    }

    /// The changes that install `pair`, without the settings.
    pub(crate) fn pair_changes(&self, pair: &Pair) -> Vec<Change> {
        let links = LinkState::look(&World::here(), &self.layout.pair_files);
        pair_plan::changes(&self.installation, &self.layout, &links, pair)
    }

    /// The change by which GitLab itself trusts `root`.
    pub(crate) fn trust_change(&self, root: &Parsed) -> Option<Change> {
        let root = Certificate::from(root);
        pair_plan::trust_root(&self.installation, root.fingerprint(), root.pem().as_bytes())
    }

    /// The command after which GitLab itself trusts new roots, if there is a GitLab.
    pub(crate) fn reconfigure(&self) -> Option<ShellLine> {
        let is_here = self.installation.is_gitlab();
        (is_here && self.installation.trusted_certs.is_some()).then(|| self.installation.reconfigure())
    }

    /// Notes for people.
    pub(crate) fn notes(&self) -> Vec<String> {
        let prepared = self.prepared.iter().flat_map(|prepared| prepared.notes.iter().cloned());
        let notes = self.layout.notes.iter().chain(&self.port_advice.notes).cloned();
        let settings =
            self.configured.notes(&self.typed()).into_iter().chain(self.configured.config.remarks());
        notes.chain(settings).chain(prepared).collect()
    }

    /// Leaves GitLab's own folder of trusted certificates alone, if there is no root for it.
    pub(crate) fn leave_trusted_certs(&mut self) {
        self.installation.trusted_certs = None;
    }
}

/// The settings of `installation` in effect; an error if a file that may set anything cannot be followed. `host` is the
/// one that the user typed.
fn settings(
    world: &World,
    installation: &Installation,
    host: Option<&Target>,
    import: Option<Vec<ShellLine>>,
) -> Result<Config> {
    let config = installation.evaluated(world, installation.settings(world)?);
    let known = config.address(Role::Gitlab).known().map(|address| address.endpoint.host);
    let host = host.map(|host| host.host.clone()).or(known);
    let host = host.map_or_else(|| "HOST".into(), |host| host.in_url());
    installation.refuse_unread_files(&config, &TypedCommand { import, host, options: Vec::new() })?;
    Ok(config)
}

/// `target` as people type it: without a port, it has a usual one.
fn as_typed(target: &Target) -> String {
    target.port.map_or_else(|| target.host.in_url(), |_| target.to_string())
}

/// The unknown parts of gitlab.rb, a line each.
fn doubts(world: &World, installation: &Installation, config: &Config, layout: &Layout) -> Vec<String> {
    if !installation.is_gitlab() {
        return Vec::new();
    }
    let unread =
        config.unread_files().map(|unread| format!("{unread}; that file may override the settings above"));
    let unread = unread.chain(config.ruby_stopped());
    unread.chain(layout.unknown_url_notes(world, installation, config)).collect()
}

/// Whether an earlier run began to change the settings of `installation` and did not prove them.
fn is_begun(receipts: &[Receipt], installation: &Installation) -> bool {
    let (store, subject) = (StoreId::new(gitlab::STORE), installation.gitlab_rb().display().to_string());
    let mut ours = receipts.iter().filter(|receipt| receipt.name == RECEIPT);
    let record = ours.find_map(|receipt| receipt.find(&store, &subject));
    record.is_some_and(|record| record.phase != Phase::Applied)
}

#[cfg(test)]
mod tests;
