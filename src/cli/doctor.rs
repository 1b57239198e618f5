//! The options of `doctor` and `explain`.

use std::path::PathBuf;

use clap::Args;
use labtrust_plan::{Fingerprint, Target};

/// Find out why docker login fails, and how to fix it
///
/// Checks the Docker daemon, its proxy, the name, the port, the certificate, the registry, its token service and the
/// trust stores, and changes nothing unless you pass --fix.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Registry or GitLab, required without --undo or --from [default ports: 443 and 4567]
    #[arg(required_unless_present_any = ["from", "undo"], value_name = "HOST[:PORT]")]
    pub target: Option<Target>,
    /// Fix the problems that labtrust can fix by itself
    #[arg(long, conflicts_with = "from")]
    pub fix: bool,
    /// Undo what --fix changed, for every host (trust in a CA is removed by `labtrust untrust`)
    #[arg(long, conflicts_with_all = ["fix", "from", "evidence", "target"])]
    pub undo: bool,
    /// SHA-256 of the root that --fix may trust
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<Fingerprint>,
    /// Restart services, such as Docker, that see the change only after a restart
    #[arg(long)]
    pub restart: bool,
    /// Also write what the doctor saw, without secrets, to this file, for example for a ticket
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
    /// Diagnose evidence from another machine ("-" for standard input)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["target", "evidence"])]
    pub from: Option<PathBuf>,
}

/// Explain an error message or a finding of the doctor, and name the next step
#[derive(Debug, Args)]
pub struct Explain {
    /// Error message, or the code of a finding ("-" for standard input)
    #[arg(required = true, value_name = "TEXT|CODE")]
    pub text: Vec<String>,
}
