//! Whether GitLab still has to follow its gitlab.rb: what it serves is then not what was set up.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use labtrust_machine::World;
use labtrust_plan::{Endpoint, Facts, ShellLine};

use super::{
    config::{Config, Known},
    installation::Installation,
    layout::Layout,
    role::Role,
};

/// An engine that runs well tells of its containers within this.
const LIMIT: Duration = Duration::from_secs(3);

/// The command that makes a GitLab of this machine follow its gitlab.rb, where it does not yet. It is the one that has one
/// of the files `placed`; where its gitlab.rb names no host, these are the endpoints of GitLab and its registry.
/// Nothing is run for it.
pub(crate) fn pending_reconfigure(
    world: &World,
    facts: &Facts,
    placed: &[&Path],
    known: &[Endpoint],
) -> Option<ShellLine> {
    if placed.is_empty() {
        return None;
    }
    let is_its = |installation: &Installation| {
        placed.iter().any(|path| path.starts_with(&installation.ssl) || **path == installation.gitlab_rb())
    };
    let found = Installation::find_without_running(world, facts, Instant::now() + LIMIT).ok()?;
    let is_behind = |installation: &Installation| is_behind(world, installation, known).unwrap_or_default();
    found.iter().filter(|one| is_its(one)).find(|one| is_behind(one)).map(Installation::reconfigure_or_start)
}

/// Whether nginx is told something else than gitlab.rb sets; none if that cannot be known.
fn is_behind(world: &World, installation: &Installation, known: &[Endpoint]) -> Option<bool> {
    let config = installation.settings(world).ok()?;
    let gitlab = named(&config, Role::Gitlab).or_else(|| known.first().cloned())?;
    let registry = named(&config, Role::Registry).or_else(|| known.last().cloned());
    let registry = registry.unwrap_or_else(|| gitlab.clone());
    Some(Layout::of(world, installation, &config, &gitlab, &registry).ok()?.is_reconfigured)
}

/// Where gitlab.rb has `role` speak TLS.
fn named(config: &Config, role: Role) -> Option<Endpoint> {
    match config.address(role) {
        Known::Is(address) if address.https => Some(address.endpoint),
        _ => None,
    }
}
