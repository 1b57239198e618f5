//! The options of `page`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use labtrust_machine::serve::ListenAddress;

use super::SeveralArgs;

/// Write a web page that shows people how to trust the CA, or serve it
///
/// The page recognises the visitor's system, shows the fingerprint to compare, offers what that system needs, and checks
/// whether the browser trusts GitLab. It loads nothing from elsewhere, and contains certificates alone, never a key.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("target").required(true).args(["out", "listen"]))]
pub struct Page {
    #[command(flatten)]
    pub cas: SeveralArgs,
    /// Folder for the files of the page, for any web server
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Serve the page over HTTP until this command is stopped (Ctrl-C): an address and a port, or a port on all addresses
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<ListenAddress>,
    /// Folder with the program's archives and packages; the page offers those with the names of a release
    #[arg(long, value_name = "DIR")]
    pub binaries: Option<PathBuf>,
}
