//! The options that name the CAs of a rendering or a rollout.

use clap::Args;
use labtrust_plan::{Fingerprint, Target};

use super::Passphrase;

/// One CA, or two side by side.
#[derive(Debug, Args)]
pub struct SeveralArgs {
    /// Certificate file (./NAME), "-" for standard input, HOST[:PORT] or an https:// URL [default: the CA that setup
    /// created here]
    pub source: Option<String>,
    /// SHA-256 of the root certificate; required when SOURCE is a server
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<Fingerprint>,
    /// Another CA beside it, such as the old one of a rotation
    #[arg(long, value_name = "SOURCE")]
    pub also: Option<String>,
    /// SHA-256 of the root certificate of --also
    #[arg(long, value_name = "SHA256", requires = "also")]
    pub also_fingerprint: Option<Fingerprint>,
    /// Server or registry to trust the CAs for; repeatable
    #[arg(long = "for", value_name = "HOST[:PORT]")]
    pub endpoints: Vec<Target>,
    #[command(flatten)]
    pub passphrase: Passphrase,
}
