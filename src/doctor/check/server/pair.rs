//! Checks the certificate and key on the server's disk, and that GitLab serves them.

use labtrust_plan::{Certificate, Change, Command, Proof, Reload, ShellLine, StoreId};

use super::{port::is_taken, subject::Server};
use crate::{
    certificate::Parsed,
    doctor::{
        Code, Finding, Fix,
        evidence::{Asked, PairSeen, SiteSeen},
    },
    gitlab::STORE,
};

pub(super) const OVERRIDDEN: Code = Code::error("ssl-path-overridden").explaining(OF_ANOTHER_PAIR);
pub(super) const MISMATCH: Code = Code::error("key-mismatch-on-disk").explaining(&[
    "served-not-on-disk",
    "port-refused",
    "connection-closed",
]);
pub(super) const NOT_ON_DISK: Code = Code::error("served-not-on-disk").explaining(OF_ANOTHER_PAIR);

/// Codes about a served certificate that is not the configured one: they follow from that.
const OF_ANOTHER_PAIR: &[&str] = &[
    "tls-intercepted",
    "cert-expired",
    "cert-expiring",
    "cert-not-yet-valid",
    "cert-name-mismatch",
    "cert-no-san",
    "cert-ip-not-in-san",
    "cert-no-server-auth",
    "cert-weak",
    "cert-too-long",
    "cert-is-ca",
    "cert-refused",
    "chain-incomplete",
    "chain-out-of-order",
    "constraint-violated",
    "realm-untrusted",
    "untrusted-docker",
    "untrusted-podman",
    "untrusted-system",
    "anchor-replaced",
    "build-untrusted",
];

/// Seconds until nginx must serve the certificate after a reload.
const SECONDS: u64 = 5;

pub(super) fn findings(server: Server<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut seen: Vec<&PairSeen> = Vec::new();
    // GitLab and its registry usually share one certificate and key.
    for site in &server.settings.sites {
        if !seen.contains(&&site.in_settings) {
            findings.extend(overridden(server, site));
            findings.extend(mismatch(server, site));
        }
        if !seen.contains(&&site.in_settings) || findings.is_empty() {
            findings.extend(not_on_disk(server, site));
        }
        seen.push(&site.in_settings);
    }
    findings
}

/// Why the certificate and key on the disk could not be judged, if so.
pub(super) fn fault(server: Server<'_>) -> Option<String> {
    server.settings.sites.iter().find_map(|site| {
        // A certificate that nginx serves is usable.
        let is_served = site.in_settings.leaf().is_some() && site.in_settings.leaf() == served(site);
        let fault = site.in_settings.chain.fault().or_else(|| site.in_settings.fits.fault());
        fault.filter(|_| !is_served).map(str::to_owned)
    })
}

fn served(site: &SiteSeen) -> Option<&Certificate> {
    site.served.answer()?.first()
}

fn short(leaf: &Certificate) -> String {
    leaf.fingerprint().short()
}

fn overridden(server: Server<'_>, site: &SiteSeen) -> Option<Finding> {
    let (in_settings, usual) = (&site.in_settings, site.default_pair.as_ref()?);
    // The other site may use the certificate in the usual place.
    let is_used =
        server.settings.sites.iter().any(|other| other.in_settings.certificate == usual.certificate);
    let trouble = match (in_settings.leaf(), usual.leaf()) {
        _ if in_settings.is_missing() => "which does not exist".to_owned(),
        (Some(in_settings), Some(other)) if in_settings != other && !is_used => {
            format!("but another certificate is in {}", usual.certificate.display())
        }
        _ => return None,
    };
    let file = server.gitlab.gitlab_rb.display();
    let (path, endpoint) = (in_settings.certificate.display(), &site.endpoint);
    let what = format!("{file} names {path} as the certificate of {endpoint}, {trouble}");
    let why =
        "a path in gitlab.rb overrides the default in /etc/gitlab/ssl, and a certificate there is not served";
    let finding = Finding::new(&OVERRIDDEN, what, why)
        .advise(format!(
            "remove the lines ssl_certificate and ssl_certificate_key from {file} to use the default paths, or \
             install the certificate and key at the paths that they name; then:"
        ))
        .command(server.reconfigure());
    Some(finding)
}

