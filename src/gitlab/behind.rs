//! Whether GitLab still has to apply its gitlab.rb: until then it does not serve what setup configured.

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

/// The time within which a healthy engine lists its containers.
const LIMIT: Duration = Duration::from_secs(3);

/// The command that makes GitLab apply its gitlab.rb, if GitLab has not done so. It is for the GitLab that has one of the
/// files `placed`. `known` are the endpoints of GitLab and its registry, in case gitlab.rb names no host. This runs no
/// program.
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
    found
        .iter()
        .filter(|found| is_its(found))
        .find(|found| is_behind(found))
        .map(Installation::reconfigure_or_start)
}

/// Whether nginx's configuration differs from gitlab.rb; none if that is not known.
fn is_behind(world: &World, installation: &Installation, known: &[Endpoint]) -> Option<bool> {
    let config = installation.settings(world).ok()?;
    let gitlab = named(&config, Role::Gitlab).or_else(|| known.first().cloned())?;
    let registry = named(&config, Role::Registry).or_else(|| known.last().cloned());
    let registry = registry.unwrap_or_else(|| gitlab.clone());
    Some(Layout::of(world, installation, &config, &gitlab, &registry).ok()?.is_reconfigured)
}

/// The https endpoint that gitlab.rb sets for `role`.
fn named(config: &Config, role: Role) -> Option<Endpoint> {
    match config.address(role) {
        Known::Is(address) if address.https => Some(address.endpoint),
        _ => None,
    }
}
