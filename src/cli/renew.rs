//! `renew`, the verb that a timer runs.

use clap::Args;

use crate::certificate::SubjectName;

/// Issue and install a new server certificate before the old one expires
///
/// The daily timer or cron entry that setup installs runs `labtrust renew --if-expiring`. labtrust cannot renew
/// another CA's certificate: it only warns.
#[derive(Debug, Args)]
pub struct Renew {
    /// Renew only if the certificate expires within this many days [default: a third of its life]
    #[arg(long, value_name = "DAYS", num_args = 0..=1)]
    pub if_expiring: Option<Option<u32>>,
    /// Create a new key too, instead of using the old one again
    #[arg(long)]
    pub new_key: bool,
    /// Add a DNS name or an IP address to the certificate; repeatable
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<SubjectName>,
    /// Days until the new certificate expires [default: as in setup]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=825))]
    pub days: Option<u32>,
}
