//! The ports that a GitLab in a container needs, compared with its published ports: the missing ports, the programs that
//! use them, and the exact change.

use std::path::Path;

use labtrust_machine::{
    World,
    world::{listener, listener::Holder},
};
use labtrust_plan::{Endpoint, ShellLine, shell_line, shell_word};
use serde_json::Value;

use super::{
    config::{Config, url},
    container::{Container, Reach},
    installation::{Installation, Kind, exists},
    ports::{self, Chooser},
    recipe::{Keeper, PublishedPort},
    role::Role,
    synology::{self, Dsm},
};
use crate::by_hand::ByHand;

/// Advice on the ports of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PortAdvice {
    /// Notes for the report, one line each.
    pub notes: Vec<String>,
    /// The steps for a person on this machine.
    pub by_hand: Vec<ByHand>,
}

/// A port that GitLab needs, and its present state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PortSeen {
    /// Its purpose.
    pub need: Need,
    /// The container's port.
    pub inside: u16,
    /// This machine's port, which clients use.
    pub outside: u16,
    /// The way from this machine to the container's port.
    pub reach: Reach,
    /// Whether no program of this machine listens on `outside`.
    pub is_free: bool,
    /// The program that listens on it, if it is known.
    pub holder: Option<Holder>,
    /// A free port to use instead.
    pub instead: Option<u16>,
}

/// The purpose of a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// GitLab or its registry, at this address.
    Web(Role, Endpoint),
    /// Git over SSH.
    Ssh {
        /// Whether gitlab.rb sets its port.
        is_said: bool,
    },
}

impl PortAdvice {
    /// Looks at the ports of `installation`. The advice is empty if it is not a container.
    pub(crate) fn look(
        world: &World,
        installation: &Installation,
        config: &Config,
        gitlab: &Endpoint,
        registry: &Endpoint,
    ) -> Self {
        let dsm = Dsm::of(world);
        let mut found = Self { notes: dsm.iter().flat_map(Dsm::notes).collect(), by_hand: Vec::new() };
        if let (Kind::Out, Some(_)) = (&installation.kind, &dsm) {
            found.by_hand = Dsm::steps(&gitlab.host.to_string(), &installation.ssl);
        }
        let Kind::Container(container) = &installation.kind else { return found };
        let seen = seen(container, config, gitlab, registry);
        let image = || {
            let mut command = container.engine.clone();
            let id = container.recipe.image().unwrap_or_default();
            command
                .arguments
                .extend(["image", "inspect", "--format", "{{json .Config}}", id].map(str::to_owned));
            let output = world.try_run(&command).ok().filter(|output| output.code == Some(0));
            output.and_then(|output| serde_json::from_slice(&output.stdout).ok()).unwrap_or_default()
        };
        let is_here = |path: &Path| exists(world, path).unwrap_or_default();
        let advised = advice(container, &seen, dsm.is_some(), &image, &is_here);
        found.notes.extend(advised.notes);
        found.by_hand = advised.by_hand;
        found
    }
}

/// The present state of each port that GitLab needs.
fn seen(container: &Container, config: &Config, gitlab: &Endpoint, registry: &Endpoint) -> Vec<PortSeen> {
    let ssh = config.number(&["gitlab_rails", "gitlab_shell_ssh_port"]);
    let ssh_port = ssh.and_then(|port| u16::try_from(port).ok());
    let web = |role, endpoint: &Endpoint| {
        let inside = config.listen_port(role).unwrap_or(endpoint.port);
        (Need::Web(role, endpoint.clone()), inside, endpoint.port, usual(role))
    };
    let mut needs = vec![web(Role::Gitlab, gitlab)];
    // Two hosts can share one port.
    if registry.port != gitlab.port {
        needs.push(web(Role::Registry, registry));
    }
    needs.push((Need::Ssh { is_said: ssh_port.is_some() }, 22, ssh_port.unwrap_or(22), &ports::SSH));
    let mut chooser = Chooser { is_free: &ports::is_free, taken: Vec::new() };
    needs
        .into_iter()
        .map(|(need, inside, outside, candidates)| {
            let reach = container.published(inside);
            let is_here = reach == Reach::Here(outside);
            let is_free = !is_here && chooser.take(outside);
            let instead = if is_here || is_free { None } else { chooser.choose(candidates) };
            let holder = if is_here || is_free { None } else { listener::holder(outside) };
            PortSeen { need, inside, outside, reach, is_free, holder, instead }
        })
        .collect()
}

