//! Reads the GitLab of this machine, if there is one: its settings, its certificates and keys, and the certificates
//! that it serves. It does not run GitLab's own programs, because they take seconds.

mod files;
mod token_keys;

use std::{
    net::UdpSocket,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use labtrust_machine::{World, handshake, reach::Reached, world::listener};
use labtrust_plan::{Certificate, Endpoint, Host};
use serde::Deserialize;

use super::{
    task::joined,
    time_budget::{LATE, TimeBudget},
};
use crate::{
    certificate::{Parsed, PrivateKey},
    doctor::{
        Question,
        evidence::{Asked, GitlabSeen, LetsEncrypt, PairSeen, Redacted, SettingsSeen, SiteSeen},
    },
    gitlab::{Address, Config, Installation, Kind, Known, Role, container::Reach},
};

/// The time limit of a TLS handshake with a server on this machine.
const LOCAL: Duration = Duration::from_secs(2);

/// Every GitLab of this machine.
pub(super) fn find_all(question: &Question<'_>, budget: &TimeBudget) -> Vec<GitlabSeen> {
    let world = World::here();
    let found =
        Installation::find_without_running(&world, question.facts, budget.deadline).unwrap_or_default();
    found.iter().map(|installation| gitlab(&world, installation, budget)).collect()
}

/// The GitLab in `found` that the question is about: its URLs name `host`, or it is the only one and `host` is this
/// machine.
pub(super) fn choose(found: Vec<GitlabSeen>, host: &Host, reached: &Reached) -> Option<GitlabSeen> {
    let is_here = reached.addresses().iter().any(|(address, _)| {
        // Only an address of this machine can be bound.
        UdpSocket::bind((address.ip(), 0)).is_ok()
    });
    let is_alone = found.len() == 1;
    found.into_iter().find(|gitlab| gitlab.is_called(host) || (is_here && is_alone))
}

fn gitlab(world: &World, installation: &Installation, budget: &TimeBudget) -> GitlabSeen {
    let settings = installation.settings(world);
    GitlabSeen {
        title: installation.title().into(),
        gitlab_rb: installation.gitlab_rb(),
        container: match &installation.kind {
            Kind::Container(container) => Some(container.name.as_str().into()),
            _ => None,
        },
        running: installation.running,
        actor: installation.actor.clone(),
        reload: installation.reload.applied.clone(),
        reconfigure: installation.reconfigure().to_string(),
        token_keys: token_keys::read(world, installation),
        settings: settings.map(|config| self::settings(world, installation, &config, budget)).into(),
    }
}

fn settings(
    world: &World,
    installation: &Installation,
    config: &Config,
    budget: &TimeBudget,
) -> SettingsSeen {
    let addresses: Vec<(Role, Address)> = [Role::Gitlab, Role::Registry]
        .into_iter()
        .filter_map(|role| Some((role, config.address(role).known()?)))
        .collect();
    let tls: Vec<_> = addresses.iter().filter(|(_, address)| address.https).collect();
    let sites = thread::scope(|scope| {
        let sites: Vec<_> = (tls.iter())
            .map(|(role, address)| scope.spawn(|| site(world, installation, config, *role, address, budget)))
            .collect();
        sites.into_iter().map(joined).collect()
    });
    let mut hosts: Vec<Host> = addresses.iter().map(|(_, address)| address.endpoint.host.clone()).collect();
    hosts.dedup();
    SettingsSeen {
        hosts,
        ignored: config.remarks().into_iter().map(Redacted::from).collect(),
        unread: config.unread_files().map(Redacted::from).collect(),
        served_elsewhere: config.served_elsewhere().map(|line| line.text().into()),
        lets_encrypt: lets_encrypt(world, installation, config),
        sites,
    }
}

fn site(
    world: &World,
    installation: &Installation,
    config: &Config,
    role: Role,
    address: &Address,
    budget: &TimeBudget,
) -> SiteSeen {
    let inside = config.listen_port(role).unwrap_or(address.endpoint.port);
    let usual = |ending: &str| Path::new("/etc/gitlab/ssl").join(format!("{}.{ending}", address.stem));
    let named = (config.certificate(role), config.key(role));
    let path = |said: &Known<PathBuf>, ending: &str| match said {
        Known::Is(path) => Redacted::path(path),
        _ => usual(ending),
    };
    let (certificate, key) = (path(&named.0, "crt"), path(&named.1, "key"));
    let is_usual = certificate == usual("crt") && key == usual("key");
    let published = match installation.published(inside) {
        Reach::Here(port) | Reach::Loopback(port) => Some(port),
        Reach::Apart(_) | Reach::Nowhere => None,
    };
    let served = match published {
        Some(port) => {
            let here = Endpoint::new(address.endpoint.host.clone(), port);
            let question = move |limit: Duration| handshake::fetch_here(&here, limit.min(LOCAL));
            let served = budget.ask(&address.endpoint, question);
            served.map_or_else(|| Asked::Failed(LATE.into()), Asked::from)
        }
        None => Asked::Not,
    };
    let listener = installation
        .listeners(world)
        .unwrap_or_default()
        .into_iter()
        .find(|found| found.is_for(&address.stem, inside));
    SiteSeen {
        inside,
        published,
        default_pair: (!is_usual).then(|| pair(world, installation, &usual("crt"), &usual("key"))),
        in_settings: pair(world, installation, &certificate, &key),
        in_nginx: listener.map(|found| found.certificate),
        served,
        holder: listener::holder(published.unwrap_or(address.endpoint.port)),
        endpoint: address.endpoint.clone(),
    }
}

/// The certificate and key in files that GitLab names by these paths.
fn pair(world: &World, installation: &Installation, certificate: &Path, key: &Path) -> PairSeen {
    let read = |inside: &Path| files::read(world, installation, inside);
    let chain = read(certificate).map(|pem| pem.map(|pem| Certificate::read_all(&pem).0));
    let leaf = chain.as_ref().ok().and_then(|chain| chain.as_ref()?.first());
    let leaf = leaf.and_then(|leaf| Parsed::from_der(leaf.der()).ok());
    let fits = read(key).and_then(|pem| {
        let Some(pem) = pem else { return Ok(None) };
        let key = PrivateKey::from_plain_pem(&pem).map_err(|error| format!("{}: {error}", key.display()))?;
        match &leaf {
            Some(leaf) => Ok(Some(key.matches(leaf))),
            None => Err("there is no certificate to compare it with".into()),
        }
    });
    PairSeen { certificate: certificate.into(), key: key.into(), chain: chain.into(), fits: fits.into() }
}

/// The part of GitLab's secrets file that records its own decision about Let's Encrypt. The secrets are not read.
#[derive(Deserialize)]
struct Secrets {
    #[serde(default)]
    letsencrypt: Option<LetsEncryptSecrets>,
}

#[derive(Deserialize)]
struct LetsEncryptSecrets {
    #[serde(default)]
    auto_enabled: Option<bool>,
}

fn lets_encrypt(world: &World, installation: &Installation, config: &Config) -> LetsEncrypt {
    match config.lets_encrypt() {
        Known::Is(true) => return LetsEncrypt::On,
        Known::Is(false) => return LetsEncrypt::Off,
        Known::Computed(_) => return LetsEncrypt::WithoutPair,
        Known::Unset => {}
    }
    let file = installation.config.join("gitlab-secrets.json");
    let secrets =
        world.read(&file).ok().flatten().and_then(|json| serde_json::from_slice::<Secrets>(&json).ok());
    let has_enabled = secrets.and_then(|secrets| secrets.letsencrypt?.auto_enabled).unwrap_or(false);
    if has_enabled { LetsEncrypt::Itself } else { LetsEncrypt::WithoutPair }
}
