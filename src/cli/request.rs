//! The options of `request`.

use std::path::PathBuf;

use clap::Args;
use labtrust_plan::Target;

use super::{KeyKind, Passphrase};
use crate::certificate::SubjectName;

/// Create a key and a certificate signing request (CSR) for your company's CA
///
/// The key stays on this machine. Install the signed certificate with `labtrust import --cert FILE`.
#[derive(Debug, Args)]
pub struct Request {
    /// GitLab's host name or IP address [default: the host in gitlab.rb]
    pub host: Option<Target>,
    /// GitLab's configuration folder, the one that holds gitlab.rb
    #[arg(long, value_name = "DIR")]
    pub gitlab: Option<PathBuf>,
    /// Container registry [default: the one in gitlab.rb, else HOST:4567]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub registry: Option<Target>,
    /// Add a DNS name or an IP address to the request; repeatable
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<SubjectName>,
    /// Type of the new key; for a CA that requires RSA pass an RSA key with --key
    #[arg(long, value_name = "KIND", value_enum, default_value_t = KeyKind::P256, conflicts_with = "key")]
    pub key_type: KeyKind,
    /// Use this private key instead of a new one; labtrust stores a copy
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Output file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Create a new key although a request for these names is still waiting for its certificate
    #[arg(long)]
    pub new_key: bool,
    /// Delete the stored requests and their keys: all, or those for HOST
    #[arg(long, conflicts_with_all = ["new_key", "key", "out"])]
    pub undo: bool,
}
