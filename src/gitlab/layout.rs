//! Which files of an installation hold its pair, and on which endpoints of this machine the pair
//! must be seen once they are there. What GitLab's configuration says is obeyed or refused, never
//! ignored.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use labtrust_platform::{Endpoint, Host, World, handshake};

use super::{
    config::{Config, Known},
    container::{self, Reach},
    further::{Annex, Further},
    installation::{Installation, Kind, exists},
    nginx::{self, Listener},
    promise::Promise,
    role::Role,
};
use crate::hint::fail;

/// The files of one pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The host that it is served for.
    pub host: Host,
    /// The certificate's file on this machine.
    pub certificate: PathBuf,
    /// The key's file on this machine.
    pub key: PathBuf,
}

/// Where a pair goes and where it comes to light.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The files; one pair serves all hosts.
    pub places: Vec<Place>,
    /// Where clients meet this GitLab on this machine: looked at before anything is replaced.
    pub listening: Vec<Endpoint>,
    /// Those that present the pair as soon as nginx has read it.
    pub served: Vec<Endpoint>,
    /// Whether nginx serves it only once GitLab follows its gitlab.rb.
    pub is_reconfigured: bool,
    /// URLs of which placing the pair does not show that it is served there.
    pub promises: Vec<Promise>,
    /// What a person should know or do, a line each.
    pub notes: Vec<String>,
    /// The further hosts, which are yet to be decided on.
    pub annexes: Vec<Annex>,
}

/// What GitLab's data lies under: among it the pair by which the registry knows GitLab's tokens,
/// which has nothing to do with HTTPS.
const DATA: &str = "/var/opt/gitlab";

impl Installation {
    /// What its nginx is told to listen on; none if that cannot be read.
    pub fn listeners(&self, world: &World) -> Option<Vec<Listener>> {
        self.outside(Path::new(DATA)).and_then(|data| nginx::listeners(world, &data))
    }

    /// Whether it was seen that GitLab has not followed its gitlab.rb, where that sends port 80 on or switches
    /// Let's Encrypt off.
    fn lags(&self, world: &World, config: &Config) -> bool {
        let Some(data) = self.outside(Path::new(DATA)) else { return false };
        let lacks_redirect = || config.redirects() && nginx::redirects(world, &data) == Some(false);
        // What renews a certificate of Let's Encrypt's (omnibus-gitlab, letsencrypt/recipes/enable.rb).
        let renews = || exists(world, &data.join("crond/letsencrypt-renew")).unwrap_or_default();
        lacks_redirect() || (config.is_lets_encrypt_off() && renews())
    }
}

impl Layout {
    /// The layout of `installation` for a GitLab at `gitlab` and a registry at `registry`, as
    /// clients call them.
    pub fn of(
        world: &World,
        installation: &Installation,
        config: &Config,
        gitlab: &Endpoint,
        registry: &Endpoint,
    ) -> Result<Self> {
        let roles = [(Role::Gitlab, gitlab), (Role::Registry, registry)];
        let (further, notes) = Further::of(config, &gitlab.host);
        let mut layout = Self { notes, ..Self::default() };
        if matches!(installation.kind, Kind::Out | Kind::Prepared) {
            for (_, endpoint) in roles {
                layout.add(usual(installation, &endpoint.host));
            }
            for further in further {
                let mut part = Self::default();
                part.add(usual(installation, &further.address.endpoint.host));
                layout.annexes.push(Annex { further, layout: part });
            }
            return Ok(layout);
        }
        if let Some(line) = config.served_elsewhere() {
            return Err(fail(
                format!(
                    "gitlab.rb says `{line}`: something in front of GitLab speaks TLS, not GitLab itself"
                ),
                format!(
                    "write the pair for that server: labtrust setup {} --out DIR --reload CMD",
                    gitlab.host
                ),
            ));
        }
        let listeners = installation.listeners(world);
        for (role, endpoint) in roles {
            layout.add_role(installation, config, listeners.as_deref(), role, endpoint, &endpoint.host)?;
        }
        for further in further {
            let (mut part, endpoint) = (Self::default(), &further.address.endpoint);
            let added = part.add_role(
                installation,
                config,
                listeners.as_deref(),
                further.role,
                endpoint,
                &further.met,
            );
            match added {
                Ok(()) => layout.annexes.push(Annex { further, layout: part }),
                Err(error) => layout.notes.push(format!("{} gets no pair: {error}", further.title())),
            }
        }
        layout.is_reconfigured |= installation.lags(world, config);
        Ok(layout)
    }

