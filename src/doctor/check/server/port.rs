//! Ports of the server that lead nowhere or to somebody else.

use super::subject::Server;
use crate::doctor::{Code, Finding, evidence::SiteSeen};

pub(super) const TAKEN: Code = Code::error("port-taken").explaining(&[
    "served-not-on-disk",
    "port-not-published",
    "port-refused",
    "connection-closed",
    "not-tls",
    "tls-handshake-failed",
    "cert-name-mismatch",
    "not-a-registry",
    "tls-intercepted",
    "untrusted-docker",
    "untrusted-system",
]);
pub(super) const NOT_PUBLISHED: Code = Code::error("port-not-published").explaining(&[
    "port-refused",
    "port-unreachable",
    "port-timeout",
    "registry-other-port",
    "realm-unreachable",
]);

/// What listens on a container's ports in its place.
const ENGINES: [&str; 8] = [
    "docker-proxy",
    "dockerd",
    "rootlessport",
    "rootlesskit",
    "conmon",
    "pasta",
    "slirp4netns",
    "com.docker.back",
];

pub(super) fn findings(server: Server<'_>) -> Vec<Finding> {
    let taken = server.settings.sites.iter().filter_map(|site| taken(server, site));
    taken.chain(not_published(server)).collect()
}

/// Whether somebody else listens where GitLab is to.
pub(super) fn is_taken(server: Server<'_>, site: &SiteSeen) -> bool {
    site.holder.as_ref().is_some_and(|holder| {
        let is_own = match server.gitlab.container {
            Some(_) => {
                site.published.is_none() || ENGINES.contains(&holder.name.as_str()) || holder.is_gitlabs
            }
            None => holder.is_gitlabs,
        };
        !is_own
    })
}

fn taken(server: Server<'_>, site: &SiteSeen) -> Option<Finding> {
    let holder = site.holder.as_ref().filter(|_| is_taken(server, site))?;
    let port = site.published.unwrap_or(site.endpoint.port);
    let what = format!(
        "port {port} of this machine belongs to {} (process {}), not to {}",
        holder.name, holder.pid, server.gitlab.title
    );
    let finding = Finding::new(&TAKEN, what, "only one program can listen on a port, and GitLab came second")
        .advise(format!(
            "let {} listen elsewhere or stop it; or give GitLab another port in {} and log in at that one. A NAS's own \
             web server keeps 443: publish GitLab's on 8443",
            holder.name,
            server.gitlab.gitlab_rb.display()
        ))
        .run(["sudo", "ss", "-ltnp", &format!("sport = :{port}")]);
    Some(finding)
}

fn not_published(server: Server<'_>) -> Option<Finding> {
    let container = server.gitlab.container.as_deref().filter(|_| server.gitlab.running)?;
    let is_shut = |site: &&SiteSeen| {
        // A container with an address of its own is reached without.
        let is_reached =
            server.case.server(site.endpoint.port).is_some_and(|seen| seen.reached.chain().is_some());
        site.published.is_none() && !is_reached
    };
    let sites: Vec<&SiteSeen> = server.settings.sites.iter().filter(is_shut).collect();
    if sites.is_empty() || server.case.is_accepted() {
        return None;
    }
    let list = |text: &dyn Fn(&SiteSeen) -> String| sites.iter().map(|site| text(site)).collect::<Vec<_>>();
    let what = format!(
        "the container {container} does not publish {}, so nobody reaches {}",
        list(&|site| format!("port {}", site.inside)).join(" and "),
        list(&|site| site.endpoint.to_string()).join(" and ")
    );
    let why = "a container's ports are its own until the machine is told to publish one";
    let options = list(&|site| format!("--publish {}:{}", site.endpoint.port, site.inside)).join(" ");
    let lines = list(&|site| format!("`- \"{}:{}\"`", site.endpoint.port, site.inside)).join(" and ");
    let finding = Finding::new(&NOT_PUBLISHED, what, why).advise(format!(
        "recreate the container with it; its volumes keep all data. In compose.yaml add {lines} below `ports:` and run \
         `docker compose up -d`; to `docker run` add the options {options}"
    ));
    Some(finding)
}
