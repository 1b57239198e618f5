//! A reason to refuse, and the clients that do.

use super::client::{By, Client, Version, Versions};
use crate::certificate::name::list;

/// A reason to refuse, and the clients that do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The clients.
    pub by: Vec<By>,
    /// The reason, as a clause without a full stop.
    pub why: String,
    /// The subject of the reason.
    pub about: About,
}

/// The subject of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The dates of validity.
    Dates,
    /// The permission to serve TLS.
    Purpose,
    /// The length of validity.
    Life,
    /// The names.
    Names,
    /// Weak keys and signatures.
    Weakness,
    /// The mark that it is a CA.
    Authority,
    /// The limits of the CAs above it.
    Constraint,
    /// Missing certificates between it and the anchor.
    Chain,
    /// Encodings that some clients cannot read.
    Encoding,
    /// Anything else.
    Form,
}

impl Refusal {
    /// Whether this client refuses, in its newest version.
    pub fn is_by(&self, client: Client) -> bool {
        self.by.iter().any(|by| by.client == client && !matches!(by.versions, Versions::Before(_)))
    }

    /// Whether this version of a client refuses.
    pub fn is_by_version(&self, client: Client, version: Version) -> bool {
        self.by.iter().any(|by| by.client == client && by.versions.contain(version))
    }

    /// Whether all clients refuse.
    pub fn is_by_all(&self) -> bool {
        let is_whole = |by: &By, client| by.client == client && by.versions == Versions::All;
        Client::all().all(|client| self.by.iter().any(|by| is_whole(by, client)))
    }

    /// The clients' names, or `every client`.
    pub fn clients(&self) -> Vec<String> {
        if self.is_by_all() {
            return vec!["every client".into()];
        }
        // The command does what the library does.
        let is_implied = |by: &&By| {
            matches!(by.client, Client::OpenSsl | Client::OpenSslStrict)
                && self.by.iter().any(|one| (one.client, one.versions) == (Client::Curl, by.versions))
        };
        self.by.iter().filter(|by| !is_implied(by)).map(ToString::to_string).collect()
    }

    /// The clients in a sentence, with those marked that are known only from documentation. `every client` is not marked:
    /// every client that can be run refuses.
    pub fn who(&self) -> String {
        let documented = |by: &&By| by.source().is_some();
        let clients = list(&self.clients());
        if self.is_by_all() || !self.by.iter().any(|by| documented(&by)) {
            return clients;
        }
        if self.by.iter().all(|by| documented(&by)) {
            return format!("{clients} (from documentation)");
        }
        let names: Vec<_> = self.by.iter().filter(documented).map(|by| by.client.name()).collect();
        format!("{clients} (from documentation: {})", names.join(", "))
    }

    /// The same with the verb that follows.
    pub fn who_refuse(&self) -> String {
        format!("{} {}", self.who(), if self.clients().len() == 1 { "rejects" } else { "reject" })
    }
}