fn usual(role: Role) -> &'static [u16] {
    if role == Role::Registry { &ports::REGISTRY } else { &ports::HTTPS }
}

/// The advice on the ports `seen`. `image` returns the image's own settings, and `is_here` tells whether this machine has
/// a file.
pub(super) fn advice(
    container: &Container,
    seen: &[PortSeen],
    is_dsm: bool,
    image: &dyn Fn() -> Value,
    is_here: &dyn Fn(&Path) -> bool,
) -> PortAdvice {
    let mut advice = PortAdvice::default();
    // Another container is in front of it, or it has an address of its own.
    if container.publishes_nothing() {
        return advice;
    }
    let missing: Vec<_> =
        seen.iter().filter_map(|port| advice.add_port(port, container, seen, is_dsm)).collect();
    if !missing.is_empty() {
        advice.by_hand.extend(how_to_publish(&missing, container, image, is_here));
        advice
            .by_hand
            .push(ByHand::remark("then check that GitLab serves the certificate").run(["{labtrust setup}"]));
    }
    advice
}

impl PortAdvice {
    /// Adds the advice on `port`, one of the ports `seen`. Returns the port to publish, if it is missing.
    fn add_port(
        &mut self,
        port: &PortSeen,
        container: &Container,
        seen: &[PortSeen],
        is_dsm: bool,
    ) -> Option<PublishedPort> {
        let holder =
            port.holder.as_ref().map_or_else(|| "another program".to_owned(), |holder| title(holder, is_dsm));
        match (&port.reach, &port.need) {
            (Reach::Here(here), Need::Web(role, endpoint)) if *here != port.outside => {
                let keep = with_port(port, *role, endpoint, seen, *here);
                self.add_other_port(port, endpoint, *here, keep, &holder, is_dsm)
            }
            (Reach::Loopback(here), Need::Web(_, endpoint)) => {
                self.by_hand.push(loopback_alone(port, endpoint, *here, container));
                None
            }
            (Reach::Nowhere, Need::Ssh { is_said: false }) => {
                self.notes.push(ssh_unpublished(port));
                None
            }
            (Reach::Nowhere, need) => {
                let (published, change) = port_to_publish(port, need, &holder)?;
                self.by_hand.extend(change);
                Some(published)
            }
            _ => None,
        }
    }

    /// Adds the advice on a `port` that is published on `here` while `endpoint` has another port. The command `keep` puts
    /// `here` into the URL.
    fn add_other_port(
        &mut self,
        port: &PortSeen,
        endpoint: &Endpoint,
        here: u16,
        keep: ShellLine,
        holder: &str,
        is_dsm: bool,
    ) -> Option<PublishedPort> {
        let PortSeen { inside, outside, .. } = *port;
        let leads = format!("{} leads to port {outside} of this machine", url(endpoint));
        let published = format!("port {inside} of the container is published on {here}");
        if port.is_free {
            let what = format!("{leads}, but {published}. To use {here} in the URL");
            self.by_hand.push(ByHand::remark(what).run([keep]).or_else());
            return Some(PublishedPort { outside, inside });
        }
        let what = format!("{leads}, used by {holder}, but {published}. To use {here} in the URL");
        self.by_hand.push(ByHand::remark(what).run([keep]));
        self.notes.extend(is_dsm.then(|| {
            format!(
                "behind DSM's reverse proxy, DSM needs the certificate and key: {}",
                shell_line!("{labtrust setup {} --out DIR}", endpoint.host)
            )
        }));
        None
    }
}

fn loopback_alone(port: &PortSeen, endpoint: &Endpoint, here: u16, container: &Container) -> ByHand {
    let PortSeen { inside, outside, .. } = *port;
    ByHand::remark(format!(
        "the container {} publishes port {inside} only on this machine's loopback address: other machines cannot reach \
         {} until a proxy leads there, or until the container is recreated with --publish {outside}:{inside} instead of \
         127.0.0.1:{here}:{inside}",
        shell_word(&container.name),
        url(endpoint)
    ))
}

fn ssh_unpublished(port: &PortSeen) -> String {
    let here = if port.is_free { port.outside } else { port.instead.unwrap_or(port.outside) };
    format!(
        "Git over SSH is not reachable: port 22 of the container is not published (--publish {here}:22, with \
         gitlab_rails['gitlab_shell_ssh_port'] = {here})"
    )
}

