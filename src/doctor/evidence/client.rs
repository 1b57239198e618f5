//! What the tools of whoever asks are told: where the docker command finds its engine, and which
//! proxies it, git and the shell use.

use serde::{Deserialize, Serialize};

/// The settings of a user's tools.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ClientSeen {}
