//! `backup` and `restore`: the state folder as one encrypted file.

use std::path::PathBuf;

use clap::Args;
use labtrust_platform::Fingerprint;

use super::Passphrase;

/// Save the CA and all else that labtrust keeps here, encrypted
#[derive(Debug, Args)]
pub struct Backup {
    /// Where to; - is standard output
    pub file: PathBuf,
    /// Whom it is for, as an age1… key; left out: whoever knows the passphrase; repeatable
    #[arg(long = "recipient", value_name = "KEY", conflicts_with_all = ["passphrase_file", "passphrase_env"])]
    pub recipients: Vec<String>,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Write over a file that is there
    #[arg(long)]
    pub replace: bool,
}

/// Bring back what `backup` saved, on this machine or on a new one
#[derive(Debug, Args)]
pub struct Restore {
    /// The file; - is standard input
    pub file: PathBuf,
    /// The file with the key of a recipient
    #[arg(long, value_name = "FILE", conflicts_with_all = ["passphrase_file", "passphrase_env"])]
    pub identity: Option<PathBuf>,
    /// The SHA-256 of the CA in it, from a client's line: who made a file for a recipient is not known otherwise
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<Fingerprint>,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Put what is here in its place aside
    #[arg(long)]
    pub replace: bool,
}
