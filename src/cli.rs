//! The command line as types, and nothing else: help, completions and the manual page come from here.

#![allow(missing_docs, reason = "what a field is called by, clap flattens; its own fields are documented")]
#![allow(rustdoc::broken_intra_doc_links, reason = "HOST[:PORT] is help text, not a link")]

mod backup;
mod doctor;
mod renew;
mod request;
mod rotate;
mod server;

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, builder::PossibleValuesParser};
use labtrust_platform::{Endpoint, Fingerprint, Target, store::STORES};

pub use self::{
    backup::{Backup, Restore},
    doctor::{Doctor, Explain},
    renew::Renew,
    request::Request,
    rotate::{Rotate, Turn},
    server::{Import, KeyKind, Passphrase, Place, Setup, Sign},
};

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
    Request(Request),
    Sign(Sign),
    Renew(Renew),
    Rotate(Rotate),
    Backup(Backup),
    Restore(Restore),
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
    ("On the server", &["setup", "import", "request", "sign", "renew", "rotate", "backup", "restore"]),
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

/// Trust the CA in every store this machine has, and prove each
#[derive(Debug, Args)]
pub struct Trust {
    /// A certificate file (./NAME), - for standard input, HOST[:PORT] or an https:// URL; left out: the CA that setup
    /// made here
    pub source: Option<String>,
    /// The root's SHA-256, which a server's handshake must show
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<Fingerprint>,
    /// The SHA-256 of the CA that will follow it, where that may sign more
    #[arg(long, value_name = "SHA256", requires = "source")]
    pub next: Option<Fingerprint>,
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
    /// Trust a CA although clients would refuse the certificates that it is trusted for
    #[arg(long)]
    pub refused: bool,
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
    /// A fingerprint, a certificate file (./NAME), - for standard input, or a host that the CA is for; may be left out
    /// if there is only one
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
    /// A certificate file (./NAME), - for standard input, HOST[:PORT] or an https:// URL; left out: the CA that setup
    /// made here
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

fn store_ids() -> PossibleValuesParser {
    PossibleValuesParser::new(STORES.iter().map(|store| store.id))
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
