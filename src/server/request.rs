//! What a certificate signing request asks for, and the request itself.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::{Session, apply};
use labtrust_plan::{Change, Endpoint, Facts, Target};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    install_pair, requests,
    setup::{
        order::endpoints,
        site::{Site, SiteOptions},
    },
};
use crate::{
    certificate::{KeyType, PrivateKey, SubjectName},
    client::reader::Reader,
    gitlab::Config,
    state::{
        Damage, SiteRecord, State,
        request::{PendingRequest, RequestRecord},
    },
};

/// What is asked for, as the options say.
pub(crate) struct Asked<'a> {
    /// GitLab's host.
    pub host: Option<&'a Target>,
    /// Its registry.
    pub registry: Option<&'a Target>,
    /// GitLab's folder.
    pub gitlab: Option<&'a PathBuf>,
    /// More names.
    pub names: &'a [SubjectName],
    /// Reads the file below.
    pub reader: Reader<'a>,
    /// The key.
    pub key: Option<&'a Path>,
    /// The kind of a new key.
    pub key_type: KeyType,
    /// Whether a request that waits is left alone.
    pub new_key: bool,
}

/// What is asked for.
pub(crate) struct Order<'a> {
    asked: Asked<'a>,
    names: Vec<SubjectName>,
    /// The key that was given.
    key: Option<PrivateKey>,
    /// What a person should know.
    pub notes: Vec<String>,
}

impl<'a> Order<'a> {
    /// What is asked for, with the hosts that gitlab.rb names.
    pub(crate) fn new(facts: &Facts, state: &State<'_>, asked: Asked<'a>) -> Result<Self> {
        let (mut names, notes) = gather(facts, state, &asked)?;
        names.extend(asked.names.iter().cloned());
        let mut unique: Vec<SubjectName> = Vec::new();
        for name in names {
            if !unique.contains(&name) {
                unique.push(name);
            }
        }
        let key = asked.key.map(|path| asked.reader.key(path)).transpose()?;
        Ok(Self { asked, names: unique, key, notes })
    }

    /// The request for these names that is here and waits for its answer: an answer to it may be on its
    /// way, and its key is the only one that fits.
    pub(crate) fn waiting(&self, state: &State<'_>) -> Result<Option<PendingRequest>> {
        if self.asked.new_key {
            return Ok(None);
        }
        let is_asked = |kept: &PendingRequest| {
            kept.folder.starts_with(state.folder())
                && kept.waits_for(&self.names)
                && self.key.as_ref().is_none_or(|key| *key.public_key() == kept.public_key)
        };
        let requests = state.requests()?;
        let mut waiting: Vec<PendingRequest> =
            requests.kept.iter().filter(|kept| is_asked(kept)).cloned().collect();
        waiting.sort_by(|one, other| one.notes.made.cmp(&other.notes.made));
        Ok(waiting.pop())
    }

    /// A new request, and what keeping it takes.
    pub(crate) fn make(&self, state: &State<'_>) -> Result<(PendingRequest, Change)> {
        let made;
        let key = if let Some(key) = &self.key {
            key
        } else {
            made = PrivateKey::generate(self.asked.key_type)?;
            &made
        };
        let Asked { host, registry, gitlab, .. } = &self.asked;
        let notes = RequestRecord {
            schema: 1,
            names: self.names.clone(),
            made: OffsetDateTime::now_utc().format(&Rfc3339)?,
            host: host.as_ref().map(|host| host.or_port(443)),
            registry: registry.as_ref().map(|registry| registry.or_port(4567)),
            gitlab: gitlab.as_ref().map(std::path::absolute).transpose()?,
        };
        PendingRequest::make(state.home(), key, notes)
    }

    /// The request that waits, or a new one; and whether it is new.
    pub(crate) fn keep(&self, state: &State<'_>, session: &Session<'_>) -> Result<(PendingRequest, bool)> {
        requests::sweep(session)?;
        if let Some(kept) = self.waiting(state)? {
            return Ok((kept, false));
        }
        let (kept, change) = self.make(state)?;
        install_pair::check(&apply(session, &kept.receipt(), None, &[change])?)?;
        Ok((kept, true))
    }
}

/// GitLab's and its registry's hosts, and those of the other URLs that gitlab.rb names.
fn gather(facts: &Facts, state: &State<'_>, asked: &Asked<'_>) -> Result<(Vec<SubjectName>, Vec<String>)> {
    let (host, registry) = (asked.host, asked.registry);
    let folders = SiteRecord { gitlab: asked.gitlab.cloned(), ..SiteRecord::default() };
    let hosts = |gitlab: Endpoint, registry: Endpoint| vec![gitlab.host.into(), registry.host.into()];
    match Site::find_as_configured(facts, state, SiteOptions { folders: &folders, host, registry }) {
        Ok(site) => {
            let names = hosts(site.gitlab.clone(), site.registry.clone());
            Ok(([names, site.extra_names()].concat(), site.notes()))
        }
        Err(error) if host.is_none() || asked.gitlab.is_some() => Err(error),
        Err(error) => {
            let (gitlab, registry) = endpoints(host, registry, &Config::default())?;
            let note = format!(
                "the request contains only the names that you typed, because no gitlab.rb was read: {error}"
            );
            Ok((hosts(gitlab, registry), vec![note]))
        }
    }
}

/// The requests in the state folder that are meant: all, or those for `host`; and what is damaged of the others, of which
/// nobody knows for which host it was.
pub(crate) fn meant<'s>(
    state: &'s State<'_>,
    host: Option<&SubjectName>,
) -> Result<(Vec<&'s PendingRequest>, Vec<&'s Damage>)> {
    let requests = state.requests()?;
    let is_kept = |kept: &&PendingRequest| {
        kept.folder.starts_with(state.folder()) && host.is_none_or(|host| kept.notes.names.contains(host))
    };
    let is_lost = |damage: &&Damage| host.is_none() && damage.path.starts_with(state.folder());
    Ok((requests.kept.iter().filter(is_kept).collect(), requests.damaged.iter().filter(is_lost).collect()))
}