    /// Adds what `other` names.
    pub(super) fn take_in(&mut self, other: Self) {
        other.places.into_iter().for_each(|place| self.add(place));
        self.listening.extend(other.listening);
        self.served.extend(other.served);
        self.promises.extend(other.promises);
        self.notes.extend(other.notes);
        self.is_reconfigured |= other.is_reconfigured;
    }

    fn add(&mut self, place: Place) {
        if !self.places.iter().any(|known| known.certificate == place.certificate) {
            self.places.push(place);
        }
    }

    /// Adds what serves `role` at `endpoint`, where clients call `met`.
    fn add_role(
        &mut self,
        installation: &Installation,
        config: &Config,
        listeners: Option<&[Listener]>,
        role: Role,
        endpoint: &Endpoint,
        met: &Host,
    ) -> Result<()> {
        let address = config.address(role);
        let stem = match &address {
            Known::Is(address) if address.endpoint.host == endpoint.host => address.stem.clone(),
            _ => endpoint.host.in_url(),
        };
        let port = config.listen_port(role).unwrap_or(endpoint.port);
        let listener = listeners.and_then(|all| all.iter().find(|listener| listener.is_for(&stem, port)));
        let usual = |ending: &str| Path::new(container::CONFIG).join(format!("ssl/{stem}.{ending}"));
        let certificate =
            path(config.certificate(role), usual("crt"), listener.map(|found| &found.certificate))?;
        let key = path(config.key(role), usual("key"), listener.map(|found| &found.key))?;
        self.add(Place {
            host: endpoint.host.clone(),
            certificate: outside(installation, &certificate)?,
            key: outside(installation, &key)?,
        });
        if certificate == key {
            return Err(fail(
                format!("gitlab.rb names {} for both the certificate and its key", certificate.display()),
                "name a file for each, or neither, and run `gitlab-ctl reconfigure`",
            ));
        }
        let promised = Endpoint::new(met.clone(), endpoint.port);
        let promise = |why: String| Promise { endpoint: promised.clone(), why, is_served: false };
        if let Some(line) = config.role_served_elsewhere(role).filter(|_| role != Role::Gitlab) {
            if !config.is_off(role) {
                self.promises.push(promise(format!(
                    "gitlab.rb sets `{line}`: what speaks TLS at {endpoint} must be told to read {}",
                    certificate.display()
                )));
            }
            return Ok(());
        }
        let speaks_tls = match &address {
            _ if config.is_off(role) => false,
            Known::Is(address) => address.https,
            Known::Computed(_) => true,
            Known::Unset => false,
        };
        if !speaks_tls && listener.is_none() {
            return Ok(());
        }
        let published = match installation.published(port) {
            Reach::Here(published) | Reach::Loopback(published) => published,
            Reach::Apart(address) => {
                self.promises.push(promise(format!(
                    "{endpoint} is published on {address} alone, where it was not seen to be served"
                )));
                return Ok(());
            }
            Reach::Nowhere => {
                self.promises.push(promise(match installation.kind {
                    Kind::Container(_) => format!(
                        "port {port} of the container is not published: nobody reaches {endpoint} until the container is \
                         recreated with `--publish {}:{port}`", endpoint.port
                    ),
                    _ => format!("no running GitLab was seen that uses this folder and serves {endpoint}"),
                }));
                return Ok(());
            }
        };
        let here = Endpoint::new(met.clone(), published);
        let answers = || handshake::fetch_here(&here, Duration::from_secs(3)).is_ok();
        match listener {
            Some(found) if found.is_proxied => self.promises.push(promise(format!(
                "GitLab's nginx answers a proxy alone at {endpoint}, and no proxy was seen to lead there"
            ))),
            Some(found) if found.certificate != certificate || found.key != key => {
                self.add_reconfigure(installation, &certificate, &promised, &here);
            }
            None if listeners.is_some() => {
                self.add_reconfigure(installation, &certificate, &promised, &here);
            }
            // Where its configuration does not say that it answers us, what answers now will answer afterwards.
            _ if !installation.running => {
                self.promises
                    .push(promise(format!("GitLab does not run: it serves {endpoint} once it is started")));
            }
            _ if listener.is_some_and(|found| found.is_everywhere) || answers() => {
                self.served.push(here.clone());
            }
            _ => self.promises.push(promise(format!("nothing at {endpoint} answers in TLS yet"))),
        }
        let is_loopback = matches!(installation.published(port), Reach::Loopback(_));
        if self.served.contains(&here) && (published != endpoint.port || is_loopback) {
            let why = if is_loopback {
                format!("{endpoint} is published on this machine's loopback address alone")
            } else {
                format!(
                    "GitLab is published on port {published} of this machine, and {endpoint} leads elsewhere"
                )
            };
            self.promises.push(Promise { is_served: true, ..promise(why) });
        }
        self.listening.push(here);
        Ok(())
    }

