//! The command line as types, and nothing else: help, completions and the manual page come from here.

#![allow(missing_docs, reason = "what a field is called by, clap flattens; its own fields are documented")]
#![allow(rustdoc::broken_intra_doc_links, reason = "HOST[:PORT] is help text, not a link")]

mod doctor;

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, builder::PossibleValuesParser};
use labtrust_platform::{DnsName, Endpoint, Fingerprint, Target, plan::shell_word, store::STORES};

pub use self::doctor::{Doctor, Explain};
use crate::certificate::{KeyType, SubjectName};

/// HTTPS for your own GitLab and its container registry, trusted everywhere it is used
#[derive(Debug, Parser)]
#[command(name = "labtrust", version, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub everywhere: Everywhere,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
#[expect(clippy::struct_excessive_bools, reason = "they are independent switches")]
pub struct Everywhere {
    /// Print the plan and change nothing; exit 1 if it would change something
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// One JSON document on standard output, and nothing else there
    #[arg(long, global = true)]
    pub json: bool,
    /// Where the CA, the receipts and the lock live
    #[arg(long, global = true, value_name = "DIR", env = "LABTRUST_STATE")]
    pub state: Option<PathBuf>,
    /// Ask nothing that has a safe answer
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Say less
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    Setup(Setup),
    Import(Import),
    Sign(Sign),
    Trust(Trust),
    Untrust(Untrust),
    Status(Status),
    Doctor(Doctor),
    Explain(Explain),
    Inspect(Inspect),
    Export(Export),
    Completions(Completions),
    Man(Man),
}

/// The verbs as help shows them.
const GROUPS: &[(&str, &[&str])] = &[
    ("On the server", &["setup", "import", "sign"]),
    ("On a client", &["trust", "untrust", "status", "doctor", "explain"]),
    ("For anything", &["inspect", "export", "completions", "man"]),
];

/// The command line, with its verbs in groups.
pub fn command() -> clap::Command {
    let command = Cli::command();
    let line = |verb: &&str| {
        let about = command.find_subcommand(verb).and_then(clap::Command::get_about);
        format!("  {verb:<12} {}\n", about.map(ToString::to_string).unwrap_or_default())
    };
    let group = |(group, verbs): &(&str, &[&str])| {
        format!("{group}:\n{}", verbs.iter().map(line).collect::<String>())
    };
    let groups = GROUPS.iter().map(group).collect::<Vec<_>>().join("\n");
    let help = format!("{{about}}\n\n{{usage-heading}} {{usage}}\n\n{groups}\nEverywhere:\n{{options}}");
    command.help_template(help)
}

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
    /// Days until the certificate ends
    #[arg(long, default_value_t = 397, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=825))]
    pub days: u32,
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
    /// Restart what must be restarted before it sees the change
    #[arg(long)]
    pub restart: bool,
}

/// Where a pair is placed.
#[derive(Debug, Args)]
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
    /// Replace a pair that is not ours
    #[arg(long)]
    pub replace: bool,
}

impl Place {
    /// The options that name it, each after a space, as they can be typed again.
    pub fn options(&self) -> String {
        let folders = [("--gitlab", &self.gitlab), ("--prepare", &self.prepare), ("--out", &self.out)];
        let folders = folders.into_iter().filter_map(|(option, folder)| Some((option, folder.as_ref()?)));
        folders
            .map(|(option, folder)| (option, folder.to_string_lossy().into_owned()))
            .chain(self.reload.iter().map(|command| ("--reload", command.clone())))
            .map(|(option, value)| format!(" {option} {}", shell_word(&value)))
            .collect()
    }
}

/// Where the passphrase of an encrypted key comes from; a terminal is asked otherwise.
#[derive(Debug, Default, Args)]
pub struct Passphrase {
    /// Read the passphrase of an encrypted key from the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_env")]
    pub passphrase_file: Option<PathBuf>,
    /// Read the passphrase of an encrypted key from this environment variable
    #[arg(long, value_name = "NAME")]
    pub passphrase_env: Option<String>,
}

