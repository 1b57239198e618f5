//! Evidence about GitLab, if the doctor runs on the server.

use std::path::PathBuf;

use labtrust_machine::world::listener::Holder;
use labtrust_plan::{Actor, Certificate, Command, Endpoint, Host};
use serde::{Deserialize, Serialize};

use super::{Asked, Redacted, TokenKeysSeen};

/// A GitLab on this machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GitlabSeen {
    /// Its name in a sentence.
    pub title: Redacted,
    /// The path of its `gitlab.rb`.
    pub gitlab_rb: PathBuf,
    /// The container that it runs in.
    pub container: Option<Redacted>,
    /// Whether it is running.
    pub running: bool,
    /// The rights that a change of its files needs.
    pub actor: Actor,
    /// The commands that reload its certificate and key.
    pub reload: Vec<Command>,
    /// The command that makes it apply `gitlab.rb`, as a user types it.
    pub reconfigure: String,
    /// Its settings.
    pub settings: Asked<SettingsSeen>,
    /// The key pair of the registry's tokens; none if its files were not found.
    #[serde(default)]
    pub token_keys: Option<TokenKeysSeen>,
}

/// The settings in `gitlab.rb`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SettingsSeen {
    /// The hosts of its URLs.
    pub hosts: Vec<Host>,
    /// Lines that look right but have no effect, with their correction.
    pub ignored: Vec<Redacted>,
    /// Lines that make GitLab read a file which labtrust cannot follow, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Redacted>,
    /// The line that makes another program than GitLab's nginx end TLS.
    pub served_elsewhere: Option<Redacted>,
    /// Whether it asks Let's Encrypt for a certificate.
    pub lets_encrypt: LetsEncrypt,
    /// Its HTTPS sites: GitLab itself and its registry.
    pub sites: Vec<SiteSeen>,
}

/// Whether GitLab asks Let's Encrypt (omnibus-gitlab, `letsencrypt.rb`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetsEncrypt {
    /// Turned off.
    Off,
    /// Turned on.
    On,
    /// Not set; GitLab turned it on itself before.
    Itself,
    /// Not set; GitLab turns it on if there is no certificate.
    WithoutPair,
}

/// An HTTPS site of a GitLab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SiteSeen {
    /// The host and port that clients use.
    pub endpoint: Endpoint,
    /// The port on which its nginx listens, inside a container if there is one.
    pub inside: u16,
    /// The port of this machine that leads to it, if any.
    pub published: Option<u16>,
    /// The certificate and key at GitLab's default paths; none if the settings use these paths.
    #[serde(rename = "usual")]
    pub default_pair: Option<PairSeen>,
    /// The certificate and key that the settings name.
    #[serde(rename = "meant")]
    pub in_settings: PairSeen,
    /// The certificate's file in nginx's own configuration; none if it is not known.
    #[serde(rename = "configured")]
    pub in_nginx: Option<PathBuf>,
    /// The chain that it sends to a client on this machine.
    pub served: Asked<Vec<Certificate>>,
    /// The program that listens on the published port.
    pub holder: Option<Holder>,
}

/// A certificate and key on the disk. The key itself is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairSeen {
    /// The certificate's file, by GitLab's path.
    pub certificate: PathBuf,
    /// The key's file.
    pub key: PathBuf,
    /// The certificates in that file, leaf first; none if it does not exist.
    pub chain: Asked<Option<Vec<Certificate>>>,
    /// Whether the key matches the certificate; none if the key's file does not exist.
    pub fits: Asked<Option<bool>>,
}

impl PairSeen {
    /// The leaf, if it could be read.
    pub fn leaf(&self) -> Option<&Certificate> {
        self.chain.answer()?.as_ref()?.first()
    }

    /// Whether one of the files certainly does not exist.
    pub fn is_missing(&self) -> bool {
        matches!(self.chain, Asked::Answered(None)) || matches!(self.fits, Asked::Answered(None))
    }
}

impl GitlabSeen {
    /// Whether one of its URLs names `host`.
    pub fn is_called(&self, host: &Host) -> bool {
        self.settings.answer().is_some_and(|settings| settings.hosts.contains(host))
    }
}
