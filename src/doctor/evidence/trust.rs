//! What is trusted on this machine, as far as it matters to the chains that were served.

use std::path::PathBuf;

use labtrust_platform::Certificate;
use serde::{Deserialize, Serialize};

use super::Asked;

/// What is trusted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TrustSeen {
    /// The system's bundle, where there is one.
    pub system: Option<BundleSeen>,
}

/// A bundle of anchors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BundleSeen {
    /// The file.
    pub path: PathBuf,
    /// When it was written, in milliseconds since 1970.
    pub written: Option<u64>,
    /// Those of its certificates whose subject is the issuer of a certificate that was served, or that
    /// were served themselves.
    pub candidates: Asked<Vec<Certificate>>,
}
