//! The verbs of the server: what is made, from what, and where it is placed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use labtrust_platform::{
    DnsName, Target,
    plan::{shell_path, shell_word},
};

use crate::certificate::{KeyType, SubjectName};

/// Make a private CA and a certificate, place the pair where GitLab looks, and prove it is served
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent switches")]
pub struct Setup {
    /// GitLab's host name or IP address; may be left out where gitlab.rb names it
    pub host: Option<Target>,
    #[command(flatten)]
    pub place: Place,
    /// The registry [default: what gitlab.rb says, else HOST:4567]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub registry: Option<Target>,
    /// One more DNS name or IP address in the certificate
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<SubjectName>,
    /// A domain that the CA may also sign for, now or later
    #[arg(long = "permit", value_name = "DOMAIN")]
    pub permits: Vec<DnsName>,
    /// Make everything and place nothing: hand the CA out first
    #[arg(long)]
    pub stage: bool,
    /// Take a setup back
    #[arg(long, conflicts_with_all = ["stage", "replace"])]
    pub undo: bool,
    /// Days until the certificate ends [default: as an earlier setup was told, else 397]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=825))]
    pub days: Option<u32>,
    /// Kind of key; p256 is accepted everywhere
    #[arg(long, value_name = "KIND", value_enum, default_value_t = KeyKind::P256)]
    pub key_type: KeyKind,
    /// Use this private key for the certificate instead of a new one
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Sign with this CA instead of a new one
    #[arg(long, value_name = "FILE", requires = "ca_key")]
    pub ca_cert: Option<PathBuf>,
    /// That CA's private key; it is used once and never copied
    #[arg(long, value_name = "FILE", requires = "ca_cert")]
    pub ca_key: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// One self-signed certificate and no CA; some clients refuse it
    #[arg(long, conflicts_with_all = ["ca_cert", "permits", "no_constraints"])]
    pub self_signed: bool,
    /// A CA that may sign any name at all; for clients that cannot read name constraints
    #[arg(long)]
    pub no_constraints: bool,
    /// Leave the trust stores of this machine alone
    #[arg(long)]
    pub no_trust: bool,
    /// Install nothing that renews the certificate in time
    #[arg(long)]
    pub no_auto_renew: bool,
    /// Restart what must be restarted before it sees the change
    #[arg(long)]
    pub restart: bool,
}

/// Where a pair is placed.
#[derive(Clone, Debug, Default, Args)]
pub struct Place {
    /// An existing configuration folder, the one that holds gitlab.rb and ssl/
    #[arg(long, value_name = "DIR", group = "where")]
    pub gitlab: Option<PathBuf>,
    /// Make this folder, which `docker compose up -d` then starts
    #[arg(long, value_name = "DIR", group = "where")]
    pub prepare: Option<PathBuf>,
    /// Only write the pair into this folder, for a reverse proxy
    #[arg(long, value_name = "DIR", group = "where")]
    pub out: Option<PathBuf>,
    /// What makes the reverse proxy read the pair again
    #[arg(long, value_name = "CMD", requires = "out")]
    pub reload: Option<String>,
    /// Replace a pair, or settings of gitlab.rb, that are not ours
    #[arg(long)]
    pub replace: bool,
}

impl Place {
    /// The options that name it, each after a space, as they can be typed again.
    pub fn options(&self) -> String {
        let folders = [("--gitlab", &self.gitlab), ("--prepare", &self.prepare), ("--out", &self.out)];
        let folders = folders.into_iter().filter_map(|(option, folder)| Some((option, folder.as_ref()?)));
        folders
            .map(|(option, folder)| (option, shell_path(folder)))
            .chain(self.reload.iter().map(|command| ("--reload", shell_word(command))))
            .map(|(option, word)| format!(" {option} {word}"))
            .collect()
    }
}

/// Where the passphrase of an encrypted key or backup comes from; a terminal is asked otherwise.
#[derive(Debug, Default, Args)]
pub struct Passphrase {
    /// Read the passphrase of what is encrypted from the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_env")]
    pub passphrase_file: Option<PathBuf>,
    /// Read the passphrase of what is encrypted from this environment variable
    #[arg(long, value_name = "NAME")]
    pub passphrase_env: Option<String>,
}

/// Use a certificate that you have
#[derive(Debug, Args)]
pub struct Import {
    /// The certificate, with or without its chain: PEM, DER or PKCS#7
    #[arg(long, value_name = "FILE", required_unless_present = "pkcs12", conflicts_with = "pkcs12")]
    pub cert: Option<PathBuf>,
    /// Its private key, if it is in a file of its own; left out: the one that `request` kept
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Certificates that complete the chain; repeatable
    #[arg(long, value_name = "FILE")]
    pub chain: Vec<PathBuf>,
    /// Certificate, key and chain in one PKCS#12 file (.pfx, .p12)
    #[arg(long, value_name = "FILE")]
    pub pkcs12: Option<PathBuf>,
    /// GitLab's host name or IP address; may be left out where gitlab.rb or the certificate names it
    #[arg(long, value_name = "HOST")]
    pub host: Option<Target>,
    #[command(flatten)]
    pub place: Place,
    /// The registry [default: what gitlab.rb says, else HOST:4567]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub registry: Option<Target>,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Leave the trust stores of this machine alone
    #[arg(long)]
    pub no_trust: bool,
    /// Install nothing that warns in time before the certificate ends
    #[arg(long)]
    pub no_auto_renew: bool,
    /// Restart what must be restarted before it sees the change
    #[arg(long)]
    pub restart: bool,
}

/// Another certificate from our CA
#[derive(Debug, Args)]
pub struct Sign {
    /// DNS names, wildcards and IP addresses; the first names the files
    #[arg(required_unless_present = "csr", value_name = "NAME")]
    pub names: Vec<SubjectName>,
    /// Take the key, and the names unless some are given, from this request; nothing else of it is used
    #[arg(long, value_name = "FILE")]
    pub csr: Option<PathBuf>,
    /// Where the certificate and its key are written
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// Days until the certificate ends
    #[arg(long, default_value_t = 397, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=825))]
    pub days: u32,
    /// Kind of key; p256 is accepted everywhere
    #[arg(long, value_name = "KIND", value_enum, default_value_t = KeyKind::P256, conflicts_with = "csr")]
    pub key_type: KeyKind,
}

/// Kind of key that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyKind {
    // Without comments for each, so that help stays on one line an option.
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
