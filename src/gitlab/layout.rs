//! The files of an installation that hold its certificate and key, and the endpoints of this machine that must present
//! the certificate afterwards. labtrust obeys or refuses GitLab's configuration, and never ignores it.

mod server;

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::World;
use labtrust_plan::{Endpoint, Host};

use self::server::{DATA, Outlook, Server};
pub(super) use self::server::{outside, path};
use super::{
    config::Config,
    extra_host::ExtraHost,
    installation::{Installation, Kind, exists},
    nginx::{self, Listener},
    promise::Promise,
    role::Role,
};
use crate::hint::{fail, hint};

/// The files of one certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PairFiles {
    /// The host that GitLab serves them for.
    pub host: Host,
    /// The certificate's file on this machine.
    pub certificate: PathBuf,
    /// The key's file on this machine.
    pub key: PathBuf,
}

/// The files to write, and the endpoints that then present the certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The files, of each host; all hosts get the same certificate and key.
    pub pair_files: Vec<PairFiles>,
    /// The endpoints of this GitLab on this machine. labtrust looks at them before it replaces anything.
    pub listening: Vec<Endpoint>,
    /// The endpoints that present the certificate as soon as nginx reloads it.
    pub served: Vec<Endpoint>,
    /// Whether nginx serves it only after GitLab applies its gitlab.rb.
    pub is_reconfigured: bool,
    /// URLs for which the installed files do not prove that GitLab serves the certificate there.
    pub promises: Vec<Promise>,
    /// Notes for the report, one line each.
    pub notes: Vec<String>,
    /// The extra hosts, on which [`Layout::assign_extra_hosts`] decides.
    pub extra_sites: Vec<ExtraSite>,
}

/// An extra host, and its files and endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExtraSite {
    /// The host.
    pub host: ExtraHost,
    /// Its part of the layout.
    pub layout: Layout,
}

impl Installation {
    /// The listeners in its nginx configuration; none if it cannot be read.
    pub(crate) fn listeners(&self, world: &World) -> Option<Vec<Listener>> {
        self.outside(Path::new(DATA)).and_then(|data| nginx::listeners(world, &data))
    }

    /// Whether GitLab has certainly not applied its gitlab.rb yet, if that redirects port 80 or disables Let's Encrypt.
    fn has_not_reconfigured(&self, world: &World, config: &Config) -> bool {
        let Some(data) = self.outside(Path::new(DATA)).filter(|_| !config.has_unread_files()) else {
            return false;
        };
        let lacks_redirect = || config.redirects() && nginx::redirects(world, &data) == Some(false);
        // The cron job that renews Let's Encrypt's certificate (omnibus-gitlab, letsencrypt/recipes/enable.rb).
        let renews = || exists(world, &data.join("crond/letsencrypt-renew")).unwrap_or_default();
        lacks_redirect() || (config.is_lets_encrypt_off() && renews())
    }
}

impl Layout {
    /// The layout of `installation` for a GitLab at `gitlab` and a registry at `registry`, the endpoints for clients.
    pub(crate) fn of(
        world: &World,
        installation: &Installation,
        config: &Config,
        gitlab: &Endpoint,
        registry: &Endpoint,
    ) -> Result<Self> {
        let roles = [(Role::Gitlab, gitlab), (Role::Registry, registry)];
        let (extra_hosts, notes) = ExtraHost::of(config, &gitlab.host);
        let mut layout = Self { notes, ..Self::default() };
        if !installation.is_gitlab() {
            for (_, endpoint) in roles {
                layout.add(usual(installation, &endpoint.host));
            }
            for host in extra_hosts {
                let mut part = Self::default();
                part.add(usual(installation, &host.address.endpoint.host));
                layout.extra_sites.push(ExtraSite { host, layout: part });
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
        let server = |role, endpoint, client_host| Server {
            installation,
            config,
            listeners: listeners.as_deref(),
            role,
            endpoint,
            client_host,
            usual_ports: [gitlab.port, registry.port],
        };
        server(Role::Gitlab, gitlab, &gitlab.host).refuse_computed_tls()?;
        for (role, endpoint) in roles {
            layout.add_server(&server(role, endpoint, &endpoint.host))?;
        }
        for host in &extra_hosts {
            let mut part = Self::default();
            match part.add_server(&server(host.role, &host.address.endpoint, &host.client_host)) {
                Ok(()) => layout.extra_sites.push(ExtraSite { host: host.clone(), layout: part }),
                Err(error) => layout.notes.push(format!("{} gets no certificate: {error}", host.title())),
            }
        }
        layout.is_reconfigured |= installation.has_not_reconfigured(world, config);
        Ok(layout)
    }

    /// Adds the files, endpoints and notes of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        other.pair_files.into_iter().for_each(|files| self.add(files));
        self.listening.extend(other.listening);
        self.served.extend(other.served);
        self.promises.extend(other.promises);
        self.notes.extend(other.notes);
        self.is_reconfigured |= other.is_reconfigured;
    }

    fn add(&mut self, files: PairFiles) {
        if !self.pair_files.iter().any(|known| known.certificate == files.certificate) {
            self.pair_files.push(files);
        }
    }

    /// Adds the files of `server`, and the endpoint that presents them.
    fn add_server(&mut self, server: &Server<'_>) -> Result<()> {
        let files = server.files()?;
        self.add(PairFiles {
            host: server.endpoint.host.clone(),
            certificate: outside(server.installation, &files.certificate, server.client_host)?,
            key: outside(server.installation, &files.key, server.client_host)?,
        });
        let published = match server.port_here(&files) {
            Ok(port) => port,
            Err(why) => {
                self.promises.extend(why.map(|why| server.promise(why)));
                return Ok(());
            }
        };
        let here = Endpoint::new(server.client_host.clone(), published);
        match server.outlook(&files, &here) {
            Outlook::Served => self.served.push(here.clone()),
            Outlook::Reconfigured => {
                self.is_reconfigured = true;
                if server.installation.control.is_some() {
                    self.served.push(here.clone());
                } else {
                    let certificate = files.certificate.display();
                    let why = format!(
                        "GitLab's nginx is not set to serve {certificate} at {} yet",
                        server.client_endpoint()
                    );
                    self.promises.push(server.promise(why));
                }
            }
            Outlook::Unseen(why) => self.promises.push(server.promise(why)),
        }
        if let Some(why) = server.unreachable_reason(published).filter(|_| self.served.contains(&here)) {
            self.promises.push(Promise { is_served: true, ..server.promise(why) });
        }
        self.listening.push(here);
        Ok(())
    }
}

fn usual(installation: &Installation, host: &Host) -> PairFiles {
    let stem = match installation.kind {
        Kind::Out => host.to_string(),
        _ => host.in_url(),
    };
    let file = |ending: &str| installation.ssl.join(format!("{stem}.{ending}"));
    PairFiles { host: host.clone(), certificate: file("crt"), key: file("key") }
}

#[cfg(test)]
mod tests;
