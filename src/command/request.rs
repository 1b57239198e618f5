//! `request`: asks a company's CA for a certificate. The key stays here; the request goes out.

use anyhow::Result;
use labtrust_platform::{
    Contents, Endpoint, Session, World, apply,
    plan::{Change, ShellLine},
    world::Access,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::options::reader;
use crate::{
    certificate::{PrivateKey, SubjectName, name},
    cli::Request,
    context::Context,
    exit,
    gitlab::Config,
    hint::fail,
    report::{
        consent::{self, Proposal},
        stores::warn_of_damages,
    },
    server::{
        install_pair, requests,
        setup::{order::endpoints, site::Site},
    },
    state::{
        Damage, SiteRecord, State,
        request::{PendingRequest, RequestRecord},
    },
};
use std::ops::ControlFlow;

pub fn run(context: &Context<'_>, state: &State<'_>, arguments: &Request) -> Result<u8> {
    if arguments.undo {
        return take_back(context, state, arguments);
    }
    let order = Order::new(context, state, arguments)?;
    if context.everywhere.dry_run {
        let change = match order.waiting(context, state)? {
            Some(_) => None,
            None => Some(order.make(state)?.1),
        };
        let mut proposal = Proposal::default();
        proposal.apply(context, change.as_slice());
        order.notes.into_iter().for_each(|note| proposal.note(note));
        return Ok(consent::dry_run(context, &proposal));
    }
    let (kept, is_new) = context.session(state, |session, state| order.keep(context, state, session))?;
    let request = kept.request()?;
    let same = format!("the same as on {}: it waits for its answer", day(&kept.notes));
    let notes = (!is_new).then_some(same).into_iter().chain(order.notes).collect();
    hand_out(context, arguments, &kept, &request, notes)?;
    Ok(exit::DONE)
}

/// What is asked for.
struct Order<'a> {
    arguments: &'a Request,
    names: Vec<SubjectName>,
    /// The key that was given.
    key: Option<PrivateKey>,
    notes: Vec<String>,
}

impl<'a> Order<'a> {
    fn new(context: &Context<'_>, state: &State<'_>, arguments: &'a Request) -> Result<Self> {
        let (mut names, notes) = gather(context, state, arguments)?;
        names.extend(arguments.names.iter().cloned());
        let mut unique: Vec<SubjectName> = Vec::new();
        for name in names {
            if !unique.contains(&name) {
                unique.push(name);
            }
        }
        let key = arguments
            .key
            .as_deref()
            .map(|path| reader(context, &arguments.passphrase).key(path))
            .transpose()?;
        Ok(Self { arguments, names: unique, key, notes })
    }

    /// The request for these names that is here and waits for its answer: an answer to it may be on its
    /// way, and its key is the only one that fits.
    fn waiting(&self, context: &Context<'_>, state: &State<'_>) -> Result<Option<PendingRequest>> {
        if self.arguments.new_key {
            return Ok(None);
        }
        let is_asked = |kept: &PendingRequest| {
            kept.folder.starts_with(state.folder())
                && kept.waits_for(&self.names)
                && self.key.as_ref().is_none_or(|key| *key.public_key() == kept.public_key)
        };
        let requests = state.requests()?;
        warn_of_damages(context, requests.damaged.iter());
        let mut waiting: Vec<PendingRequest> =
            requests.kept.iter().filter(|kept| is_asked(kept)).cloned().collect();
        waiting.sort_by(|one, other| one.notes.made.cmp(&other.notes.made));
        Ok(waiting.pop())
    }

