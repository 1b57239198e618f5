//! The command line as types. Help, completions and the manual pages are made from them.

#![allow(missing_docs, reason = "what a field is called by, clap flattens; its own fields are documented")]
#![allow(rustdoc::broken_intra_doc_links, reason = "HOST[:PORT] is help text, not a link")]

mod backup;
mod doctor;
pub mod help;
mod render;
mod renew;
mod request;
mod rollout;
mod rotate;
mod server;
mod several;
mod web_page;

use std::path::PathBuf;

use clap::{
    Args, CommandFactory, Parser, Subcommand,
    builder::{PossibleValue, PossibleValuesParser},
};
use labtrust_plan::{
    Fingerprint, Target,
    store::{Group, STORES, Store},
};

pub use self::{
    backup::{Backup, Restore},
    doctor::{Doctor, Explain},
    render::Render,
    renew::Renew,
    request::Request,
    rollout::Rollout,
    rotate::{Rotate, StepArgs},
    server::{Import, KeyKind, Passphrase, Setup, Sign, SiteArgs},
    several::SeveralArgs,
    web_page::Page,
};

/// The version, and of which commit and for which platform this program was built.
const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("LABTRUST_COMMIT"), ", ", env!("LABTRUST_TARGET"), ")");

/// Private CA and HTTPS certificates for a self-hosted GitLab and its container registry
#[derive(Debug, Parser)]
#[command(name = "labtrust", version = VERSION, arg_required_else_help = true)]
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
    /// Print the plan and change nothing; exit with 1 if there is something to change
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Print one JSON document on standard output, and nothing else there
    #[arg(long, global = true)]
    pub json: bool,
    /// Folder for the CA, the receipts and the lock
    #[arg(long, global = true, value_name = "DIR", env = "LABTRUST_STATE")]
    pub state: Option<PathBuf>,
    /// Answer yes to confirmations; never replaces a fingerprint or --clients-ready
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Print each step on standard error
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Print only errors on standard error
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
    Render(Render),
    Rollout(Rollout),
    Page(Page),
    Inspect(Inspect),
    Export(Export),
    Completions(Completions),
    Man(Man),
}

impl Verb {
    /// Whether the own stores of all people are meant.
    pub(crate) fn all_users(&self) -> bool {
        match self {
            Self::Trust(Trust { stores: Stores { users, .. }, .. })
            | Self::Untrust(Untrust { stores: Stores { users, .. }, .. })
            | Self::Status(Status { users, .. }) => users.all_users,
            _ => false,
        }
    }
}

/// The commands as help shows them.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[
    ("On the server", &["setup", "import", "request", "sign", "renew", "rotate", "backup", "restore"]),
    ("On a client", &["trust", "untrust", "status", "doctor", "explain"]),
    ("For many machines", &["render", "rollout", "page"]),
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
    let help = format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\n{groups}\nEverywhere:\n{{options}}\n\nFor examples and exit codes: labtrust help COMMAND\n\
         To report a problem, attach the file of: labtrust doctor HOST:PORT --evidence FILE (it holds no secrets)"
    );
    help::add_to(command.help_template(help))
}

/// Trust a CA in every trust store of this machine, and check each store
///
/// SOURCE names the CA's certificate. HOST[:PORT] needs --fingerprint, because anybody can answer in place of a server;
/// the server's `labtrust status` prints the fingerprint. A file needs one if its CA can sign names that you did not ask
/// for. labtrust says "trusted" only after it has read the store again. `labtrust untrust` undoes every change.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent switches")]
pub struct Trust {
    /// Certificate file (./NAME), "-" for standard input, HOST[:PORT] or an https:// URL [default: the CA that setup
    /// created here]
    pub source: Option<String>,
    /// SHA-256 of the root certificate; required when SOURCE is a server
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<Fingerprint>,
    /// SHA-256 of the next CA, when a rotation lets it sign more names than the current one
    #[arg(long, value_name = "SHA256", requires = "source")]
    pub next: Option<Fingerprint>,
    /// Server or registry to trust the CA for; repeatable
    #[arg(long = "for", value_name = "HOST[:PORT]")]
    pub endpoints: Vec<Target>,
    #[command(flatten)]
    pub stores: Stores,
    /// Show every trust store that labtrust knows, and change nothing; with a CA (SOURCE, or the one that setup created
    /// here), also what `trust` would write
    #[arg(long, conflicts_with_all = ["restart", "admin_file"])]
    pub list: bool,
    /// Without root: file with the CA and the command for the administrator [default: in the state folder]
    #[arg(long, value_name = "FILE")]
    pub admin_file: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Trust a certificate that has expired or is not valid yet
    #[arg(long)]
    pub expired: bool,
    /// Trust a CA even if clients reject the certificates that it signed
    #[arg(long)]
    pub refused: bool,
    /// Restart services, such as Docker, that see the change only after a restart
    #[arg(long)]
    pub restart: bool,
}

