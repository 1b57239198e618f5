//! What a setup is asked for, as the options say.

use std::path::Path;

use labtrust_plan::{DnsName, Target};

use crate::{
    certificate::{KeyType, SubjectName},
    client::reader::Reader,
    state::SiteRecord,
};

/// What a setup is asked for.
#[expect(clippy::struct_excessive_bools, reason = "they are independent switches")]
pub(crate) struct Asked<'a> {
    /// GitLab's host.
    pub host: Option<&'a Target>,
    /// Its registry.
    pub registry: Option<&'a Target>,
    /// Where the pair goes.
    pub place: SiteRecord,
    /// Whether what is not ours there is replaced.
    pub replace: bool,
    /// Whether a person is asked before anything is changed.
    pub can_ask: bool,
    /// Names for the certificate, beside the hosts.
    pub names: &'a [SubjectName],
    /// Domains that the CA can sign for too.
    pub permits: &'a [DnsName],
    /// Whether nothing is installed yet.
    pub stage: bool,
    /// For how many days the certificate is made.
    pub days: Option<u32>,
    /// The kind of a new key.
    pub key_type: KeyType,
    /// Reads the files below.
    pub reader: Reader<'a>,
    /// The key of the certificate.
    pub key: Option<&'a Path>,
    /// The CA that signs, and its key.
    pub ca: Option<(&'a Path, &'a Path)>,
    /// Whether there is no CA.
    pub self_signed: bool,
    /// Whether the CA can sign any name.
    pub no_constraints: bool,
    /// Whether this machine's stores are left alone.
    pub no_trust: bool,
    /// Whether nothing renews it by itself.
    pub no_auto_renew: bool,
}
