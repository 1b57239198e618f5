//! Evidence about an HTTP answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Redacted;

/// The part of an HTTP answer that the checks read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http {
    /// The status.
    pub status: u16,
    /// The headers that the checks read; names in lower case.
    pub headers: BTreeMap<String, Redacted>,
    /// The part of the body that contains no secrets.
    pub body: Redacted,
}

impl Http {
    /// The parameter `name` of its `Bearer` challenge (RFC 9110 §11.2), if any.
    pub fn challenge(&self, name: &str) -> Option<&str> {
        parameter(self.headers.get("www-authenticate")?, name)
    }

    /// Whether the answer comes from a container registry: it names the version of the registry's API, or asks for a
    /// token of a service. GitLab's own web server does both for its dependency proxy, but is not a registry.
    pub fn is_of_registry(&self) -> bool {
        let names_version = self.headers.contains_key("docker-distribution-api-version");
        let service = self.challenge("service");
        !self.is_of_dependency_proxy() && (names_version || (self.status == 401 && service.is_some()))
    }

    /// Whether the answer comes from GitLab's dependency proxy (GitLab, `config/routes/group.rb` and
    /// `auth/dependency_proxy_authentication_service.rb`).
    pub fn is_of_dependency_proxy(&self) -> bool {
        self.challenge("service") == Some("dependency_proxy")
    }
}

/// The parameter `name` of a `Bearer` challenge.
pub fn parameter<'c>(challenge: &'c str, name: &str) -> Option<&'c str> {
    let parameters = challenge.strip_prefix("Bearer ").or_else(|| challenge.strip_prefix("bearer "))?;
    let start = parameters.find(&format!("{name}=\""))? + name.len() + 2;
    // A value that was cut off has no closing quote.
    let rest = &parameters[start..];
    Some(rest.split_once('"').map_or(rest, |(value, _)| value))
}
