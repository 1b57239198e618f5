//! The evidence: what was seen, as plain data that is judged here, or elsewhere from a file. It holds no secret: no
//! key, no password, no token. Text from other programs enters only as [`Redacted`].

mod client;
mod engine;
mod flaw;
mod gitlab;
mod http;
mod login;
mod proxy;
mod server;
mod token;
mod trust;

use labtrust_machine::handshake::WANTS_CERTIFICATE;
use labtrust_plan::{Facts, Host};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use self::{
    client::{ClientSeen, ContainerToolSeen, DockerContextSeen, Tool, ToolSeen},
    engine::{EngineInfo, EngineSeen, EngineVersion},
    flaw::Flaw,
    gitlab::{GitlabSeen, LetsEncrypt, PairSeen, SettingsSeen, SiteSeen},
    http::{Http, parameter},
    login::{HelperSeen, LoginFileSeen, LoginFileState},
    proxy::{Form, ProxySeen, SOCKS, Setting, Source},
    server::{RealmSeen, ServerSeen},
    token::{TokenKeysSeen, TokenSeen},
    trust::{BundleSeen, CertsDSeen, FileForm, FileSeen, FolderSeen, TrustSeen},
};
pub use super::redacted::Redacted;

/// The schema number of evidence; labtrust rejects a greater one.
pub const SCHEMA: u32 = 1;

/// All questions and their answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// The schema number of this document.
    pub schema: u32,
    /// The version of labtrust that gathered it.
    pub labtrust: String,
    /// The time of the questions, by this machine's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The host that the user named.
    pub host: Host,
    /// The port, if the user named one.
    pub port: Option<u16>,
    /// The machine.
    pub facts: Facts,
    /// Its Docker daemons, in the order of the facts.
    pub engines: Vec<EngineSeen>,
    /// The settings of the user's tools.
    #[serde(default)]
    pub client: ClientSeen,
    /// The GitLab of this machine, if it is the server.
    #[serde(default)]
    pub gitlab: Option<GitlabSeen>,
    /// The host's ports: the port that the user named, and the usual ports of GitLab and of registries.
    pub servers: Vec<ServerSeen>,
    /// The token service that the registry names.
    pub realm: Option<RealmSeen>,
    /// The CAs that this machine trusts.
    pub trust: TrustSeen,
    /// The parts that could not be read because of an internal error in labtrust.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<Redacted>,
}

/// The outcome of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked<T> {
    /// The answer.
    Answered(T),
    /// There is no answer; with the reason.
    Failed(Redacted),
    /// The question was not asked, because a condition for it does not hold.
    Not,
}

impl<T> Asked<T> {
    /// The answer, if there is one.
    pub fn answer(&self) -> Option<&T> {
        match self {
            Self::Answered(answer) => Some(answer),
            _ => None,
        }
    }

    /// Why a question that was asked has no answer.
    pub fn fault(&self) -> Option<&str> {
        match self {
            Self::Failed(why) => Some(why),
            _ => None,
        }
    }

    /// Whether the server accepts only clients with a certificate.
    pub fn wants_certificate(&self) -> bool {
        self.fault() == Some(WANTS_CERTIFICATE)
    }
}

impl<T, E: std::fmt::Display> From<Result<T, E>> for Asked<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(answer) => Self::Answered(answer),
            Err(error) => Self::Failed(error.to_string().into()),
        }
    }
}
