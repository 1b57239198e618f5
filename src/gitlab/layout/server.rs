//! One server of GitLab's nginx: which files hold its certificate and key, and what shows that clients meet it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use labtrust_machine::handshake;
use labtrust_plan::{Endpoint, Host};

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

/// What GitLab's data lies under: among it the pair by which the registry knows GitLab's tokens,
/// which has nothing to do with HTTPS.
pub(super) const DATA: &str = "/var/opt/gitlab";

/// What serves `role` at `endpoint`.
pub(super) struct Server<'a> {
    pub installation: &'a Installation,
    pub config: &'a Config,
    /// What nginx is told to listen on; none if that cannot be read.
    pub listeners: Option<&'a [Listener]>,
    pub role: Role,
    pub endpoint: &'a Endpoint,
    /// The host that clients call.
    pub client_host: &'a Host,
}

/// The certificate and the key as GitLab calls them.
pub(super) struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What is known of a server, once its certificate and key are in place.
pub(super) enum Outlook {
    /// It presents the certificate as soon as nginx has read it.
    Served,
    /// It does so once GitLab follows its gitlab.rb.
    Reconfigured,
    /// Nothing shows that it will, for this reason.
    Unseen(String),
}

impl Server<'_> {
    /// Refuses a server of which nothing but Ruby tells whether it speaks TLS: one that does now tells it.
    pub(super) fn refuse_computed_tls(&self) -> Result<()> {
        match self.config.is_tls_computed(self.role).filter(|_| self.listener().is_none()) {
            None => Ok(()),
            Some(line) => Err(fail(
                format!("{line}: only Ruby knows whether GitLab's own nginx speaks TLS"),
                hint!(
                    "write true there; or, where something in front of GitLab speaks TLS, write false and create its \
                     certificate and key: {labtrust setup {} --out DIR --reload CMD}",
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

    pub(super) fn files(&self) -> Result<Files> {
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
    pub(super) fn port_here(&self, files: &Files) -> Result<u16, Option<String>> {
        let (config, role, endpoint) = (self.config, self.role, self.endpoint);
        let is_off = config.is_off(role);
        let other = if role == Role::Gitlab { None } else { config.role_served_elsewhere(role) };
        if let Some(line) = other {
            let certificate = files.certificate.display();
            let why =
                format!("{line}: configure the server that speaks TLS at {endpoint} to read {certificate}");
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
                "{endpoint} is published only on {address}, and labtrust did not see it served there"
            ))),
            Reach::Nowhere => Err(Some(match self.installation.kind {
                Kind::Container(_) => format!(
                    "port {port} of the container is not published: nobody reaches {endpoint} until the container is \
                     recreated with `--publish {}:{port}`",
                    endpoint.port
                ),
                _ => format!("labtrust found no running GitLab that uses this folder and serves {endpoint}"),
            })),
        }
    }

    /// What is known of it at `here` once `files` are in place.
    pub(super) fn outlook(&self, files: &Files, here: &Endpoint) -> Outlook {
        let (listener, endpoint) = (self.listener(), self.endpoint);
        let answers = || handshake::fetch_here(here, Duration::from_secs(3)).is_ok();
        match listener {
            Some(found) if found.is_proxied => Outlook::Unseen(format!(
                "GitLab's nginx answers only a proxy at {endpoint}, and labtrust found no proxy for it"
            )),
            Some(found) if found.certificate != files.certificate || found.key != files.key => {
                Outlook::Reconfigured
            }
            None if self.listeners.is_some() => Outlook::Reconfigured,
            // Where its configuration does not say that it answers us, what answers now will answer afterwards.
            _ if !self.installation.running => {
                Outlook::Unseen(format!("GitLab is not running: it serves {endpoint} after it starts"))
            }
            _ if listener.is_some_and(|found| found.is_everywhere) || answers() => Outlook::Served,
            _ => Outlook::Unseen(format!("nothing answers TLS at {endpoint} yet")),
        }
    }

    /// Why what is served on the port `published` of this machine is not yet met by clients, if it is not.
    pub(super) fn unreachable_reason(&self, published: u16) -> Option<String> {
        let endpoint = self.endpoint;
        if matches!(self.installation.published(self.port()), Reach::Loopback(_)) {
            return Some(format!("{endpoint} is published only on this machine's loopback address"));
        }
        (published != endpoint.port).then(|| {
            format!("GitLab is published on port {published} of this machine, and {endpoint} leads elsewhere")
        })
    }

    /// Where clients go.
    pub(super) fn client_endpoint(&self) -> Endpoint {
        Endpoint::new(self.client_host.clone(), self.endpoint.port)
    }

    pub(super) fn promise(&self, why: String) -> Promise {
        Promise { endpoint: self.client_endpoint(), why, is_served: false }
    }
}

/// The path that nginx serves: what gitlab.rb names, else the usual one.
pub(crate) fn path(said: Known<PathBuf>, usual: PathBuf, served: Option<&PathBuf>) -> Result<PathBuf> {
    match (said, served) {
        (Known::Unset, _) => Ok(usual),
        (Known::Is(path), _) => Ok(path),
        (Known::Computed(_), Some(path)) => Ok(path.clone()),
        (Known::Computed(line), None) => Err(fail(
            format!("{line}, and only Ruby knows which file that is"),
            "write the path itself there, or remove both lines to use the default path; or create only the certificate \
             and key: {labtrust setup --out DIR}",
        )),
    }
}

/// The file of this machine that GitLab calls `inside`.
pub(crate) fn outside(installation: &Installation, inside: &Path) -> Result<PathBuf> {
    let shown = inside.display();
    if inside.starts_with(DATA) {
        return Err(fail(
            format!(
                "gitlab.rb sets {shown}, which is among GitLab's own data, and labtrust never replaces it"
            ),
            "remove that line to use the default path in /etc/gitlab/ssl, and run `gitlab-ctl reconfigure`",
        ));
    }
    installation.outside(inside).ok_or_else(|| {
        fail(
            format!("gitlab.rb sets {shown}, which cannot be reached from this machine"),
            "remove that line to use the default path in /etc/gitlab/ssl; or create only the certificate and key: \
             {labtrust setup --out DIR}",
        )
    })
}
