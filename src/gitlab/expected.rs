//! The servers that GitLab must run after an undo. Restored files alone do not prove that GitLab runs as before.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use anyhow::Result;
use labtrust_machine::{World, prove_each};
use labtrust_plan::{Certificate, Endpoint, Fingerprint, Proof, ProofResult, ShellLine, Wanted};

use super::{
    config::{Config, Known},
    container::Reach,
    guard::{self, Survey},
    installation::Installation,
    layout::Layout,
    role::Role,
};
use crate::hint::{Hint, hint};

/// The time that GitLab gets to serve again, in seconds: its supervisor pauses between two attempts.
const SECONDS: u64 = 60;

/// The expected state of a GitLab's servers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    /// The leaf that each endpoint must present.
    presented: Vec<(Endpoint, Fingerprint)>,
    /// Ports that must answer in plain HTTP.
    plain: Vec<u16>,
    /// GitLab's `gitlab-ctl`, for hints.
    gitlab_ctl: Option<ShellLine>,
}

impl Expected {
    /// The state that `installation` shows now at the endpoints of `layout`. `config` is its gitlab.rb.
    pub(crate) fn now(
        world: &World,
        installation: &Installation,
        config: &Config,
        layout: &Layout,
    ) -> Result<Self> {
        if !installation.is_gitlab() {
            return Ok(Self::default());
        }
        let Survey { served, .. } = guard::survey(world, layout)?;
        let leaf =
            |(endpoint, chain): (Endpoint, Vec<Certificate>)| Some((endpoint, chain.first()?.fingerprint()));
        let mut plain = ports_in_plain_http(installation, config);
        plain.retain(|port| is_open(*port));
        Ok(Self {
            presented: served.into_iter().filter_map(leaf).collect(),
            plain,
            gitlab_ctl: Some(installation.gitlab_ctl()),
        })
    }

    /// The state that follows from the settings and files of `installation`; empty if it does not run, or has no
    /// certificate.
    pub(crate) fn by_settings(world: &World, installation: &Installation) -> Result<Self> {
        let config = installation.settings(world)?;
        let endpoint = |role| match config.address(role) {
            Known::Is(address) if address.https && !config.is_off(role) => Some(address.endpoint),
            _ => None,
        };
        let mut expected = Self {
            plain: ports_in_plain_http(installation, &config),
            gitlab_ctl: Some(installation.gitlab_ctl()),
            ..Self::default()
        };
        if !installation.running {
            return Ok(Self::default());
        }
        if let Some(gitlab) = endpoint(Role::Gitlab) {
            let registry = endpoint(Role::Registry).unwrap_or_else(|| gitlab.clone());
            let layout = Layout::of(world, installation, &config, &gitlab, &registry)?;
            for files in &layout.pair_files {
                let standing = world.read(&files.certificate)?.unwrap_or_default();
                let Some(leaf) = Certificate::read_all(&standing).0.first().map(Certificate::fingerprint)
                else {
                    continue;
                };
                let own = layout.served.iter().filter(|endpoint| endpoint.host == files.host);
                expected.presented.extend(own.map(|endpoint| (endpoint.clone(), leaf)));
            }
        }
        Ok(expected)
    }

    /// The parts of this state that GitLab does not reach in time, one line each.
    pub(crate) fn lost(&self, world: &World) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(SECONDS);
        let left = || deadline.saturating_duration_since(Instant::now());
        let served = |(endpoint, sha256): &(Endpoint, Fingerprint)| Proof::Served {
            endpoint: endpoint.clone(),
            sha256: *sha256,
            sent_with: None,
            seconds: SECONDS,
        };
        let proofs: Vec<Proof> = self.presented.iter().map(served).collect();
        let shown = self.presented.iter().zip(prove_each(world, &proofs, Wanted::There));
        let mut lost: Vec<_> = shown
            .filter(|(_, shown)| !shown.as_ref().is_ok_and(ProofResult::holds))
            .map(|((endpoint, _), _)| format!("https://{endpoint} does not present its certificate"))
            .collect();
        for port in &self.plain {
            while !is_open(*port) && !left().is_zero() {
                std::thread::sleep(Duration::from_millis(50));
            }
            if !is_open(*port) {
                lost.push(format!("nothing answers on port {port}"));
            }
        }
        lost
    }

    /// The hint that starts GitLab again; it is the last line of the report.
    pub(crate) fn recovery_hint(&self) -> Hint {
        let gitlab_ctl = || self.gitlab_ctl.clone().unwrap_or_else(|| "gitlab-ctl".into());
        hint!(
            "start GitLab again (if it does not start, {} shows why): {}",
            gitlab_ctl().with(["tail", "nginx"]),
            gitlab_ctl().with(["reconfigure"])
        )
    }
}

/// The ports of this machine's loopback address on which GitLab answers in plain HTTP.
fn ports_in_plain_http(installation: &Installation, config: &Config) -> Vec<u16> {
    match config.address(Role::Gitlab) {
        Known::Is(address) if !address.https && !config.listens_on_chosen_addresses(Role::Gitlab) => {
            let port = config.listen_port(Role::Gitlab).unwrap_or(address.endpoint.port);
            match installation.published(port) {
                Reach::Here(port) | Reach::Loopback(port) => vec![port],
                Reach::Apart(_) | Reach::Nowhere => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn is_open(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}
