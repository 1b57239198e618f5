//! Certificate signing requests: their names, and the requests themselves.

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

/// The options of `request`.
pub(crate) struct Asked<'a> {
    /// GitLab's host.
    pub host: Option<&'a Target>,
    /// Its registry.
    pub registry: Option<&'a Target>,
    /// GitLab's folder.
    pub gitlab: Option<&'a PathBuf>,
    /// More names.
    pub names: &'a [SubjectName],
    /// The reader for the file below.
    pub reader: Reader<'a>,
    /// The key.
    pub key: Option<&'a Path>,
    /// The kind of a new key.
    pub key_type: KeyType,
    /// Whether to create a new key although a request is pending.
    pub new_key: bool,
}

/// The content of a request.
pub(crate) struct Order<'a> {
    asked: Asked<'a>,
    names: Vec<SubjectName>,
    /// The key that the user passed.
    key: Option<PrivateKey>,
    /// Notes for people.
    pub notes: Vec<String>,
}

impl<'a> Order<'a> {
    /// The content that `asked` asks for, with the hosts in gitlab.rb.
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

    /// The pending request for these names. Its CA may be about to answer, and only its key will match.
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
        waiting.sort_by(|left, right| left.notes.made.cmp(&right.notes.made));
        Ok(waiting.pop())
    }

    /// A new request, and the change that stores it.
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

    /// The pending request, or a new one; and whether it is new.
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

/// The hosts of GitLab, of its registry and of the other URLs in gitlab.rb; and notes.
fn gather(facts: &Facts, state: &State<'_>, asked: &Asked<'_>) -> Result<(Vec<SubjectName>, Vec<String>)> {
    let (host, registry) = (asked.host, asked.registry);
    let folders = SiteRecord { gitlab: asked.gitlab.cloned(), ..SiteRecord::default() };
    let hosts = |gitlab: Endpoint, registry: Endpoint| vec![gitlab.host.into(), registry.host.into()];
    match Site::find_as_configured(
        facts,
        state,
        SiteOptions { folders: &folders, host, registry, import: None },
    ) {
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

/// The requests to delete: all, or those for `host`. Damaged requests are among them only if no host was given, because
/// their hosts are unknown.
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