/// Use a certificate that you have
#[derive(Debug, Args)]
pub struct Import {
    /// The certificate, with or without its chain: PEM, DER or PKCS#7
    #[arg(long, value_name = "FILE", required_unless_present = "pkcs12", conflicts_with = "pkcs12")]
    pub cert: Option<PathBuf>,
    /// Its private key, if it is in a file of its own
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

/// Trust the CA in every store this machine has, and prove each
#[derive(Debug, Args)]
pub struct Trust {
    /// A certificate file, HOST[:PORT] or an https:// URL; left out: the CA that setup made here
    pub source: Option<String>,
    /// The root's SHA-256, which a server's handshake must show
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<Fingerprint>,
    /// A registry or server that the CA is for; repeatable
    #[arg(long = "for", value_name = "HOST[:PORT]")]
    pub endpoints: Vec<Target>,
    #[command(flatten)]
    pub stores: Stores,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Trust a certificate although it has expired, or is not valid yet
    #[arg(long)]
    pub expired: bool,
    /// Restart what must be restarted before it sees the change
    #[arg(long)]
    pub restart: bool,
}

/// Which stores.
#[derive(Debug, Args)]
pub struct Stores {
    /// Only this store; repeatable
    #[arg(long = "store", value_name = "ID", value_parser = store_ids())]
    pub only: Vec<String>,
    /// All but this store; repeatable
    #[arg(long, value_name = "ID", value_parser = store_ids(), hide_possible_values = true)]
    pub except: Vec<String>,
}

/// Take back what labtrust put, leaving each store as it was found
#[derive(Debug, Args)]
pub struct Untrust {
    /// A fingerprint, a certificate file, or a host that the CA is for; may be left out if there is only one
    pub what: Option<String>,
    /// Every CA that labtrust knows
    #[arg(long, conflicts_with = "what")]
    pub all: bool,
    /// Remove it also where somebody else put it, by SHA-256
    #[arg(long)]
    pub purge: bool,
    #[command(flatten)]
    pub stores: Stores,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Restart what must be restarted before it sees the change
    #[arg(long)]
    pub restart: bool,
}

/// What is trusted where, asked of the stores themselves
#[derive(Debug, Args)]
pub struct Status {}

/// What a certificate is, and which clients would refuse it and why
#[derive(Debug, Args)]
pub struct Inspect {
    /// A certificate file, HOST[:PORT] or an https:// URL; left out: the CA that setup made here
    pub source: Option<String>,
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// The CA's certificate, never a key
#[derive(Debug, Args)]
pub struct Export {
    /// Where to; left out: standard output
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// DER instead of PEM
    #[arg(long)]
    pub der: bool,
}

/// Completions for a shell
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// The manual page
#[derive(Debug, Args)]
pub struct Man {}

/// Kind of key that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyKind {
    // Without comments for each, so that help stays on one line an option.
    P256,
    P384,
}

fn store_ids() -> PossibleValuesParser {
    PossibleValuesParser::new(STORES.iter().map(|store| store.id))
}

impl From<KeyKind> for KeyType {
    fn from(kind: KeyKind) -> Self {
        match kind {
            KeyKind::P256 => Self::P256,
            KeyKind::P384 => Self::P384,
        }
    }
}

impl Stores {
    /// Every store.
    pub fn all() -> Self {
        Self { only: Vec::new(), except: Vec::new() }
    }

    /// No store.
    pub fn none() -> Self {
        Self { only: Vec::new(), except: STORES.iter().map(|store| store.id.to_owned()).collect() }
    }
}

impl Trust {
    /// The endpoints named with `--for`; without a port both GitLab's and its registry's usual one.
    pub fn named_endpoints(&self) -> Vec<Endpoint> {
        self.endpoints.iter().flat_map(endpoints_of).collect()
    }
}

/// The ports that a GitLab is reached on when none is said: its web server's and its registry's.
pub const ASSUMED_PORTS: [u16; 2] = [443, 4567];

/// The endpoints that `target` means.
pub fn endpoints_of(target: &Target) -> Vec<Endpoint> {
    match target.port {
        Some(port) => vec![Endpoint::new(target.host.clone(), port)],
        None => ASSUMED_PORTS.iter().map(|port| Endpoint::new(target.host.clone(), *port)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_in_one_group_of_the_help() {
        command().debug_assert();
        let grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, verbs)| verbs.iter().copied()).collect();
        let verbs: Vec<String> =
            Cli::command().get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
        assert_eq!(grouped.len(), verbs.len());
        assert!(verbs.iter().all(|verb| grouped.contains(&verb.as_str())), "{verbs:?}");
    }
}
