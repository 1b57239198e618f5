//! What was seen, as plain data: judged here, or elsewhere from a file. It holds no secret: no key, no password,
//! no token. Each text of others is [`Redacted`], which is the only way into it.

mod client;
mod engine;
mod gitlab;
mod proxy;
mod server;
mod trust;

use labtrust_plan::{Facts, Host};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use self::{
    client::{ClientSeen, DockerContextSeen, Tool, ToolSeen},
    engine::{EngineInfo, EngineSeen, EngineVersion},
    gitlab::{GitlabSeen, LetsEncrypt, PairSeen, SettingsSeen, SiteSeen},
    proxy::{Form, ProxySeen, Setting, Source},
    server::{Http, RealmSeen, ServerSeen, parameter},
    trust::{BundleSeen, CertsDSeen, FileForm, FileSeen, FolderSeen, TrustSeen},
};
pub use super::redacted::Redacted;

/// The number of this form of evidence; a greater one is not understood.
pub const SCHEMA: u32 = 1;

/// Everything that was asked and what the answers were.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// The form of this document.
    pub schema: u32,
    /// The version of labtrust that gathered it.
    pub labtrust: String,
    /// When, by this machine's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The host that was asked about.
    pub host: Host,
    /// The port, if one was named.
    pub port: Option<u16>,
    /// The machine.
    pub facts: Facts,
    /// Its Docker engines, in the order of the facts.
    pub engines: Vec<EngineSeen>,
    /// What the user's tools are told.
    #[serde(default)]
    pub client: ClientSeen,
    /// The GitLab of this machine, if it is the server.
    #[serde(default)]
    pub gitlab: Option<GitlabSeen>,
    /// The host's ports: the one that was named and those that GitLab and registries are usually on.
    pub servers: Vec<ServerSeen>,
    /// Where the registry sends one for a token.
    pub realm: Option<RealmSeen>,
    /// What is trusted.
    pub trust: TrustSeen,
    /// What was to be looked at and was not, by a fault of this program's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<Redacted>,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked<T> {
    /// The answer.
    Answered(T),
    /// It could not be asked or was not answered; with the reason.
    Failed(Redacted),
    /// It was not asked, because something else has to be so first.
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

    /// Why there is no answer, if it was asked.
    pub fn fault(&self) -> Option<&str> {
        match self {
            Self::Failed(why) => Some(why),
            _ => None,
        }
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
