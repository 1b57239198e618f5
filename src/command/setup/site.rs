//! Where the pair goes: a GitLab on this machine, a folder that will become one, or a bare folder.

use std::path::PathBuf;

use anyhow::Result;
use labtrust_platform::{Certificate, Endpoint, Host, Target, World, plan::Change};

use crate::{
    cli::Place,
    command::Context,
    gitlab::{Config, Installation, Kind, Layout, Pair, Prepared, guard, place},
};

/// A place for a pair, and what is known of it.
pub struct Site {
    installation: Installation,
    prepared: Option<Prepared>,
    config: Config,
    layout: Layout,
    lines: Vec<String>,
}

impl Site {
    /// The place that `place` names, or the GitLab of this machine.
    pub fn find(context: &Context<'_>, place: &Place, host: Option<&Target>) -> Result<Self> {
        let world = World::here();
        let facts = &context.facts;
        let mut prepared = None;
        let installation = match (&place.gitlab, &place.prepare, &place.out) {
            (Some(folder), ..) => Installation::at(&world, facts, folder)?,
            (_, Some(folder), _) => {
                let found = Prepared::at(&world, facts, folder)?;
                let installation = found.installation().clone();
                prepared = Some(found);
                installation
            }
            (.., Some(folder)) => Installation::out(&std::path::absolute(folder)?, place.reload.as_deref()),
            _ => Installation::find(&world, facts, host.map(|target| &target.host))?,
        };
        let config = match installation.kind {
            Kind::Out => Config::default(),
            _ => installation.settings(&world)?,
        };
        Ok(Self { installation, prepared, config, layout: Layout::default(), lines: Vec::new() })
    }

    /// What GitLab's configuration says.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Lays out the files for a GitLab at `gitlab` and its registry.
    pub fn settle(&mut self, gitlab: &Endpoint, registry: &Endpoint) -> Result<()> {
        self.layout = Layout::of(&World::here(), &self.installation, &self.config, gitlab, registry)?;
        if !matches!(self.installation.kind, Kind::Out | Kind::Prepared) {
            self.lines = self.config.lines_to_add(gitlab, registry);
        }
        Ok(())
    }

    /// The certificate and key files.
    pub fn files(&self) -> Vec<(PathBuf, PathBuf)> {
        self.layout.places.iter().map(|place| (place.certificate.clone(), place.key.clone())).collect()
    }

    /// Refuses to replace what is not ours, on disk or served.
    pub fn guard(&self, ours: &dyn Fn(&[Certificate]) -> bool, replace: bool, host: &Host) -> Result<()> {
        let survey = guard::survey(&World::here(), &self.layout)?;
        match guard::judge(&survey, ours) {
            guard::Verdict::Foreign(foreign) if !replace => Err(guard::refusal(&foreign, host)),
            _ => Ok(()),
        }
    }

    /// What placing `pair` takes.
    pub fn changes(&self, pair: &Pair) -> Vec<Change> {
        let mut changes: Vec<Change> = self.prepared.iter().flat_map(Prepared::changes).collect();
        changes.extend(place::plan(&self.installation, &self.layout, pair));
        changes
    }

    /// What a person should know.
    pub fn notes(&self) -> Vec<String> {
        let prepared = self.prepared.iter().flat_map(Prepared::notes);
        self.layout.notes.iter().cloned().chain(self.config.remarks()).chain(prepared).collect()
    }

    /// What is still to be done on this machine, a line each.
    pub fn next(&self) -> Vec<String> {
        let mut next = Vec::new();
        if !self.lines.is_empty() {
            let path = self.installation.gitlab_rb();
            next.push(format!("add to {}, then run gitlab-ctl reconfigure:", path.display()));
            next.extend(self.lines.iter().map(|line| format!("  {line}")));
        }
        next.extend(self.prepared.iter().map(Prepared::start));
        next
    }
}
