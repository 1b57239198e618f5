//! What the server itself shows, where the doctor runs on it.

use std::path::PathBuf;

use labtrust_machine::world::listener::Holder;
use labtrust_plan::{Actor, Certificate, Command, Endpoint, Host};
use serde::{Deserialize, Serialize};

use super::{Asked, Redacted};

/// A GitLab on this machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GitlabSeen {
    /// What it is called in a sentence.
    pub title: Redacted,
    /// Its configuration file.
    pub gitlab_rb: PathBuf,
    /// The container that it runs in.
    pub container: Option<Redacted>,
    /// Whether it is to run.
    pub running: bool,
    /// Whose rights a change of its files needs.
    pub actor: Actor,
    /// What makes its nginx read its pair again.
    pub reload: Vec<Command>,
    /// What makes it read its settings again, as it is typed.
    pub reconfigure: String,
    /// Its settings.
    pub settings: Asked<SettingsSeen>,
}

/// What its settings say.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SettingsSeen {
    /// The hosts of its URLs.
    pub hosts: Vec<Host>,
    /// Lines that look right and do nothing, with what to write instead.
    pub ignored: Vec<Redacted>,
    /// The line by which something else than its nginx speaks TLS with clients.
    pub served_elsewhere: Option<Redacted>,
    /// Whether it asks Let's Encrypt for a certificate.
    pub lets_encrypt: LetsEncrypt,
    /// Where it is met in TLS: itself and its registry.
    pub sites: Vec<SiteSeen>,
}

/// Whether GitLab asks Let's Encrypt (omnibus-gitlab, `letsencrypt.rb`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetsEncrypt {
    /// It is switched off.
    Off,
    /// It is switched on.
    On,
    /// It is left to GitLab, which has switched it on before.
    Itself,
    /// It is left to GitLab, which switches it on where there is no pair.
    WithoutPair,
}

/// A URL under which a GitLab is met in TLS.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SiteSeen {
    /// Host and port, as clients call it.
    pub endpoint: Endpoint,
    /// The port on which its nginx listens, as it sees it.
    pub inside: u16,
    /// The port of this machine that leads there; none if none does.
    pub published: Option<u16>,
    /// The pair where GitLab looks unless it is told otherwise; none if it is not told otherwise.
    pub usual: Option<PairSeen>,
    /// The pair that its settings mean.
    pub meant: PairSeen,
    /// The certificate's file in the configuration that nginx was given; none if that is not known.
    pub configured: Option<PathBuf>,
    /// What is served there, asked of this machine itself.
    pub served: Asked<Vec<Certificate>>,
    /// The program that listens on the published port.
    pub holder: Option<Holder>,
}

/// A pair on the disk; nothing of the key is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairSeen {
    /// The certificate's file, as GitLab calls it.
    pub certificate: PathBuf,
    /// The key's file.
    pub key: PathBuf,
    /// What the certificate's file holds, leaf first; none if there is no such file.
    pub chain: Asked<Option<Vec<Certificate>>>,
    /// Whether the key is the certificate's; none if there is no such file.
    pub fits: Asked<Option<bool>>,
}

impl PairSeen {
    /// The leaf, if it could be read.
    pub fn leaf(&self) -> Option<&Certificate> {
        self.chain.answer()?.as_ref()?.first()
    }

    /// Whether one of the files is certainly not there.
    pub fn is_missing(&self) -> bool {
        matches!(self.chain, Asked::Answered(None)) || matches!(self.fits, Asked::Answered(None))
    }
}

impl GitlabSeen {
    /// Whether `host` is one of its.
    pub fn is_called(&self, host: &Host) -> bool {
        self.settings.answer().is_some_and(|settings| settings.hosts.contains(host))
    }
}
