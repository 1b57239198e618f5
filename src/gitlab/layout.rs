//! Which files of an installation hold its pair, and on which endpoints of this machine the pair
//! must be seen once they are there. What GitLab's configuration says is obeyed or refused, never
//! ignored.

mod server;

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_platform::{Endpoint, Host, World};

use self::server::Server;
use super::{
    config::{Config, Known},
    further::{Annex, Further},
    installation::{Installation, Kind, exists},
    nginx::{self, Listener},
    promise::Promise,
    role::Role,
};
use crate::hint::{fail, hint};

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
                {
                    layout.annexes.push(Annex { further: further.clone(), layout: part });
                };
            }
            return Ok(layout);
        }
        if let Some(line) = config.served_elsewhere() {
            return Err(fail(
                format!("{line}: something in front of GitLab speaks TLS, not GitLab itself"),
                hint!(
                    "write the certificate and key for that server: {labtrust setup {} --out DIR --reload CMD}",
                    gitlab.host.in_url()
                ),
            ));
        }
        let listeners = installation.listeners(world);
        let server = |role, endpoint, met| Server {
            installation,
            config,
            listeners: listeners.as_deref(),
            role,
            endpoint,
            met,
        };
        server(Role::Gitlab, gitlab, &gitlab.host).refuse_computed_tls()?;
        for (role, endpoint) in roles {
            layout.add_server(&server(role, endpoint, &endpoint.host))?;
        }
        for further in &further {
            let mut part = Self::default();
            match part.add_server(&server(further.role, &further.address.endpoint, &further.met)) {
                Ok(()) => layout.annexes.push(Annex { further: further.clone(), layout: part }),
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
            format!("{line}, and only Ruby knows which file that is"),
            "write the path itself there, or leave both lines out so that the usual path holds; or place the pair by \
             hand: {labtrust setup --out DIR}",
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
            "leave that line out so that the usual path in /etc/gitlab/ssl holds, or place the pair by hand: \
             {labtrust setup --out DIR}",
        )
    })
}

#[cfg(test)]
mod tests;
