//! `rotate` and its steps.

use clap::{Args, Subcommand};
use labtrust_platform::DnsName;

/// The next CA beside the old one, the server onto it, the old one away; alone: where that stands
#[derive(Debug, Args)]
pub struct Rotate {
    #[command(subcommand)]
    pub step: Option<Turn>,
}

/// A step of a rotation.
#[derive(Debug, Subcommand)]
pub enum Turn {
    /// Make the next CA and have its root served along, so that clients can trust both
    Start {
        /// A domain that the next CA may sign for besides; clients must then be told its fingerprint
        #[arg(long = "permit", value_name = "DOMAIN")]
        permits: Vec<DnsName>,
    },
    /// Serve a certificate of the next CA: clients that do not know it yet are locked out
    Switch {
        /// Every client has been told: nothing here can see that, so somebody has to say it
        #[arg(long)]
        clients_ready: bool,
    },
    /// Drop the old CA, with its key
    Retire,
    /// Go back by a step: from the next CA to the old one, or to having no next one
    Abort,
}
