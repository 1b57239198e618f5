//! Checks that the server speaks TLS.

use std::net::SocketAddr;

use labtrust_machine::reach::{Step, Tls};
use labtrust_plan::{Host, ShellLine};

use super::{
    code::{AT_TLS, CLOSED, HANDSHAKE_FAILED, NAME_UNKNOWN, NOT_TLS},
    engine,
};
use crate::doctor::{
    Case, Finding,
    check::{CheckResult, answer},
    evidence::{Asked, EngineInfo, EngineSeen, ServerSeen},
};

pub(super) fn judge(case: &Case<'_>) -> CheckResult {
    let Some(server) = case.registry_server() else { return CheckResult::fault("not checked") };
    let mut connected = server.reached.addresses().iter().filter_map(|(address, step)| match step {
        Step::Connected(tls) => Some((*address, tls)),
        _ => None,
    });
    let (Some(first), others) = (connected.next(), connected) else {
        return CheckResult::skipped(if engine::gets_there(case) {
            "not checked (only Docker reaches the port)"
        } else {
            "not checked (the port is not open)"
        });
    };
    // A client uses the first address that accepts its connection, and tries no other if TLS fails there.
    let worst = std::iter::once(first).chain(others).find(|(_, tls)| !matches!(tls, Tls::Chain(_)));
    match worst {
        Some((address, _)) if engine::gets_there(case) && !is_a_matter_of_luck(case, server) => {
            CheckResult::passed(format!("Docker reaches it; {address} does not answer labtrust with TLS"))
        }
        Some((address, tls)) => finding(case, server, address, tls).into(),
        None => {
            let count = server.reached.chain().map_or(0, <[_]>::len);
            let detail = if count == 1 {
                "the server sends 1 certificate".into()
            } else {
                format!("the server sends {count} certificates")
            };
            // With TLS 1.3, a server refuses a client without a certificate only after the handshake: see the registry.
            let obstacle =
                if server.answer.wants_certificate() { None } else { engine::obstacle(case, AT_TLS) };
            CheckResult::of(detail, obstacle.into_iter().collect())
        }
    }
}

/// Whether a daemon that connects directly reaches some addresses with TLS and others without.
fn is_a_matter_of_luck(case: &Case<'_>, server: &ServerSeen) -> bool {
    let is_direct = |engine: &EngineSeen| engine.info.answer().is_some_and(EngineInfo::is_direct);
    server.reached.chain().is_some() && case.evidence.engines.iter().all(is_direct)
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
            "a firewall or load balancer does this to clients that it blocks; so does a server without a \
             certificate for this name",
        )
        .advise("read the log of the program that listens there, and of each firewall or load balancer before it; \
                 this shows the handshake:")
        .command(inspect),
        Tls::TimedOut => Finding::new(
            &HANDSHAKE_FAILED,
            format!("{address} accepts the connection and then sends nothing"),
            "a firewall or load balancer without a server behind it does this; so does a server that hangs",
        )
        .advise("on the server: sudo gitlab-ctl restart nginx. Otherwise check the firewall or load balancer before \
                 it; this shows the handshake:")
        .command(inspect),
        Tls::NameUnknown => name_unknown(case, address).command(inspect),
        Tls::WantsCertificate => answer::certificate_wanted(case, address),
        Tls::Failed(why) => Finding::new(
            &HANDSHAKE_FAILED,
            format!("{address} speaks TLS, but the handshake fails: {why}"),
            "client and server cannot agree on a TLS version or cipher, or the server's certificate does not match \
             its key",
        )
        .advise("on the server, nginx['ssl_protocols'] in gitlab.rb must include TLSv1.2, and the certificate must \
                 match its key; this shows the handshake:")
        .command(inspect),
    }
}

fn name_unknown(case: &Case<'_>, address: SocketAddr) -> Finding {
    let host = case.host();
    let (what, advice) = match host {
        Host::Dns(_) => (
            format!("{address} has no site with the name {host}, and breaks off TLS"),
            format!(
                "in the web server or reverse proxy at this address, add a site for {host} (in nginx: server_name \
                 {host};), or log in with a name that it knows; this shows the handshake:"
            ),
        ),
        Host::Ip(_) => (
            format!("{address} breaks off TLS: it serves names only, and {host} is an address"),
            "log in with the name that GitLab shows at Deploy > Container registry; this shows the handshake:".into(),
        ),
    };
    let why = "a client names the host in the TLS handshake (SNI), and this server rejects names that it does not know";
    Finding::new(&NAME_UNKNOWN, what, why).advise(advice)
}

fn not_tls(case: &Case<'_>, server: &ServerSeen, address: SocketAddr) -> Finding {
    let endpoint = case.endpoint();
    match &server.plain {
        Asked::Answered(answer) => Finding::new(
            &NOT_TLS,
            format!("{address} speaks plain HTTP (it answers {}), not HTTPS", answer.status),
            "docker login requires HTTPS, because it sends a password",
        )
        .advise(format!(
            "on the server, set registry_external_url 'https://{endpoint}' in /etc/gitlab/gitlab.rb, then: sudo \
             labtrust setup && sudo gitlab-ctl reconfigure. If a reverse proxy before GitLab ends TLS, it must do \
             so on this port too"
        )),
        _ => Finding::new(
            &NOT_TLS,
            format!("{address} speaks neither TLS nor HTTP"),
            "another program listens on this port, such as SSH or a database",
        )
        .advise("use the registry's port; on the server, this shows which program listens: sudo ss -ltnp"),
    }
}
