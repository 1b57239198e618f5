//! `rotate` and its steps.

use clap::{Args, Subcommand};
use labtrust_plan::DnsName;

use crate::certificate::SubjectName;

/// Replace the CA step by step: start, switch, retire; without a step, show the progress
///
/// Clients trust the next CA before the server uses it, so that nobody is locked out. `labtrust rotate abort` goes back
/// one step.
#[derive(Debug, Args)]
pub struct Rotate {
    #[command(subcommand)]
    pub step: Option<StepArgs>,
}

/// A step of a rotation.
#[derive(Debug, Subcommand)]
pub enum StepArgs {
    /// Create the next CA and serve its root certificate too, so that clients can trust both
    Start {
        /// Let the next CA sign for this domain too; clients then need its fingerprint; repeatable
        #[arg(long = "permit", value_name = "DOMAIN")]
        permits: Vec<DnsName>,
        /// Let the next CA sign every certificate now, and wipe its key, as setup --sealed does
        #[arg(long)]
        sealed: bool,
        /// Add a DNS name or an IP address to the certificates of a sealed CA; repeatable
        #[arg(long = "name", value_name = "NAME", requires = "sealed")]
        names: Vec<SubjectName>,
    },
    /// Serve a certificate of the next CA; clients that do not trust it yet are locked out
    Switch {
        /// Confirm that every client already trusts the next CA (labtrust cannot check this)
        #[arg(long)]
        clients_ready: bool,
    },
    /// Remove the old CA and its key
    Retire,
    /// Go back one step: serve the old CA again, or remove the next one
    Abort,
}
