//! `renew`: a fresh certificate before the old one ends, for the same names and, unless another is asked
//! for, the same key; placed, read again by nginx, proven to be served, and taken back if it is not.

pub mod status;

use std::ops::ControlFlow;

use anyhow::{Context as _, Result};
use labtrust_platform::Fingerprint;
use time::{Duration, OffsetDateTime};

use crate::{
    certificate::{KeyKind, KeyType, LeafOrder, Parsed, PrivateKey},
    cli::Renew,
    client::stores::{self, Selection},
    context::Context,
    exit,
    gitlab::Pair,
    hint::{Hint, fail},
    report::{install, pair::PairReport},
    server::{
        install_pair::{self, Plan},
        renew::{
            clock,
            current_certificate::{Ours, Signer, Standing},
        },
        setup::{draft::WAY_ON, site::Site},
    },
    state::{self, RenewalRecord},
};

/// What the next CA is begun with.
const NEXT_CA: &str = "begin the next CA: {labtrust rotate start}";

pub fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Renew) -> Result<u8> {
    let now = OffsetDateTime::now_utc();
    // One that cannot be read is replaced; `status` says of it what is wrong.
    let ran = state.renewal().ok().flatten().map(|record| record.ran);
    let ended = renew(context, state, arguments, ran.filter(|_| arguments.if_expiring.is_some()), now);
    let ended = match ended {
        Ok(ControlFlow::Break(code)) => return Ok(code),
        Ok(ControlFlow::Continue(ended)) => Ok(ended),
        Err(error) => Err(error),
    };
    // A command that was mistyped is no run that failed.
    let counts = ended.is_ok() || arguments.if_expiring.is_some();
    if counts && !context.everywhere.dry_run {
        write_down(context, state, &ended, now, ran)?;
    }
    ended.map(|ended| ended.code)
}

/// What a run has come to.
struct Ended {
    code: u8,
    outcome: String,
    not_after: OffsetDateTime,
}

/// Keeps what a run has come to, where there is a state to keep it in.
fn write_down(
    context: &Context<'_>,
    state: &state::State<'_>,
    ended: &Result<Ended>,
    now: OffsetDateTime,
    ran: Option<OffsetDateTime>,
) -> Result<()> {
    if !state.folder().is_dir() {
        return Ok(());
    }
    let record = match ended {
        Ok(ended) => RenewalRecord {
            schema: 1,
            ran: now,
            well: [exit::DONE, exit::RESTART].contains(&ended.code),
            outcome: ended.outcome.clone(),
            not_after: Some(ended.not_after),
        },
        // A clock that is behind must not be taken for the last time it was.
        Err(error) => RenewalRecord {
            schema: 1,
            ran: ran.map_or(now, |ran| ran.max(now)),
            well: false,
            outcome: format!("{error:#}"),
            not_after: None,
        },
    };
    let written = context.session(state, |_, state| record.write(state.home()));
    // What the run has come to is said whether or not it can be kept.
    if ended.is_ok() { written } else { Ok(()) }
}

