//! One server of GitLab's nginx: which files hold its certificate and key, and what shows that clients meet it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use labtrust_platform::{Endpoint, Host, handshake};

use super::{Layout, Place, outside, path};
use crate::{
    gitlab::{
        config::{Config, Known},
        container::{self, Reach},
        installation::{Installation, Kind},
        nginx::Listener,
        promise::Promise,
        role::Role,
    },
    hint::{fail, hint},
};

/// What serves `role` at `endpoint`.
pub(super) struct Server<'a> {
    pub installation: &'a Installation,
    pub config: &'a Config,
    /// What nginx is told to listen on; none if that cannot be read.
    pub listeners: Option<&'a [Listener]>,
    pub role: Role,
    pub endpoint: &'a Endpoint,
    /// The host that clients call.
    pub met: &'a Host,
}

/// The certificate and the key as GitLab calls them.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What is known of a server, once its certificate and key are in place.
enum Outlook {
    /// It presents the certificate as soon as nginx has read it.
    Served,
    /// It does so once GitLab follows its gitlab.rb.
    Reconfigured,
    /// Nothing shows that it will, for this reason.
    Unseen(String),
}

impl Layout {
    /// Adds the files of `server`, and where they come to light.
    pub(super) fn add_server(&mut self, server: &Server<'_>) -> Result<()> {
        let files = server.files()?;
        self.add(Place {
            host: server.endpoint.host.clone(),
            certificate: outside(server.installation, &files.certificate)?,
            key: outside(server.installation, &files.key)?,
        });
        let published = match server.published(&files) {
            Ok(port) => port,
            Err(why) => {
                self.promises.extend(why.map(|why| server.promise(why)));
                return Ok(());
            }
        };
        let here = Endpoint::new(server.met.clone(), published);
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
                        server.promised()
                    );
                    self.promises.push(server.promise(why));
                }
            }
            Outlook::Unseen(why) => self.promises.push(server.promise(why)),
        }
        if let Some(why) = server.detour(published).filter(|_| self.served.contains(&here)) {
            self.promises.push(Promise { is_served: true, ..server.promise(why) });
        }
        self.listening.push(here);
        Ok(())
    }
}