    fn make(&self, state: &State<'_>) -> Result<(PendingRequest, Change)> {
        let made;
        let key = if let Some(key) = &self.key {
            key
        } else {
            made = PrivateKey::generate(self.arguments.key_type.into())?;
            &made
        };
        let Request { host, registry, gitlab, .. } = self.arguments;
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
    fn keep(
        &self,
        context: &Context<'_>,
        state: &State<'_>,
        session: &Session<'_>,
    ) -> Result<(PendingRequest, bool)> {
        requests::sweep(session)?;
        if let Some(kept) = self.waiting(context, state)? {
            return Ok((kept, false));
        }
        let (kept, change) = self.make(state)?;
        install_pair::check(&apply(session, &kept.receipt(), None, &[change])?)?;
        Ok((kept, true))
    }
}

/// GitLab's and its registry's hosts, and those of the other URLs that gitlab.rb names.
fn gather(
    context: &Context<'_>,
    state: &State<'_>,
    arguments: &Request,
) -> Result<(Vec<SubjectName>, Vec<String>)> {
    let (host, registry) = (arguments.host.as_ref(), arguments.registry.as_ref());
    let place = SiteRecord { gitlab: arguments.gitlab.clone(), ..SiteRecord::default() };
    let hosts = |gitlab: Endpoint, registry: Endpoint| vec![gitlab.host.into(), registry.host.into()];
    match Site::look(&context.facts, state, &place, host, registry) {
        Ok(site) => {
            let names = hosts(site.gitlab.clone(), site.registry.clone());
            Ok(([names, site.further_names()].concat(), site.notes()))
        }
        Err(error) if host.is_none() || arguments.gitlab.is_some() => Err(error),
        Err(error) => {
            let (gitlab, registry) = endpoints(host, registry, &Config::default())?;
            let note = format!("no gitlab.rb was read, so only what was typed is in it: {error}");
            Ok((hosts(gitlab, registry), vec![note]))
        }
    }
}

/// The request as data; all else on standard error.
fn hand_out(
    context: &Context<'_>,
    arguments: &Request,
    kept: &PendingRequest,
    request: &str,
    notes: Vec<String>,
) -> Result<()> {
    let printer = context.printer;
    let next = ShellLine::from("{labtrust import --cert ANSWER}");
    printer.document(&serde_json::json!({
        "request": request,
        "key": kept.key_path(),
        "names": kept.notes.names,
        "next": [next],
        "notes": notes,
    }));
    match arguments.out.as_deref().map(std::path::absolute).transpose()? {
        Some(path) => {
            let contents = Contents::Public(request.as_bytes().to_vec());
            World::here().put(&path, &contents, Access { mode: 0o644, owner: None })?;
            printer.aside(format_args!("written to {}", path.display()));
        }
        None if context.everywhere.json => {}
        None => printer.data(request.as_bytes()),
    }
    let (kind, names) = (kept.public_key.kind(), name::list(&kept.notes.names));
    printer.aside(format_args!("request for {names} ({kind})"));
    printer.aside(format_args!("  key     {}", kept.key_path().display()));
    for note in notes {
        printer.aside(format_args!("  note    {note}"));
    }
    printer.aside(format_args!("  next    give it to the CA, and when the answer is there: {next}"));
    Ok(())
}

fn day(notes: &RequestRecord) -> &str {
    notes.made.split('T').next().unwrap_or_default()
}

/// Forgets the requests that are kept: all, or those for HOST.
fn take_back(context: &Context<'_>, state: &State<'_>, arguments: &Request) -> Result<u8> {
    let printer = context.printer;
    let host = arguments.host.as_ref().map(|target| SubjectName::from(target.host.clone()));
    let (found, lost) = meant(state, host.as_ref())?;
    warn_of_damages(context, state.requests()?.damaged.iter());
    if found.is_empty() && lost.is_empty() {
        return Err(fail(
            format!("no request is kept in {}", state.folder().display()),
            "if it was made with --state DIR, or as another user, give the same here",
        ));
    }
    found.iter().for_each(|kept| printer.say(title(kept)));
    let names: Vec<_> = found.iter().map(|kept| &kept.notes.names).collect();
    let question = "The key goes too: an answer that comes later is of no use. Forget it?";
    let propose = || {
        let mut proposal = Proposal::default();
        for kept in &found {
            let names = name::list(&kept.notes.names);
            proposal.step(&kept.folder, &format!("forget the request for {names} and its key"));
        }
        lost.iter().for_each(|damage| proposal.step(&damage.path, "put it aside: it is damaged"));
        Ok(proposal)
    };
    if let ControlFlow::Break(code) = consent::ask(context, question, None, propose)? {
        return Ok(code);
    }
    context.session(state, |session, state| {
        requests::sweep(session)?;
        let (found, lost) = meant(state, host.as_ref())?;
        found.into_iter().try_for_each(|kept| install_pair::check(&requests::forget(kept, session)?))?;
        for folder in lost.iter().filter_map(|damage| damage.path.parent()) {
            requests::give_up(session, state, folder, printer)?;
        }
        Ok(())
    })?;
    printer.document(&serde_json::json!({ "forgotten": names }));
    printer.say("forgotten, with the key");
    Ok(exit::DONE)
}

/// The request `kept` in a line.
fn title(kept: &PendingRequest) -> String {
    let answered = if kept.answer.is_empty() { "" } else { ", answered" };
    format!("request for {} of {}{answered}", name::list(&kept.notes.names), day(&kept.notes))
}

/// The requests in the state folder that are meant: all, or those for `host`; and what is damaged of the others, of which
/// nobody knows for which host it was.
fn meant<'s>(
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
