//! Whether GitLab still has to follow its gitlab.rb: what it serves is then not what was set up.

use std::time::{Duration, Instant};

use labtrust_platform::{Target, World, plan::ShellLine, receipt::Receipt};

use crate::{
    command::{
        Context,
        own::OwnCa,
        place::{Placed, RECEIPT},
        setup::endpoints,
    },
    gitlab::{Installation, Layout},
};

/// An engine that runs well tells of its containers within this.
const LIMIT: Duration = Duration::from_secs(3);

/// The command that makes the GitLab in which something is `placed` follow its gitlab.rb, where it does not yet.
pub fn awaited(
    context: &Context<'_>,
    receipts: &[Receipt],
    placed: &[Placed],
    own: Option<&OwnCa>,
) -> Option<ShellLine> {
    let records = receipts.iter().filter(|one| one.name == RECEIPT).flat_map(|one| &one.changes);
    let subjects: Vec<&str> = records.map(|record| record.subject.as_str()).collect();
    if subjects.is_empty() {
        return None;
    }
    let is_its = |installation: &Installation| {
        subjects.iter().any(|subject| installation.gitlab_rb().as_os_str() == *subject)
            || placed.iter().any(|one| one.path.starts_with(&installation.ssl))
    };
    let world = World::here();
    let found = Installation::seen(&world, &context.facts, Instant::now() + LIMIT).ok()?;
    found
        .iter()
        .filter(|one| is_its(one))
        .find_map(|installation| is_behind(&world, installation, own)?.then(|| installation.catch_up()))
}

/// Whether nginx is told something else than gitlab.rb sets; none if that cannot be known.
fn is_behind(world: &World, installation: &Installation, own: Option<&OwnCa>) -> Option<bool> {
    let config = installation.settings(world).ok()?;
    let known = own.map(|own| &own.notes.endpoints[..]).unwrap_or_default();
    let [gitlab, registry] = [known.first(), known.last()].map(|endpoint| endpoint.map(Target::from));
    let (gitlab, registry) = endpoints(None, None, &config)
        .or_else(|_| endpoints(gitlab.as_ref(), registry.as_ref(), &config))
        .ok()?;
    let layout = Layout::of(world, installation, &config, &gitlab, &registry).ok()?;
    Some(layout.is_reconfigured)
}
