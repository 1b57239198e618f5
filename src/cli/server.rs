//! The options of `setup`, `import` and `sign`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use labtrust_plan::{DnsName, Target};

use crate::certificate::{KeyType, SubjectName};

/// Create a private CA and a server certificate, install them in GitLab, and check that GitLab serves them
///
/// Finds an Omnibus GitLab or a GitLab container on this machine; for anything else, pass --gitlab, --prepare or --out.
/// A second run changes only what is missing or out of date. labtrust replaces a certificate that it did not create
/// only with --replace. On a terminal, setup shows its plan and asks before it changes anything.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent switches")]
pub struct Setup {
    /// GitLab's host name or IP address [default: the host in gitlab.rb]
    pub host: Option<Target>,
    #[command(flatten)]
    pub site: SiteArgs,
    /// Container registry [default: the one in gitlab.rb, else HOST:4567]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub registry: Option<Target>,
    /// Add a DNS name or an IP address to the certificate; repeatable
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<SubjectName>,
    /// Let the new CA sign for this domain too; repeatable
    #[arg(long = "permit", value_name = "DOMAIN")]
    pub permits: Vec<DnsName>,
    /// Create the CA and the certificate but install nothing yet, so that clients can trust the CA first
    #[arg(long)]
    pub stage: bool,
    /// Undo an earlier setup
    #[arg(long, conflicts_with_all = ["stage", "replace"])]
    pub undo: bool,
    /// Days until the certificate expires [default: as in an earlier setup, else 397]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=825))]
    pub days: Option<u32>,
    /// Type of the new key; every client accepts p256
    #[arg(long, value_name = "KIND", value_enum, default_value_t = KeyKind::P256, hide_short_help = true)]
    pub key_type: KeyKind,
    /// Use this private key for the certificate instead of a new one
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Sign with this CA instead of a new one
    #[arg(long, value_name = "FILE", requires = "ca_key")]
    pub ca_cert: Option<PathBuf>,
    /// Private key of that CA; used once and never copied
    #[arg(long, value_name = "FILE", requires = "ca_cert")]
    pub ca_key: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Sign every certificate until the CA ends now, and wipe its key: it cannot be stolen, and no name can be added later
    #[arg(long, conflicts_with_all = ["ca_cert", "self_signed", "key", "permits", "undo"])]
    pub sealed: bool,
    /// Create one self-signed certificate and no CA; some clients reject it
    #[arg(long, conflicts_with_all = ["ca_cert", "permits", "no_constraints"])]
    pub self_signed: bool,
    /// Create a CA that can sign any name; for clients that cannot read name constraints
    #[arg(long, hide_short_help = true)]
    pub no_constraints: bool,
    /// Do not change the trust stores of this machine
    #[arg(long)]
    pub no_trust: bool,
    /// Do not install the daily renewal timer or cron entry
    #[arg(long)]
    pub no_auto_renew: bool,
    /// Restart services, such as Docker, that see the change only after a restart
    #[arg(long)]
    pub restart: bool,
}

/// The options that name a GitLab or a folder for the certificate.
#[derive(Clone, Debug, Default, Args)]
pub struct SiteArgs {
    /// GitLab's configuration folder, the one that holds gitlab.rb and ssl/
    #[arg(long, value_name = "DIR", group = "where")]
    pub gitlab: Option<PathBuf>,
    /// Create this folder for a new GitLab, which `docker compose up -d` then starts
    #[arg(long, value_name = "DIR", group = "where")]
    pub prepare: Option<PathBuf>,
    /// Only write the certificate and key into this folder, for a reverse proxy
    #[arg(long, value_name = "DIR", group = "where")]
    pub out: Option<PathBuf>,
    /// Command that makes the reverse proxy reload its certificate
    #[arg(long, value_name = "CMD", requires = "out")]
    pub reload: Option<String>,
    /// Replace a certificate, or settings in gitlab.rb, that labtrust did not create
    #[arg(long)]
    pub replace: bool,
}

/// The options for a passphrase. Without them, labtrust asks on the terminal.
#[derive(Debug, Default, Args)]
pub struct Passphrase {
    /// Read the passphrase (of an encrypted key, PKCS#12 file or backup) from the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_env")]
    pub passphrase_file: Option<PathBuf>,
    /// Read the passphrase from this environment variable
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub passphrase_env: Option<String>,
}

/// Install a certificate that you already have
///
/// Finds the key that `labtrust request` stored. Before it changes anything, import refuses a certificate that clients
/// would reject, or that does not match its key or the host.
#[derive(Debug, Args)]
pub struct Import {
    /// Server certificate, also with its chain: PEM, DER, PKCS#7 or PKCS#12
    #[arg(long, value_name = "FILE", required_unless_present = "pkcs12", conflicts_with = "pkcs12")]
    pub cert: Option<PathBuf>,
    /// Private key [default: in the same file, else the key that `labtrust request` stored]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Intermediate and root certificates that complete the chain; repeatable
    #[arg(long, value_name = "FILE")]
    pub chain: Vec<PathBuf>,
    /// PKCS#12 file (.pfx, .p12) with certificate, key and chain
    #[arg(long, value_name = "FILE")]
    pub pkcs12: Option<PathBuf>,
    /// GitLab's host name or IP address [default: the host in gitlab.rb, else in the certificate]
    #[arg(long, value_name = "HOST")]
    pub host: Option<Target>,
    #[command(flatten)]
    pub site: SiteArgs,
    /// Container registry [default: the one in gitlab.rb, else HOST:4567]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub registry: Option<Target>,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Do not change the trust stores of this machine
    #[arg(long)]
    pub no_trust: bool,
    /// Do not install the daily timer or cron entry that warns before the certificate expires
    #[arg(long)]
    pub no_auto_renew: bool,
    /// Restart services, such as Docker, that see the change only after a restart
    #[arg(long)]
    pub restart: bool,
}

/// Issue another certificate from the CA that setup created
///
/// Writes the certificate and its key to files that are named after the first name. A CA can sign only names within its
/// limits; setup prints them.
#[derive(Debug, Args)]
pub struct Sign {
    /// DNS names, wildcards and IP addresses; the files are named after the first
    #[arg(required_unless_present = "csr", value_name = "NAME")]
    pub names: Vec<SubjectName>,
    /// Use the key of this certificate signing request (CSR), and its names unless you give some
    #[arg(long, value_name = "FILE")]
    pub csr: Option<PathBuf>,
    /// Folder for the certificate and its key
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// Days until the certificate expires
    #[arg(long, default_value_t = 397, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=825))]
    pub days: u32,
    /// Type of the new key; every client accepts p256
    #[arg(long, value_name = "KIND", value_enum, default_value_t = KeyKind::P256, conflicts_with = "csr")]
    pub key_type: KeyKind,
}

/// The type of a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyKind {
    // No doc comments here: with them, help would show each value on a line of its own.
    P256,
    P384,
}

impl From<KeyKind> for KeyType {
    fn from(kind: KeyKind) -> Self {
        match kind {
            KeyKind::P256 => Self::P256,
            KeyKind::P384 => Self::P384,
        }
    }
}
