//! What the server itself shows, where the doctor runs on it.

use serde::{Deserialize, Serialize};

/// A GitLab on this machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GitlabSeen {}
