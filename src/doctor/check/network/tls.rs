//! Whether TLS is spoken there.

use std::net::SocketAddr;

use labtrust_machine::reach::{Step, Tls};
use labtrust_plan::ShellLine;

use super::{
    code::{AT_TLS, CLOSED, HANDSHAKE_FAILED, NOT_TLS},
    engine,
};
use crate::doctor::{
    Case, Finding,
    check::CheckResult,
    evidence::{Asked, ServerSeen},
};

pub(super) fn judge(case: &Case<'_>) -> CheckResult {
    let Some(server) = case.registry_server() else { return CheckResult::fault("it was not asked") };
    let mut connected = server.reached.addresses().iter().filter_map(|(address, step)| match step {
        Step::Connected(tls) => Some((*address, tls)),
        _ => None,
    });
    let (Some(first), others) = (connected.next(), connected) else {
        return CheckResult::skipped(if engine::gets_there(case) {
            "only the engine gets there"
        } else {
            "the port comes first"
        });
    };
    // A client takes whichever address it can connect to, and goes no further if that one fails.
    let worst = std::iter::once(first).chain(others).find(|(_, tls)| !matches!(tls, Tls::Chain(_)));
    match worst {
        Some((address, _)) if engine::gets_there(case) => CheckResult::passed(format!(
            "the engine gets there; {address} does not answer this program in TLS"
        )),
        Some((address, tls)) => finding(case, server, address, tls).into(),
        None => {
            let count = server.reached.chain().map_or(0, <[_]>::len);
            let detail = if count == 1 {
                "1 certificate is presented".into()
            } else {
                format!("{count} certificates are presented")
            };
            CheckResult::of(detail, engine::obstacle(case, AT_TLS).into_iter().collect())
        }
    }
}

fn finding(case: &Case<'_>, server: &ServerSeen, address: SocketAddr, tls: &Tls) -> Finding {
    let endpoint = case.endpoint();
    let (at, name) = (endpoint.to_string(), case.host().to_string());
    let inspect =
        ShellLine::of(["openssl", "s_client", "-connect", &at, "-servername", &name]).then("</dev/null");
    match tls {
        Tls::NotTls | Tls::Chain(_) => not_tls(case, server, address),
        Tls::Closed => Finding::new(
            &CLOSED,
            format!("{address} accepts the connection and closes it before TLS begins"),
            "a firewall or load balancer does so for those whom it does not let through, and a server that has \
             no certificate for this name",
        )
        .advise("look into the log of what listens there, and of every firewall or load balancer before it")
        .command(inspect),
        Tls::TimedOut => Finding::new(
            &HANDSHAKE_FAILED,
            format!("{address} accepts the connection and then says nothing"),
            "what accepts it is a firewall or load balancer that nobody stands behind, or a server that hangs",
        )
        .advise("on the server: gitlab-ctl restart nginx; else look at what stands before it")
        .command(inspect),
        Tls::Failed(why) => Finding::new(
            &HANDSHAKE_FAILED,
            format!("{address} speaks TLS, but: {why}"),
            "client and server found no way to speak TLS with each other",
        )
        .advise("on the server: nginx['ssl_protocols'] in gitlab.rb must have TLSv1.2, and its certificate must fit its key")
        .command(inspect),
    }
}

fn not_tls(case: &Case<'_>, server: &ServerSeen, address: SocketAddr) -> Finding {
    let endpoint = case.endpoint();
    match &server.plain {
        Asked::Answered(answer) => Finding::new(
            &NOT_TLS,
            format!("{address} speaks plain HTTP (it answers {}), not HTTPS", answer.status),
            "docker login takes HTTPS only, since it sends a password",
        )
        .advise(format!(
            "on the server, set registry_external_url 'https://{endpoint}' in /etc/gitlab/gitlab.rb, then: labtrust \
             setup and gitlab-ctl reconfigure; if something before GitLab ends TLS, it has to do so on this port, too"
        )),
        _ => Finding::new(
            &NOT_TLS,
            format!("{address} speaks neither TLS nor HTTP"),
            "something else listens on this port: SSH or a database, say",
        )
        .advise("name the registry's port; on the server, see who listens: ss -ltnp"),
    }
}
