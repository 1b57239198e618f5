//! The URLs of GitLab's servers, as Omnibus reads them.

use labtrust_plan::{Endpoint, Host};

use crate::gitlab::role::Role;

/// A URL of one of GitLab's servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Whether the scheme is https.
    pub https: bool,
    /// Host and port.
    pub endpoint: Endpoint,
    /// The host as GitLab writes it in file names: unchanged, with the brackets of an IPv6 address
    /// (Ruby's `URI#host`).
    pub stem: String,
}

impl Address {
    /// Reads `https://host:port/` as Omnibus does for `role`.
    pub(crate) fn read(url: &str, role: Role) -> Option<Self> {
        let (scheme, rest) = url.trim().split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let [tls, plain] = role.row().schemes.map(|schemes| schemes.contains(&scheme.as_str()));
        let https = Some(tls).filter(|tls| *tls || plain)?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (stem, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().ok().filter(|port| *port != 0)?)
            }
            _ => (authority, if https { 443 } else { 80 }),
        };
        let host: Host = stem.parse().ok()?;
        Some(Self { https, endpoint: Endpoint::new(host, port), stem: stem.to_owned() })
    }
}

/// GitLab's URL at `endpoint`.
pub(crate) fn url(endpoint: &Endpoint) -> String {
    format!("https://{}", endpoint.without_default_port())
}