/// The steps that publish the `missing` ports of `container`.
fn how_to_publish(
    missing: &[PublishedPort],
    container: &Container,
    image: &dyn Fn() -> Value,
    is_here: &dyn Fn(&Path) -> bool,
) -> Vec<ByHand> {
    let shown: Vec<_> = missing.iter().map(|port| port.outside.to_string()).collect();
    let head =
        format!("the container {} does not publish port {}", shell_word(&container.name), shown.join(", "));
    let engine = container.client();
    let user = container.owner.as_ref();
    let user =
        user.map(|owner| format!("; run this as the user {}", shell_word(&owner.name))).unwrap_or_default();
    let kept = match container.recipe.keeper() {
        Keeper::Compose(project) => project.by_hand(&engine, missing, is_here),
        Keeper::Swarm(service) => service.by_hand(&engine, missing, container.is_published_on_host),
        Keeper::Unit(unit) => unit.by_hand(missing, is_here),
        Keeper::Nobody => Vec::new(),
    };
    if !kept.is_empty() {
        return std::iter::once(ByHand::remark(format!("{head}{user}"))).chain(kept).collect();
    }
    let recreate = format!(
        "{head}; ports cannot be added to an existing container, so recreate it (data in volumes is kept){user}"
    );
    container.recipe.by_hand(&recreate, &engine, &image(), missing).unwrap_or_else(|why| {
        let publish =
            missing.iter().map(|PublishedPort { outside, inside }| format!("--publish {outside}:{inside}"));
        let publish = publish.collect::<Vec<_>>().join(" ");
        vec![ByHand::remark(format!(
            "{head}: recreate it with its own options and {publish}{user} (labtrust cannot write the command: {why})"
        ))]
    })
}

/// The command that puts the published port into the URL of `role`.
fn with_port(port: &PortSeen, role: Role, endpoint: &Endpoint, seen: &[PortSeen], here: u16) -> ShellLine {
    let new = Endpoint::new(endpoint.host.clone(), here);
    if role == Role::Gitlab {
        return shell_line!("{labtrust setup {} --replace}", new);
    }
    let gitlab = seen.iter().find_map(|other| match &other.need {
        Need::Web(Role::Gitlab, endpoint) if !std::ptr::eq(other, port) => Some(endpoint),
        _ => None,
    });
    let host = gitlab.map_or_else(|| endpoint.host.in_url(), Endpoint::without_default_port);
    shell_line!("{labtrust setup {} --registry {} --replace}", host, new)
}

/// The port to publish for a missing one, and the step that sets it in gitlab.rb if it is a different one; none if no
/// port is free.
fn port_to_publish(port: &PortSeen, need: &Need, holder: &str) -> Option<(PublishedPort, Option<ByHand>)> {
    let PortSeen { inside, outside, .. } = *port;
    if port.is_free {
        return Some((PublishedPort { outside, inside }, None));
    }
    let instead = port.instead?;
    let (setting, published) = match need {
        Need::Web(role, endpoint) => {
            let new = Endpoint::new(endpoint.host.clone(), instead);
            // nginx listens on the URL's port, unless gitlab.rb sets another.
            let inside = if inside == outside { instead } else { inside };
            (format!("{} \"{}\"", role.url(), url(&new)), PublishedPort { outside: instead, inside })
        }
        Need::Ssh { .. } => (
            format!("gitlab_rails['gitlab_shell_ssh_port'] = {instead}"),
            PublishedPort { outside: instead, inside },
        ),
    };
    let what = format!(
        "port {outside} of this machine is used by {holder}, and {instead} is free; set in gitlab.rb: {setting}"
    );
    Some((published, Some(ByHand::remark(what))))
}

/// The program that listens on `port` of this machine, if it is known.
pub(super) fn holder(world: &World, port: u16) -> Option<String> {
    listener::holder(port).map(|holder| title(&holder, Dsm::of(world).is_some()))
}

fn title(holder: &Holder, is_dsm: bool) -> String {
    let dsms = synology::title(&holder.name).filter(|_| is_dsm && !holder.is_gitlabs);
    dsms.map_or_else(|| format!("{} (process {})", shell_word(&holder.name), holder.pid), str::to_owned)
}

#[cfg(test)]
mod tests;
