//! The lines that Ansible's callback prints, a JSON object each: the hosts of the run, and each host as it ends.

use labtrust_machine::session::OutcomeState;
use labtrust_plan::Fingerprint;
use serde::{Deserialize, Serialize};

/// A line of the callback.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Line {
    /// The hosts that the run is about to serve.
    Hosts { hosts: Vec<String> },
    /// A host has ended.
    Host {
        host: String,
        #[serde(flatten)]
        result: HostResult,
    },
}

/// The result of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostResult {
    pub state: HostState,
    #[serde(default)]
    pub changed: bool,
    /// The exit code of the script; none if it did not run.
    #[serde(default)]
    pub code: Option<u8>,
    /// The CAs with their stores.
    #[serde(default)]
    pub anchors: Vec<AnchorResult>,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// What the script does not serve there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How a host ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HostState {
    /// The script ran, and every store is as wanted.
    Ok,
    /// The script did not run to its end, or a store is not as wanted.
    Failed,
    /// Ansible did not reach it.
    Unreachable,
}

/// A CA on a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AnchorResult {
    pub sha256: Fingerprint,
    pub stores: Vec<StoreResult>,
}

/// A store on a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoreResult {
    pub id: String,
    pub state: OutcomeState,
    #[serde(default)]
    pub changed: bool,
    #[serde(default)]
    pub detail: String,
}

impl Line {
    /// The line in `text`; none if it is no line of the callback.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

impl HostResult {
    /// The result of a host that was only asked. It tells of what it would change; nothing was changed.
    pub(crate) fn asked(self) -> Self {
        let code = if self.changed { Some(1) } else { self.code };
        Self { code, changed: false, ..self }
    }

    /// Whether nothing is left to do but a restart. A host that was only asked answers with the code 1 if it is not done.
    pub(crate) fn is_done(&self) -> bool {
        self.state == HostState::Ok && matches!(self.code, Some(0 | 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_callback_are_told_from_others() {
        let hosts = Line::parse(r#"{"hosts": ["a", "b"]}"#);
        assert_eq!(hosts, Some(Line::Hosts { hosts: vec!["a".into(), "b".into()] }));
        let host = Line::parse(
            r#"{"host": "a", "state": "failed", "changed": true, "code": 3, "why": "no room", "anchors": [{"sha256":
            "90e83ace4e5beff801f76fde59c7584aca54d4b767b2f654ccefb4db761a3925", "stores": [{"id": "system", "state":
            "failed", "changed": false, "detail": "no room"}]}]}"#,
        );
        assert!(
            matches!(&host, Some(Line::Host { host, result }) if host == "a" && !result.is_done()),
            "{host:?}"
        );
        for other in ["", "PLAY [all]", "{}", "[WARNING]: x", "{\"host\": \"a\"}"] {
            assert_eq!(Line::parse(other), None, "{other}");
        }
    }
}
