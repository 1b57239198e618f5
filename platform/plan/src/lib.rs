#![doc = include_str!("../README.md")]

mod absolute;
mod anchor;
mod certificate;
mod change;
mod command;
mod database;
pub mod edit;
mod endpoint;
mod explain;
pub mod fact;
mod fingerprint;
mod hint;
mod os;
mod reload;
pub mod render;
mod shell_line;
pub mod store;
pub mod strict_pem;
pub mod text;
mod word;

pub use anchor::Anchor;
pub use certificate::Certificate;
pub use change::{Actor, Change, Contents, Proof, ProofResult, SCHEMA, Step, StoreId, Wanted, skip_restarts};
pub use command::Command;
pub use database::{Database, Keychain, Keystore, LOGIN_KEYCHAIN, Listing, NSS_FILE, Nss, SYSTEM_KEYCHAIN};
pub use edit::Edit;
pub use endpoint::{DnsName, Endpoint, Host, InvalidHost, Target};
pub use explain::{explain, explain_reload};
pub use fact::Facts;
pub use fingerprint::{Fingerprint, InvalidFingerprint};
pub use hint::Hint;
pub use reload::{Reload, Running, Service, SideEffect, Sources, Vendor};
pub use shell_line::{Options, ShellLine};
pub use word::{Filling, Prose, Word, mean_state, places, shell_path, shell_word};