fn mismatch(server: Server<'_>, site: &SiteSeen) -> Option<Finding> {
    if site.in_settings.fits != Asked::Answered(Some(false)) {
        return None;
    }
    let (certificate, key) = (site.in_settings.certificate.display(), site.in_settings.key.display());
    let what = format!("{key} is not the key of {certificate}");
    let why =
        "nginx rejects a certificate and key that do not match: it keeps the old ones, or does not start";
    let finding = Finding::new(&MISMATCH, what, why)
        .advise("install the matching key with labtrust import, or make a new certificate and key:")
        .run(["sudo", "labtrust", "setup", &server.case.host().in_url(), "--replace"]);
    Some(finding)
}

fn not_on_disk(server: Server<'_>, site: &SiteSeen) -> Option<Finding> {
    let (shown, leaf) = (served(site)?, site.in_settings.leaf()?);
    if shown == leaf || is_taken(server, site) {
        return None;
    }
    let what = format!(
        "{} presents a certificate (SHA-256 {}…) that differs from the one in {} ({}…)",
        site.endpoint,
        short(shown),
        site.in_settings.certificate.display(),
        short(leaf)
    );
    // If nginx is configured with another file, gitlab.rb was changed but not applied.
    let is_configured = site.in_nginx.as_ref().is_none_or(|path| *path == site.in_settings.certificate);
    let (why, command) = if is_configured {
        ("nginx reads its certificate and key when it starts or reloads, not when the file changes", None)
    } else {
        (
            "nginx still serves another file: gitlab.rb was changed, but not applied",
            Some(server.reconfigure()),
        )
    };
    let finding = Finding::new(&NOT_ON_DISK, what, why);
    let commands = match command {
        Some(command) => vec![command],
        None => nginx_reload(server).iter().map(|command| ShellLine::from(command).by_root()).collect(),
    };
    let changes =
        if is_configured && is_good(server, site) { vec![reload_change(server, leaf)] } else { Vec::new() };
    Some(finding.with(Fix { commands, changes, ..Fix::default() }))
}

/// Whether clients that trust the CA would accept the certificate on the disk.
fn is_good(server: Server<'_>, site: &SiteSeen) -> bool {
    let leaf = site.in_settings.leaf().and_then(|leaf| Parsed::from_der(leaf.der()).ok());
    let is_good = |leaf: Parsed| {
        leaf.is_valid_at(server.case.evidence.at) && leaf.covers(&site.endpoint.host) && leaf.may_serve()
    };
    site.in_settings.fits == Asked::Answered(Some(true))
        && leaf.is_some_and(is_good)
        && !nginx_reload(server).is_empty()
}

/// The command that reloads nginx. The registry behind it does not use TLS and is not reloaded.
fn nginx_reload(server: Server<'_>) -> &[Command] {
    let nginx =
        server.gitlab.reload.iter().position(|command| command.arguments.iter().any(|word| word == "nginx"));
    nginx.map(|at| &server.gitlab.reload[at..=at]).unwrap_or_default()
}

/// A change without steps: it reloads nginx, and a handshake proves which certificate nginx serves.
fn reload_change(server: Server<'_>, leaf: &Certificate) -> Change {
    let shown = |site: &&SiteSeen| site.in_settings.leaf() == Some(leaf) && site.served.answer().is_some();
    let proof = |site: &SiteSeen| Proof::Served {
        endpoint: labtrust_plan::Endpoint::new(
            site.endpoint.host.clone(),
            site.published.unwrap_or(site.endpoint.port),
        ),
        sha256: leaf.fingerprint(),
        sent_with: None,
        seconds: SECONDS,
    };
    Change {
        store: StoreId::new(STORE),
        subject: "reload".into(),
        actor: server.gitlab.actor.clone(),
        steps: Vec::new(),
        reload: Reload { applied: nginx_reload(server).to_vec(), ..Reload::default() },
        proof: Proof::All(server.settings.sites.iter().filter(shown).map(proof).collect()),
        serves: None,
    }
}