    fn add_reconfigure(
        &mut self,
        installation: &Installation,
        certificate: &Path,
        promised: &Endpoint,
        here: &Endpoint,
    ) {
        self.is_reconfigured = true;
        if installation.control.is_some() {
            self.served.push(here.clone());
            return;
        }
        let why = format!("GitLab's nginx is not set to serve {} at {promised} yet", certificate.display());
        self.promises.push(Promise { endpoint: promised.clone(), why, is_served: false });
    }
}

fn usual(installation: &Installation, host: &Host) -> Place {
    let stem = match installation.kind {
        Kind::Out => host.to_string(),
        _ => host.in_url(),
    };
    let file = |ending: &str| installation.ssl.join(format!("{stem}.{ending}"));
    Place { host: host.clone(), certificate: file("crt"), key: file("key") }
}

/// The path that nginx serves: what gitlab.rb names, else the usual one.
pub(super) fn path(said: Known<PathBuf>, usual: PathBuf, served: Option<&PathBuf>) -> Result<PathBuf> {
    match (said, served) {
        (Known::Unset, _) => Ok(usual),
        (Known::Is(path), _) => Ok(path),
        (Known::Computed(_), Some(path)) => Ok(path.clone()),
        (Known::Computed(line), None) => Err(fail(
            format!("gitlab.rb computes where the pair lies: `{line}`"),
            "write the path itself there, or leave both lines out so that the usual path holds; or place the pair by \
             hand: labtrust setup --out DIR",
        )),
    }
}

/// The file of this machine that GitLab calls `inside`.
pub(super) fn outside(installation: &Installation, inside: &Path) -> Result<PathBuf> {
    let shown = inside.display();
    if inside.starts_with(DATA) {
        return Err(fail(
            format!("gitlab.rb serves {shown}, which is among GitLab's own data and is never replaced"),
            "leave that line out so that the usual path in /etc/gitlab/ssl holds, and run `gitlab-ctl reconfigure`",
        ));
    }
    installation.outside(inside).ok_or_else(|| {
        fail(
            format!("gitlab.rb serves {shown}, which cannot be reached from here"),
            "leave that line out so that the usual path in /etc/gitlab/ssl holds, or place the pair by hand: labtrust \
             setup --out DIR",
        )
    })
}

#[cfg(test)]
mod tests;
