//! One server of GitLab's nginx: the files of its certificate and key, and the proof that clients can reach it.

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
        recipe::Keeper,
        role::Role,
    },
    hint::{fail, hint},
};

/// The folder of GitLab's data. It also holds the certificate and key that sign the registry's tokens, which are not for
/// HTTPS.
pub(super) const DATA: &str = "/var/opt/gitlab";

/// The server of `role` at `endpoint`.
pub(super) struct Server<'a> {
    pub installation: &'a Installation,
    pub config: &'a Config,
    /// The listeners in nginx's configuration; none if it cannot be read.
    pub listeners: Option<&'a [Listener]>,
    pub role: Role,
    pub endpoint: &'a Endpoint,
    /// The host name that clients use.
    pub client_host: &'a Host,
    /// The ports of GitLab and of its registry for clients.
    pub usual_ports: [u16; 2],
}

/// The paths of the certificate and key inside GitLab.
pub(super) struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// The expected state of a server after its certificate and key are installed.
pub(super) enum Outlook {
    /// It presents the certificate as soon as nginx reloads it.
    Served,
    /// It presents the certificate after GitLab applies its gitlab.rb.
    Reconfigured,
    /// Unknown, for this reason.
    Unseen(String),
}

impl Server<'_> {
    /// Refuses a server if gitlab.rb does not tell whether it speaks TLS, and nginx does not serve it yet.
    pub(super) fn refuse_computed_tls(&self) -> Result<()> {
        if let Some(line) = self.config.local_tls(self.role).filter(|_| self.listener().is_none()) {
            let (place, text) = (line.place(), line.text());
            return Err(fail(
                format!(
                    "{place} sets only a local variable of Ruby: `{text}`: labtrust cannot tell whether GitLab's nginx is meant \
                     to use TLS"
                ),
                hint!(
                    "remove the variable; or, where something in front of GitLab speaks TLS, create its certificate and \
                     key: {labtrust setup {} --out DIR --reload CMD}",
                    self.endpoint.host.in_url()
                ),
            ));
        }
        match self.config.is_tls_computed(self.role).filter(|_| self.listener().is_none()) {
            None => Ok(()),
            Some(line) => Err(fail(
                format!("{line}: labtrust cannot tell whether GitLab's nginx uses TLS"),
                hint!(
                    "write below it nginx['listen_https'] = true; or, where something in front of GitLab speaks TLS, write \
                     false and create its certificate and key: {labtrust setup {} --out DIR --reload CMD}",
                    self.endpoint.host.in_url()
                ),
            )),
        }
    }

    /// The host as GitLab writes it in file names.
    fn stem(&self) -> String {
        match self.config.address(self.role) {
            Known::Is(address) if address.endpoint.host == self.endpoint.host => address.stem,
            _ => self.endpoint.host.in_url(),
        }
    }

    /// The port on which nginx listens for it.
    fn port(&self) -> u16 {
        let port = self.config.listen_port(self.role).unwrap_or(self.endpoint.port);
        self.listener().map_or(port, |listener| listener.port)
    }

    /// Its listener in nginx's configuration. If only Ruby can tell its port, this is the one listener of its host that
    /// has a port of its own.
    fn listener(&self) -> Option<&Listener> {
        let (stem, listeners) = (self.stem(), self.listeners?);
        let port = self.config.listen_port(self.role).unwrap_or(self.endpoint.port);
        let found = listeners.iter().find(|listener| listener.is_for(&stem, port));
        if found.is_some() || self.config.tells_port(self.role) {
            return found;
        }
        let mut own = listeners.iter().filter(|listener| {
            !self.usual_ports.contains(&listener.port) && listener.is_for(&stem, listener.port)
        });
        own.next().filter(|_| own.next().is_none())
    }

    pub(super) fn files(&self) -> Result<Files> {
        let (stem, listener, host) = (self.stem(), self.listener(), self.client_host);
        // A file that labtrust cannot follow may set the paths, and nginx has the paths of the last reconfigure.
        if let Some(served) = listener.filter(|_| self.config.has_unread_files()) {
            return Ok(Files { certificate: served.certificate.clone(), key: served.key.clone() });
        }
        let usual = |ending: &str| Path::new(container::CONFIG).join(format!("ssl/{stem}.{ending}"));
        let certificate = path(
            self.config.certificate(self.role),
            usual("crt"),
            listener.map(|found| &found.certificate),
            host,
        )?;
        let key = path(self.config.key(self.role), usual("key"), listener.map(|found| &found.key), host)?;
        if certificate == key {
            return Err(fail(
                format!("gitlab.rb names {} for both the certificate and its key", certificate.display()),
                "name a file for each, or neither, and run `gitlab-ctl reconfigure`",
            ));
        }
        Ok(Files { certificate, key })
    }

    /// The port of this machine that leads to it. The error is the reason why none does; it is none if the server is not
    /// meant to speak TLS.
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
                "{line}: labtrust cannot tell whether GitLab's nginx serves {endpoint}"
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
            Reach::Nowhere => Err(Some(match &self.installation.kind {
                Kind::Container(container) => {
                    let publish = match container.recipe.keeper() {
                        Keeper::Nobody => {
                            format!(
                                "until the container is recreated with `--publish {}:{port}`",
                                endpoint.port
                            )
                        }
                        _ => format!("until {}:{port} is published, too", endpoint.port),
                    };
                    format!(
                        "port {port} of the container is not published: nobody reaches {endpoint} {publish}"
                    )
                }
                _ => format!("labtrust found no running GitLab that uses this folder and serves {endpoint}"),
            })),
        }
    }

    /// Its expected state at `here` after `files` are installed.
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
            None if !self.config.tells_port(self.role) => {
                Outlook::Unseen(format!("only Ruby can tell whether GitLab's nginx serves {endpoint}"))
            }
            None if self.listeners.is_some() => Outlook::Reconfigured,
            // Where the configuration does not tell whether it answers on loopback, the present answer tells.
            _ if !self.installation.running => {
                Outlook::Unseen(format!("GitLab is not running: it serves {endpoint} after it starts"))
            }
            _ if listener.is_some_and(|found| found.is_everywhere) || answers() => Outlook::Served,
            _ => Outlook::Unseen(format!("nothing answers TLS at {endpoint} yet")),
        }
    }

    /// The reason, if any, why clients do not reach the server on the port `published` of this machine.
    pub(super) fn unreachable_reason(&self, published: u16) -> Option<String> {
        let endpoint = self.endpoint;
        if matches!(self.installation.published(self.port()), Reach::Loopback(_)) {
            return Some(format!("{endpoint} is published only on this machine's loopback address"));
        }
        (published != endpoint.port).then(|| {
            format!("GitLab is published on port {published} of this machine, and {endpoint} leads elsewhere")
        })
    }

    /// The endpoint that clients use.
    pub(super) fn client_endpoint(&self) -> Endpoint {
        Endpoint::new(self.client_host.clone(), self.endpoint.port)
    }

    pub(super) fn promise(&self, why: String) -> Promise {
        Promise { endpoint: self.client_endpoint(), why, is_served: false }
    }
}

/// The path that nginx uses for `host`: the one in gitlab.rb, else the default.
pub(crate) fn path(
    said: Known<PathBuf>,
    usual: PathBuf,
    served: Option<&PathBuf>,
    host: &Host,
) -> Result<PathBuf> {
    match (said, served) {
        (Known::Unset, _) => Ok(usual),
        (Known::Is(path), _) => Ok(path),
        (Known::Computed(_), Some(path)) => Ok(path.clone()),
        (Known::Computed(line), None) => Err(fail(
            format!("{line}: labtrust cannot compute this path"),
            hint!(
                "write the path itself there, or remove both lines to use the default path; or create only the certificate \
                 and key: {labtrust setup {} --out DIR}",
                host.in_url()
            ),
        )),
    }
}

/// The file of this machine at GitLab's path `inside`, which is for `host`.
pub(crate) fn outside(installation: &Installation, inside: &Path, host: &Host) -> Result<PathBuf> {
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
            hint!(
                "remove that line to use the default path in /etc/gitlab/ssl; or create only the certificate and key: \
                 {labtrust setup {} --out DIR}",
                host.in_url()
            ),
        )
    })
}
