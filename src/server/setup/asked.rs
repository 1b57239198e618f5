//! The options of `setup`.

use std::path::Path;

use labtrust_plan::{DnsName, Target};

use crate::{
    certificate::{KeyType, SubjectName},
    client::reader::Reader,
    state::SiteRecord,
};

/// The options of `setup`.
#[expect(clippy::struct_excessive_bools, reason = "they are independent switches")]
pub(crate) struct Asked<'a> {
    /// GitLab's host.
    pub host: Option<&'a Target>,
    /// Its registry.
    pub registry: Option<&'a Target>,
    /// The folder options.
    pub place: SiteRecord,
    /// Whether to replace foreign certificates and settings.
    pub replace: bool,
    /// Whether the run asks a person before it changes anything.
    pub can_ask: bool,
    /// Additional names for the certificate.
    pub names: &'a [SubjectName],
    /// Additional domains that the CA can sign.
    pub permits: &'a [DnsName],
    /// Whether to install nothing yet.
    pub stage: bool,
    /// Validity of the certificate in days.
    pub days: Option<u32>,
    /// The kind of a new key.
    pub key_type: KeyType,
    /// The reader for the files below.
    pub reader: Reader<'a>,
    /// The key of the certificate.
    pub key: Option<&'a Path>,
    /// The files of an existing CA and its key.
    pub ca: Option<(&'a Path, &'a Path)>,
    /// Whether the new CA signs all its certificates now, and its key is wiped.
    pub sealed: bool,
    /// Whether to create a self-signed certificate and no CA.
    pub self_signed: bool,
    /// Whether the CA can sign any name.
    pub no_constraints: bool,
    /// Whether to leave this machine's stores alone.
    pub no_trust: bool,
    /// Whether to schedule no renewal.
    pub no_auto_renew: bool,
}
