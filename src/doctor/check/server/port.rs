//! Checks the server's ports: taken by another program, or not published.

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
    "redirect-loop",
    "registry-redirected",
    "password-in-front",
    "access-forbidden",
    "registry-wrong-host",
    "not-a-registry",
    "tls-intercepted",
    "untrusted-docker",
    "untrusted-podman",
    "untrusted-system",
]);
pub(super) const NOT_PUBLISHED: Code = Code::error("port-not-published").explaining(&[
    "port-refused",
    "port-unreachable",
    "port-timeout",
    "registry-other-port",
    "realm-unreachable",
]);

/// Programs that listen on the published ports of containers.
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

/// Whether another program listens on the site's port.
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
        "port {port} of this machine is used by {} (process {}), not by {}",
        holder.name, holder.pid, server.gitlab.title
    );
    let finding = Finding::new(&TAKEN, what, "only one program can listen on a port")
        .advise(format!(
            "stop {} or give it another port, or set another port for GitLab in {} and log in at that port. On a \
             NAS whose own web server needs 443, publish GitLab on 8443. This shows the program:",
            holder.name,
            server.gitlab.gitlab_rb.display()
        ))
        .run(["sudo", "ss", "-ltnp", &format!("sport = :{port}")]);
    Some(finding)
}

fn not_published(server: Server<'_>) -> Option<Finding> {
    let container = server.gitlab.container.as_deref().filter(|_| server.gitlab.running)?;
    let is_shut = |site: &&SiteSeen| {
        // A container with its own address needs no published port.
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
        "the container {container} does not publish {}, so clients cannot reach {}",
        list(&|site| format!("port {}", site.inside)).join(" and "),
        list(&|site| site.endpoint.to_string()).join(" and ")
    );
    let why = "a container's port is reachable only if the container publishes it";
    let options = list(&|site| format!("--publish {}:{}", site.endpoint.port, site.inside)).join(" ");
    let lines = list(&|site| format!("`- \"{}:{}\"`", site.endpoint.port, site.inside)).join(" and ");
    let finding = Finding::new(&NOT_PUBLISHED, what, why).advise(format!(
        "recreate the container with the port; its volumes keep all data. In compose.yaml, add {lines} below \
         `ports:` and run `docker compose up -d`. With `docker run`, add the options {options}"
    ));
    Some(finding)
}
