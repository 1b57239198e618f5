//! Whether GitLab still has to apply its gitlab.rb: until then it does not serve what setup configured.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use labtrust_machine::World;
use labtrust_plan::{Endpoint, Facts, ShellLine};

use super::{
    config::Config,
    installation::Installation,
    layout::Layout,
    moved::{Moved, moved},
    role::Role,
};

/// The time within which a healthy engine lists its containers.
const LIMIT: Duration = Duration::from_secs(3);

/// The settings of the GitLab whose files labtrust placed.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    /// The command that makes GitLab apply its gitlab.rb, if GitLab has not done so.
    pub pending: Option<ShellLine>,
    /// The https endpoints that gitlab.rb sets for GitLab and its registry.
    pub endpoints: Vec<Endpoint>,
    /// The URLs in gitlab.rb that differ from those of the setup.
    pub moved: Vec<Moved>,
}

/// Looks at the GitLab of this machine that has one of the files `placed`. `known` are the endpoints of the setup, for
/// GitLab and its registry. All of this takes a few seconds at most.
pub(crate) fn look(world: &World, facts: &Facts, placed: &[&Path], known: &[Endpoint]) -> Followed {
    if placed.is_empty() {
        return Followed::default();
    }
    let is_its = |installation: &Installation| {
        placed.iter().any(|path| path.starts_with(&installation.ssl) || **path == installation.gitlab_rb())
    };
    let found = Installation::find_without_running(world, facts, Instant::now() + LIMIT).unwrap_or_default();
    let mut followed = Followed::default();
    for installation in found.iter().filter(|one| is_its(one)) {
        let Ok(config) = installation.settings(world) else { continue };
        followed
            .endpoints
            .extend([Role::Gitlab, Role::Registry].into_iter().filter_map(|role| named(&config, role)));
        followed.moved.extend(moved(&config, known));
        if followed.pending.is_none() && is_behind(world, installation, &config, known).unwrap_or_default() {
            followed.pending = Some(installation.reconfigure_or_start());
        }
    }
    followed
}

/// Whether nginx's configuration differs from gitlab.rb; none if that is not known.
fn is_behind(
    world: &World,
    installation: &Installation,
    config: &Config,
    known: &[Endpoint],
) -> Option<bool> {
    let gitlab = named(config, Role::Gitlab).or_else(|| known.first().cloned())?;
    let registry = named(config, Role::Registry).or_else(|| known.last().cloned());
    let registry = registry.unwrap_or_else(|| gitlab.clone());
    Some(Layout::of(world, installation, config, &gitlab, &registry).ok()?.is_reconfigured)
}

/// The https endpoint that gitlab.rb sets for `role`.
fn named(config: &Config, role: Role) -> Option<Endpoint> {
    config.final_address(role).filter(|address| address.https).map(|address| address.endpoint)
}
