//! `renew`, the verb that a timer runs.

use clap::Args;

use crate::certificate::SubjectName;

/// A fresh certificate before the old one ends
#[derive(Debug, Args)]
pub struct Renew {
    /// Only if it ends within so many days [default: a third of its life]
    #[arg(long, value_name = "DAYS", num_args = 0..=1)]
    pub if_expiring: Option<Option<u32>>,
    /// Make a new key too; the old one is kept otherwise
    #[arg(long)]
    pub new_key: bool,
    /// One more DNS name or IP address in the certificate
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<SubjectName>,
    /// Days until the new certificate ends [default: as setup was told]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=825))]
    pub days: Option<u32>,
}
