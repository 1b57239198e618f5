//! URLs of GitLab that still need a proof. A certificate on some port of this machine is not a proof for the URL that
//! clients use, so labtrust connects to that URL at the end.

use std::time::Duration;

use labtrust_machine::handshake;
use labtrust_plan::{Endpoint, Fingerprint};

/// The time within which a reachable server presents its certificate.
const LIMIT: Duration = Duration::from_secs(3);

/// A URL for which the installed files do not prove that the certificate is served there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    /// The endpoint that clients use.
    pub endpoint: Endpoint,
    /// The reason why there is no proof, one line.
    pub why: String,
    /// Whether the certificate is proven to be served on another port of this machine.
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