impl Server<'_> {
    /// Refuses a server of which nothing but Ruby tells whether it speaks TLS: one that does now tells it.
    pub fn refuse_computed_tls(&self) -> Result<()> {
        match self.config.is_tls_computed(self.role).filter(|_| self.listener().is_none()) {
            None => Ok(()),
            Some(line) => Err(fail(
                format!("{line}: only Ruby knows whether GitLab's own nginx speaks TLS"),
                hint!(
                    "write true there, or false where something in front of GitLab speaks TLS; then its certificate and \
                     key are made with: {labtrust setup {} --out DIR --reload CMD}",
                    self.endpoint.host.in_url()
                ),
            )),
        }
    }

    /// The host as GitLab puts it into file names.
    fn stem(&self) -> String {
        match self.config.address(self.role) {
            Known::Is(address) if address.endpoint.host == self.endpoint.host => address.stem,
            _ => self.endpoint.host.in_url(),
        }
    }

    /// The port on which nginx listens for it.
    fn port(&self) -> u16 {
        self.config.listen_port(self.role).unwrap_or(self.endpoint.port)
    }

    /// What nginx was told of it.
    fn listener(&self) -> Option<&Listener> {
        let (stem, port) = (self.stem(), self.port());
        self.listeners?.iter().find(|listener| listener.is_for(&stem, port))
    }

    fn files(&self) -> Result<Files> {
        let (stem, listener) = (self.stem(), self.listener());
        let usual = |ending: &str| Path::new(container::CONFIG).join(format!("ssl/{stem}.{ending}"));
        let certificate =
            path(self.config.certificate(self.role), usual("crt"), listener.map(|found| &found.certificate))?;
        let key = path(self.config.key(self.role), usual("key"), listener.map(|found| &found.key))?;
        if certificate == key {
            return Err(fail(
                format!("gitlab.rb names {} for both the certificate and its key", certificate.display()),
                "name a file for each, or neither, and run `gitlab-ctl reconfigure`",
            ));
        }
        Ok(Files { certificate, key })
    }

    /// The port of this machine that leads to it. An error says why none does, if it is to speak TLS at all.
    fn published(&self, files: &Files) -> Result<u16, Option<String>> {
        let (config, role, endpoint) = (self.config, self.role, self.endpoint);
        let is_off = config.is_off(role);
        let other = if role == Role::Gitlab { None } else { config.role_served_elsewhere(role) };
        if let Some(line) = other {
            let certificate = files.certificate.display();
            let why = format!("{line}: what speaks TLS at {endpoint} must be told to read {certificate}");
            return Err((!is_off).then_some(why));
        }
        let computed = if role == Role::Gitlab { None } else { config.is_tls_computed(role) };
        if let Some(line) = computed.filter(|_| !is_off && self.listener().is_none()) {
            return Err(Some(format!(
                "{line}: only Ruby knows whether GitLab's own nginx serves {endpoint}"
            )));
        }
        let speaks_tls = match config.address(role) {
            _ if is_off => false,
            Known::Is(address) => address.https,
            Known::Computed(_) => true,
            Known::Unset => false,
        };
        if !speaks_tls && self.listener().is_none() {
            return Err(None);
        }
        let port = self.port();
        match self.installation.published(port) {
            Reach::Here(published) | Reach::Loopback(published) => Ok(published),
            Reach::Apart(address) => Err(Some(format!(
                "{endpoint} is published on {address} alone, where it was not seen to be served"
            ))),
            Reach::Nowhere => Err(Some(match self.installation.kind {
                Kind::Container(_) => format!(
                    "port {port} of the container is not published: nobody reaches {endpoint} until the container is \
                     recreated with `--publish {}:{port}`",
                    endpoint.port
                ),
                _ => format!("no running GitLab was seen that uses this folder and serves {endpoint}"),
            })),
        }
    }

    /// What is known of it at `here` once `files` are in place.
    fn outlook(&self, files: &Files, here: &Endpoint) -> Outlook {
        let (listener, endpoint) = (self.listener(), self.endpoint);
        let answers = || handshake::fetch_here(here, Duration::from_secs(3)).is_ok();
        match listener {
            Some(found) if found.is_proxied => Outlook::Unseen(format!(
                "GitLab's nginx answers a proxy alone at {endpoint}, and no proxy was seen to lead there"
            )),
            Some(found) if found.certificate != files.certificate || found.key != files.key => {
                Outlook::Reconfigured
            }
            None if self.listeners.is_some() => Outlook::Reconfigured,
            // Where its configuration does not say that it answers us, what answers now will answer afterwards.
            _ if !self.installation.running => {
                Outlook::Unseen(format!("GitLab does not run: it serves {endpoint} once it is started"))
            }
            _ if listener.is_some_and(|found| found.is_everywhere) || answers() => Outlook::Served,
            _ => Outlook::Unseen(format!("nothing at {endpoint} answers in TLS yet")),
        }
    }

    /// Why what is served on the port `published` of this machine is not yet met by clients, if it is not.
    fn detour(&self, published: u16) -> Option<String> {
        let endpoint = self.endpoint;
        if matches!(self.installation.published(self.port()), Reach::Loopback(_)) {
            return Some(format!("{endpoint} is published on this machine's loopback address alone"));
        }
        (published != endpoint.port).then(|| {
            format!("GitLab is published on port {published} of this machine, and {endpoint} leads elsewhere")
        })
    }

    /// Where clients go.
    fn promised(&self) -> Endpoint {
        Endpoint::new(self.met.clone(), self.endpoint.port)
    }

    fn promise(&self, why: String) -> Promise {
        Promise { endpoint: self.promised(), why, is_served: false }
    }
}