fn renew(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Renew,
    ran: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<ControlFlow<u8, Ended>> {
    if let Answer::Renew(draft) = look(context, state, arguments, ran, now)?
        && let ControlFlow::Break(code) = install::ask(context, state, &draft.plan)?
    {
        return Ok(ControlFlow::Break(code));
    }
    let answer = context.session(state, |session, state| {
        // A run that was waited for may have done it.
        let answer = look(context, state, arguments, ran, now)?;
        if let Answer::Renew(draft) = &answer {
            install_pair::carry_out(session, &draft.plan)?;
        }
        Ok(answer)
    })?;
    Ok(ControlFlow::Continue(answer.report(context)))
}

/// What is to be done.
enum Answer {
    /// Nothing yet: the certificate in place is good until it is due.
    Nothing { standing: Standing, due: OffsetDateTime },
    /// It is due, and it is not ours to renew, or nothing would come of it.
    Warn { standing: Standing, why: String, hint: Hint },
    /// A fresh one is placed.
    Renew(Box<Draft>),
}

/// A fresh certificate.
struct Draft {
    plan: Plan,
    leaf: Parsed,
    root: Parsed,
    notes: Vec<String>,
    site: Site,
    /// What is sent with it.
    along: Option<Fingerprint>,
}

fn look(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Renew,
    ran: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<Answer> {
    let standing = Standing::find(&context.facts, state)?;
    clock::check(now, &[&standing.leaf, &standing.root], ran)?;
    let leaf = &standing.leaf;
    let due = match arguments.if_expiring {
        None => now,
        Some(None) => leaf.due(),
        Some(Some(days)) => leaf.not_after.saturating_sub(Duration::days(days.into())),
    };
    let is_due = due <= now;
    match &standing.signer {
        Signer::Others { why, hint } if arguments.if_expiring.is_some() => Ok(if is_due {
            let why = format!("it cannot be renewed here: {why}");
            let hint = hint.clone();
            Answer::Warn { standing, why, hint }
        } else {
            Answer::Nothing { standing, due }
        }),
        Signer::Others { why, hint } => Err(fail(
            format!("this certificate cannot be renewed here: {why}; it ends on {}", leaf.not_after.date()),
            hint.clone(),
        )),
        // One whose key is not there is of no use, however fresh it is.
        Signer::Ours(ours) if is_due || ours.key.is_none() => {
            // What ends with its CA, another one of that CA does not outlive.
            if arguments.if_expiring.is_some()
                && ours.key.is_some()
                && leaf.not_after >= ours.authority.not_after()
            {
                let why = format!("its CA ends with it, on {}", ours.authority.not_after().date());
                return Ok(Answer::Warn { standing, why, hint: NEXT_CA.into() });
            }
            Draft::make(context, arguments, &standing, ours, now).map(|draft| Answer::Renew(Box::new(draft)))
        }
        Signer::Ours(_) => Ok(Answer::Nothing { standing, due }),
    }
}

impl Draft {
    fn make(
        context: &Context<'_>,
        arguments: &Renew,
        standing: &Standing,
        ours: &Ours,
        now: OffsetDateTime,
    ) -> Result<Self> {
        let fresh;
        let key = match &ours.key {
            Some(key) if !arguments.new_key => key,
            _ => {
                fresh = PrivateKey::generate(kind_of(&standing.leaf))?;
                &fresh
            }
        };
        let mut names = standing.leaf.names.clone();
        names.extend(arguments.names.iter().cloned());
        let days = arguments.days.unwrap_or(ours.own.notes.days);
        let order = LeafOrder { names, public_key: key.public_key().clone(), days };
        let issued = ours.authority.sign(&order, now)?;
        // A certificate that ends is worse than one that is not sent with the next root.
        let along = ours.own.along();
        let unsent = along.as_ref().err().map(|damage| {
            format!("the root of the next CA is not sent with it: {damage}; {}", damage.hint())
        });
        let along = along.unwrap_or_default();
        let pair = Pair::of(&issued, &along, key).context("nothing was signed")?;
        let mut site = ours.site.clone();
        site.settle(&issued.leaf, &|chain| ours.own.is_ours(chain), false, WAY_ON)?;
        let anchor = ours.own.anchor();
        let planning = stores::plan(&context.facts, &context.worlds, &anchor, &Selection::none());
        let mut notes = issued.notes;
        if !notes.is_empty() {
            notes.push(format!("Begin the next CA in time: {NEXT_CA}"));
        }
        notes.extend(unsent);
        Ok(Self {
            plan: Plan {
                changes: site.placing(&pair),
                anchor,
                planning,
                warnings: Vec::new(),
                broad: None,
                expected: site.expected()?,
                afterwards: Vec::new(),
            },
            leaf: issued.leaf,
            root: standing.root.clone(),
            notes,
            along: pair.along,
            site,
        })
    }
}

/// The kind of key that a certificate is for, if we make such ones.
fn kind_of(certificate: &Parsed) -> KeyType {
    match certificate.public_key().kind() {
        KeyKind::P384 => KeyType::P384,
        _ => KeyType::P256,
    }
}

impl Answer {
    /// Says what was done, or why not.
    fn report(self, context: &Context<'_>) -> Ended {
        let printer = context.printer;
        let (code, outcome, mut report) = match &self {
            Self::Nothing { standing, due } => {
                let outcome = format!("nothing to renew until {}", due.date());
                (exit::DONE, outcome, PairReport::new(&standing.root, &standing.leaf, &[]))
            }
            Self::Warn { standing, why, .. } => {
                let outcome =
                    format!("the certificate ends on {}, and {why}", standing.leaf.not_after.date());
                (exit::NO, outcome, PairReport::new(&standing.root, &standing.leaf, &[]))
            }
            Self::Renew(draft) => {
                let outcome = format!("renewed until {}", draft.leaf.not_after.date());
                let changes: Vec<_> = draft.plan.changes.iter().collect();
                let mut report = PairReport::new(&draft.root, &draft.leaf, &changes);
                report.unmet = draft.site.unmet_by_another(draft.leaf.fingerprint(), draft.along);
                (exit::of_unmet(&report.unmet), outcome, report)
            }
        };
        printer.say(&outcome);
        report.print(context, |_| true);
        match &self {
            Self::Nothing { .. } => {}
            Self::Warn { hint, .. } => {
                printer.say(format_args!("hint: {hint}"));
                report.remaining.notes.push(hint.to_string());
            }
            Self::Renew(draft) => {
                for note in &draft.notes {
                    printer.say(format_args!("  note        {note}"));
                }
                report.remaining.notes.clone_from(&draft.notes);
                if !report.unmet.is_empty() {
                    draft.site.print_next(printer, &report.unmet);
                    let next = draft.site.next(&report.unmet);
                    report.leave(next);
                }
            }
        }
        printer.document(&report);
        let not_after = match &self {
            Self::Nothing { standing, .. } | Self::Warn { standing, .. } => standing.leaf.not_after,
            Self::Renew(draft) => draft.leaf.not_after,
        };
        Ended { code, outcome, not_after }
    }
}
