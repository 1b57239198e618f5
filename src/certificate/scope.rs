//! The scope of a CA.

use labtrust_plan::DnsName;
use serde::{Deserialize, Serialize};

use super::name::SubjectName;

/// The names that a CA is created for, and its limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Its names: it may sign each, and the subdomains of each DNS name.
    pub names: Vec<SubjectName>,
    /// More domains that the CA may sign for.
    pub permit: Vec<DnsName>,
    /// Whether name constraints in its certificates enforce this.
    pub constrained: bool,
}
