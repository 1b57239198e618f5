//! `request`: what another CA is asked for.

use std::path::PathBuf;

use clap::Args;
use labtrust_platform::Target;

use super::{KeyKind, Passphrase};
use crate::certificate::SubjectName;

/// Ask a company's CA: keep a key here, and print the certificate signing request
#[derive(Debug, Args)]
pub struct Request {
    /// GitLab's host name or IP address; may be left out where gitlab.rb names it
    pub host: Option<Target>,
    /// An existing configuration folder, the one that holds gitlab.rb
    #[arg(long, value_name = "DIR")]
    pub gitlab: Option<PathBuf>,
    /// The registry [default: what gitlab.rb says, else HOST:4567]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub registry: Option<Target>,
    /// One more DNS name or IP address in the certificate
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<SubjectName>,
    /// Kind of key; where a CA wants RSA, give one with --key
    #[arg(long, value_name = "KIND", value_enum, default_value_t = KeyKind::P256, conflicts_with = "key")]
    pub key_type: KeyKind,
    /// Use this private key instead of a new one; a copy is kept
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Where to; left out: standard output
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// A new key although a request for these names waits for its answer
    #[arg(long)]
    pub new_key: bool,
    /// Forget the requests that are kept, with their keys: all, or those for HOST
    #[arg(long, conflicts_with_all = ["new_key", "key", "out"])]
    pub undo: bool,
}
