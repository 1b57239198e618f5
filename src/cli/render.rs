//! The options of `render`.

use std::path::PathBuf;

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser},
};
use labtrust_plan::{Fingerprint, Target, render::RENDERINGS};

use super::Passphrase;

/// Write files that make other machines trust the CA, for the tools that manage them
///
/// The files contain certificates alone, never a key. Each rendering serves what its target can do, and says what it
/// leaves to `labtrust trust`.
#[derive(Debug, Args)]
pub struct Render {
    /// What is rendered
    #[arg(long = "as", value_name = "KIND", value_parser = kinds())]
    pub kind: String,
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
    /// Render the removal of the CAs
    #[arg(long)]
    pub remove: bool,
    /// Folder for the files [default: standard output, if there is one file]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: Passphrase,
}

fn kinds() -> PossibleValuesParser {
    let kinds = RENDERINGS.iter().map(|rendering| PossibleValue::new(rendering.id).help(rendering.title));
    PossibleValuesParser::new(kinds)
}
