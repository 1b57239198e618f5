//! `backup` and `restore`: the state folder as one encrypted file.

use std::path::PathBuf;

use clap::Args;
use labtrust_plan::Fingerprint;

use super::Passphrase;

/// Save the CA and labtrust's other state in one encrypted file
///
/// GitLab's own backups do not include the CA. Without a backup, a lost server means that every client must trust a new
/// CA.
#[derive(Debug, Args)]
pub struct Backup {
    /// Output file ("-" for standard output)
    pub file: PathBuf,
    /// Encrypt to this age public key (age1…) instead of a passphrase; repeatable
    #[arg(long = "recipient", value_name = "KEY", conflicts_with_all = ["passphrase_file", "passphrase_env"])]
    pub recipients: Vec<String>,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Overwrite an existing file
    #[arg(long)]
    pub replace: bool,
}

/// Restore a backup, on this machine or on a new one
///
/// First shows every command that the restored state can run later, and asks you. Clients need no change after a
/// restore.
#[derive(Debug, Args)]
pub struct Restore {
    /// Backup file ("-" for standard input)
    pub file: PathBuf,
    /// File with the private key of a recipient (an age identity)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["passphrase_file", "passphrase_env"])]
    pub identity: Option<PathBuf>,
    /// SHA-256 of the CA in the backup, as in the command for clients; proves who made a --recipient backup
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<Fingerprint>,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Move the existing state aside first (it is kept in replaced-…)
    #[arg(long)]
    pub replace: bool,
}
