//! What GitLab's URLs promise to clients. A certificate that is seen on some port of this machine is not yet met
//! under the URL that clients were given: where that was not shown on the way, it is asked at the end.

use std::time::Duration;

use labtrust_machine::handshake;
use labtrust_plan::{Endpoint, Fingerprint};

/// A server that can be reached presents its certificate within this.
const LIMIT: Duration = Duration::from_secs(3);

/// A URL of which placing a certificate does not show by itself that it is served there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    /// Where clients go.
    pub endpoint: Endpoint,
    /// Why it is not shown, a line.
    pub why: String,
    /// Whether the certificate is shown to be served on another port of this machine.
    pub is_served: bool,
}

impl Promise {
    /// Whether the leaf `sha256` is presented where clients go, and the certificate `sent_with` with it.
    pub(crate) fn is_kept(&self, sha256: Fingerprint, sent_with: Option<Fingerprint>) -> bool {
        let Ok(chain) = handshake::fetch(&self.endpoint, LIMIT) else { return false };
        let is_sent = |sent_with| chain.iter().any(|sent| sent.fingerprint() == sent_with);
        chain.first().is_some_and(|leaf| leaf.fingerprint() == sha256) && sent_with.is_none_or(is_sent)
    }
}
