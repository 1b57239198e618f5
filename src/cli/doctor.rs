//! The command line of the verbs that find out what is the matter.

use std::path::PathBuf;

use clap::Args;
use labtrust_platform::{Fingerprint, Target};

/// Why does it not work, and what fixes it
#[derive(Debug, Args)]
pub struct Doctor {
    /// The registry or GitLab; without a port GitLab's and the registry's usual ones
    #[arg(required_unless_present_any = ["from", "undo"], value_name = "HOST[:PORT]")]
    pub target: Option<Target>,
    /// Mend what can be mended without you
    #[arg(long, conflicts_with = "from")]
    pub fix: bool,
    /// Take back what --fix did, for whichever host
    #[arg(long, conflicts_with_all = ["fix", "from", "evidence", "target"])]
    pub undo: bool,
    /// The SHA-256 of the root that --fix may trust
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<Fingerprint>,
    /// Restart what must be restarted before it sees the change
    #[arg(long)]
    pub restart: bool,
    /// Write what was seen into this file, without secrets: for a ticket
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
    /// Judge what was seen elsewhere, from such a file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["target", "evidence"])]
    pub from: Option<PathBuf>,
}

/// What an error message or a finding means, and the next step
#[derive(Debug, Args)]
pub struct Explain {
    /// The message, pasted, or a finding's code; `-` reads it from standard input
    #[arg(required = true, value_name = "TEXT|CODE")]
    pub text: Vec<String>,
}