/// The options that choose trust stores.
#[derive(Debug, Args)]
pub struct Stores {
    /// Use only this store, or this group of stores: system, containers, browsers, java or programs; repeatable
    /// (`labtrust trust --list` shows all stores)
    #[arg(long = "store", value_name = "ID", value_parser = store_names(), hide_possible_values = true)]
    pub only: Vec<String>,
    /// Use every store but this one, or but this group; repeatable
    #[arg(long, value_name = "ID", value_parser = store_names(), hide_possible_values = true)]
    pub except: Vec<String>,
    #[command(flatten)]
    pub users: Users,
}

/// The option that chooses whose own stores are meant.
#[derive(Clone, Copy, Debug, Args)]
pub struct Users {
    /// As root: also the own stores of every person who can log in to this machine (browsers, rootless engines)
    #[arg(long)]
    pub all_users: bool,
}

/// Remove a CA from the trust stores, and leave each store as it was before
///
/// Removes only certificates that labtrust installed. If somebody else also installed the CA, it is still trusted:
/// labtrust names the stores and exits with 1. --purge removes the CA from those stores too.
#[derive(Debug, Args)]
pub struct Untrust {
    /// Fingerprint, certificate file (./NAME), "-" for standard input, or a host that the CA is trusted for [default:
    /// the only CA]
    pub what: Option<String>,
    /// Remove every CA that labtrust knows
    #[arg(long, conflicts_with = "what")]
    pub all: bool,
    /// Also remove the CA (found by its SHA-256) where somebody else installed it
    #[arg(long)]
    pub purge: bool,
    #[command(flatten)]
    pub stores: Stores,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Restart services, such as Docker, that see the change only after a restart
    #[arg(long)]
    pub restart: bool,
}

/// Show which CAs are trusted in which stores, and on a server the state of its certificate
///
/// Reads the trust stores themselves. On a server it also shows when the certificate expires, the next renewal, the
/// command for clients and the last backup.
#[derive(Debug, Args)]
pub struct Status {
    /// Print one line for monitoring; exit codes: 0 ok, 1 warning, 2 critical, 3 unknown
    #[arg(long)]
    pub check: bool,
    /// Write metrics to this file, in the text format of Prometheus
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
    #[command(flatten)]
    pub users: Users,
}

/// Show a certificate, and which clients would reject it
#[derive(Debug, Args)]
pub struct Inspect {
    /// Certificate file (./NAME), "-" for standard input, HOST[:PORT] or an https:// URL [default: the CA that setup
    /// created here]
    pub source: Option<String>,
    #[command(flatten)]
    pub passphrase: Passphrase,
}

/// Print the CA's certificate (never a key)
#[derive(Debug, Args)]
pub struct Export {
    /// Output file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write DER instead of PEM
    #[arg(long)]
    pub der: bool,
}

/// Print completions for a shell
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Print the manual page of labtrust or of one of its commands
#[derive(Debug, Args)]
pub struct Man {
    /// Command whose page is printed [default: the overview]
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Write all pages into this folder instead, one file per command
    #[arg(short, long, value_name = "DIR", conflicts_with = "command")]
    pub out: Option<PathBuf>,
}

/// The groups of stores, and each store that has another name than a group.
fn store_names() -> PossibleValuesParser {
    let groups = Group::ALL.map(|group| PossibleValue::new(group.name()).help(group.title()));
    let is_group = |store: &&Store| Group::ALL.iter().any(|group| group.name() == store.id);
    let stores = STORES.iter().filter(|store| !is_group(store));
    let stores = stores.map(|store| PossibleValue::new(store.id).help(store.title));
    PossibleValuesParser::new(groups.into_iter().chain(stores))
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

    #[test]
    fn the_help_and_the_completions_name_each_group() {
        let trust = command().find_subcommand("trust").expect("a verb").clone();
        let help = trust.clone().render_long_help().to_string();
        let mut completions = Vec::new();
        clap_complete::generate(clap_complete::Shell::Zsh, &mut command(), "labtrust", &mut completions);
        let completions = String::from_utf8_lossy(&completions);
        for group in Group::ALL {
            assert!(help.contains(group.name()), "{help}");
            let completion = format!("{}\\:\"", group.name());
            assert!(completions.contains(&completion), "{completions}");
        }
    }
}
