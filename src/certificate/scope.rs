//! What a CA is made for.

use labtrust_plan::DnsName;
use serde::{Deserialize, Serialize};

use super::name::SubjectName;

/// What a CA is made for, and what it may ever sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The names that it is made for; each may be signed, and the subdomains of each DNS name.
    pub names: Vec<SubjectName>,
    /// Further domains that the CA can sign for.
    pub permit: Vec<DnsName>,
    /// Whether the certificates hold the CA to this, by name constraints.
    pub constrained: bool,
}
