//! `restore`: what `backup` saved, back in the state folder, on this machine or on a new one. The CA is the
//! same then, so clients notice nothing; what only the lost machine knew of itself stays behind.

mod sender;

use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use age::x25519;
use anyhow::{Context as _, Result};
use labtrust_platform::{
    Outcome, Session, World, apply, apply_together,
    plan::{Options, ShellLine},
    receipt::parse,
    text, undo,
    world::Access,
};
use zeroize::Zeroizing;

use self::sender::OpenedBy;
use crate::{
    backup::{Archive, Item, Opener, archive::MAX_SIZE, seal},
    cli::Restore,
    context::Context,
    exit::{self, misuse},
    hint::{fail, shell_line},
    input,
    prompt::passphrase,
    report::{
        consent::{self, DO_THIS, Proposal},
        stores::print_damages,
    },
    server::{
        install_pair, requests,
        restore::{
            commands::{Commands, Part},
            plan::{Origin, Plan, Saved},
        },
    },
    state::{Ca, LastBackup, RECEIPT, State, damages, put_aside, put_back, request},
};
use std::ops::ControlFlow;

pub fn run(context: &Context<'_>, state: &State<'_>, arguments: &Restore) -> Result<u8> {
    let printer = context.printer;
    let shown = text::path(&arguments.file);
    let (archive, by) = read(context, arguments).with_context(|| format!("cannot restore {shown}"))?;
    if !sender::check(context, state, arguments, &archive, by)
        .with_context(|| format!("cannot restore {shown}"))?
    {
        return Ok(exit::NO);
    }
    let plan = Plan::make(state, &archive, arguments.replace)?;
    let commands = Commands::find(&archive, &plan)?;
    let is_open = !plan.is_done(&World::here())?;
    let propose = || {
        let mut proposal = Proposal::default();
        for path in &plan.damaged {
            proposal.change(format_args!("  put {} aside, which is damaged", text::path(path)));
        }
        for saved in &plan.receipts {
            proposal.change(format_args!("  put the receipt {} back", saved.name));
        }
        let changes: Vec<_> = plan.changes().filter(|_| is_open).cloned().collect();
        proposal.apply(context, &changes);
        for Part { what, lines } in commands.parts() {
            proposal.heading(what.clone());
            lines.iter().for_each(|line| proposal.line(format_args!("  {line}")));
        }
        proposal.field("later", &commands);
        proposal.field("would_change", is_open);
        Ok(proposal)
    };
    let warnings = commands.warnings().filter(|_| is_open);
    if let ControlFlow::Break(code) = consent::ask(context, DO_THIS, warnings, propose)? {
        return Ok(code);
    }
    let mut aside = None;
    let mut noted = Ok(());
    let is_new = context.session(state, |session, state| {
        requests::sweep(session)?;
        // Another run may have made a CA meanwhile.
        let plan = Plan::make(state, &archive, arguments.replace)?;
        let (is_new, damaged) = carry_out(session, state.folder(), &plan)?;
        aside = damaged;
        let is_noted = !is_new && state.last_backup().is_ok_and(|last| last.is_some());
        if !is_noted && damages::of_archive(&archive).is_empty() {
            // There is a backup, then: this one. A restored CA stays, whatever becomes of the note of it.
            noted = note(state, arguments, &archive);
        }
        Ok(is_new)
    })?;
    noted.context("the backup is restored, but status does not know of it")?;
    if let Some(aside) = aside {
        printer.aside(format_args!("what was damaged is in {}", text::path(&aside)));
    }
    let code = report(context, &state.again(), &archive, &plan, is_new)?;
    // A backup that an older labtrust made was not opened again.
    let damages = damages::of_archive(&archive);
    Ok(exit::worse(code, print_damages(context, damages.iter())))
}

/// Writes down that this is a backup of what is here.
fn note(state: &State<'_>, arguments: &Restore, archive: &Archive) -> Result<()> {
    let is_stream = arguments.file == Path::new(input::STREAM);
    let file = if is_stream { arguments.file.clone() } else { std::path::absolute(&arguments.file)? };
    LastBackup::of(&archive.manifest, &file).write(state.home())
}

/// The backup, decrypted.
fn read(context: &Context<'_>, arguments: &Restore) -> Result<(Archive, OpenedBy)> {
    let sealed = if arguments.file == Path::new(input::STREAM) {
        if std::io::stdin().is_terminal() {
            return Err(misuse(
                "there is no backup on standard input",
                "name its file: {labtrust restore FILE}",
            ));
        }
        Zeroizing::new(input::standard_input(2 * MAX_SIZE)?)
    } else {
        input::bytes(&arguments.file, "give the file that `labtrust backup` made")?
    };
    let opener = match (seal::takes_passphrase(&sealed)?, &arguments.identity) {
        (true, None) => Opener::Passphrase(passphrase(context.printer, &arguments.passphrase, "the backup")?),
        (false, Some(path)) => Opener::Identities(identities(path)?),
        (true, Some(_)) => {
            return Err(fail("it is opened by a passphrase, not by a key", "leave --identity out"));
        }
        (false, None) => {
            return Err(fail(
                "it is opened by a recipient's key, not by a passphrase",
                "give the key: --identity FILE",
            ));
        }
    };
    let by = match opener {
        Opener::Passphrase(_) => OpenedBy::Passphrase,
        Opener::Identities(_) => OpenedBy::Key,
    };
    Ok((Archive::read(&seal::open(&sealed, &opener)?)?, by))
}

/// The keys in a file as age-keygen(1) writes it.
fn identities(path: &Path) -> Result<Vec<x25519::Identity>> {
    let hint = "give a file as age-keygen writes it, with a line AGE-SECRET-KEY-1…";
    let bytes = input::bytes(path, hint)?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let found: Vec<_> = text.lines().filter_map(|line| line.trim().parse().ok()).collect();
    if found.is_empty() {
        return Err(fail(format!("{} holds no key of age's", text::path(path)), hint));
    }
    Ok(found)
}

/// Carries the plan out, all of it or nothing; whether that changed anything, and where the damaged parts are now.
fn carry_out(session: &Session<'_>, state: &Path, plan: &Plan) -> Result<(bool, Option<PathBuf>)> {
    let damaged = put_aside(state, &plan.damaged)?;
    let done = carry_out_rest(session, state, plan);
    if let (Err(_), Some(aside)) = (&done, &damaged) {
        put_back(state, aside, &plan.damaged)?;
    }
    Ok((done? || damaged.is_some(), damaged))
}

fn carry_out_rest(session: &Session<'_>, state: &Path, plan: &Plan) -> Result<bool> {
    let mut receipts = Vec::new();
    let mut requests = Vec::new();
    let mut work = || -> Result<bool> {
        for saved in &plan.receipts {
            receipts.push(saved.name.clone());
            write(state, saved)?;
        }
        if let Some(aside) = &plan.aside {
            install_pair::check(&apply(session, ASIDE, None, std::slice::from_ref(aside))?)?;
        }
        let mut changed = !receipts.is_empty();
        for request in &plan.requests {
            let name = request::receipt(Path::new(&request.subject));
            let outcomes = apply(session, &name, None, std::slice::from_ref(request))?;
            if is_changed(&outcomes) {
                requests.push(name);
            }
            install_pair::check(&outcomes)?;
        }
        let outcomes = apply_together(session, RECEIPT, None, &plan.authorities)?;
        let failed = outcomes.iter().position(|outcome| outcome.state == labtrust_platform::State::Failed);
        install_pair::check(&outcomes[..failed.map_or(outcomes.len(), |failed| failed + 1)])?;
        changed |= is_changed(&outcomes) || !requests.is_empty();
        Ok(changed)
    };
    let done = work();
    if done.is_err() {
        // Nothing of it is to be left, as far as that can be.
        for name in &requests {
            if let Ok(Some(mut receipt)) = session.receipts.load(name) {
                drop(undo(session, &mut receipt, |_| true));
            }
        }
        for name in &receipts {
            drop(session.receipts.forget(name));
        }
        if let Ok(Some(mut receipt)) = session.receipts.load(ASIDE) {
            drop(undo(session, &mut receipt, |_| true));
        }
    } else {
        // What was put aside is the user's from here on.
        session.receipts.forget(ASIDE)?;
    }
    done
}

/// What is kept of putting a CA aside, while that is under way.
const ASIDE: &str = "restore";

fn is_changed(outcomes: &[Outcome]) -> bool {
    outcomes.iter().any(|outcome| outcome.changed)
}

/// Writes a receipt of this machine's as it was, itself last: without it, what lies beside it is nothing.
fn write(state: &Path, saved: &Saved<'_>) -> Result<()> {
    let (receipts, before): (Vec<&Item>, Vec<&Item>) =
        saved.items.iter().copied().partition(|item| item.path.ends_with("receipt.json"));
    if receipts.iter().any(|item| parse(&item.contents).is_err()) {
        return Err(fail(
            format!("the backup's receipt {} cannot be read", saved.name),
            "a newer labtrust wrote it: restore with that one",
        ));
    }
    let world = World::here();
    for item in before.into_iter().chain(receipts) {
        let path = state.join(&item.path);
        if let Some(folder) = path.parent() {
            world.make_folders(folder, 0o700)?;
        }
        let contents = labtrust_platform::Contents::Secret(item.contents.clone());
        world.put(&path, &contents, Access { mode: 0o600, owner: None })?;
    }
    Ok(())
}

fn report(
    context: &Context<'_>,
    state: &State<'_>,
    archive: &Archive,
    plan: &Plan,
    changed: bool,
) -> Result<u8> {
    let printer = context.printer;
    let own = state.ca()?;
    let next = next(state, own)?;
    printer.document(&serde_json::json!({
        "made": archive.manifest.made,
        "host": archive.manifest.host,
        "changed": changed,
        "sha256": own.map(|own| own.root.fingerprint()),
        "next": next,
    }));
    let day = archive.manifest.made.split('T').next().unwrap_or_default();
    let whence = archive.manifest.host.as_ref().map(|host| format!(" of {host}")).unwrap_or_default();
    let done = if changed { "restored" } else { "all is here already: nothing was changed" };
    printer.say(format_args!("{done} (backup{whence}, {day})"));
    if let Some(own) = &own {
        printer.say(format_args!("CA  {}", own.root.title()));
        printer.say(format_args!("  sha256    {}", own.root.fingerprint()));
        printer.say("  note      clients that trust it need nothing new");
    }
    if let Some(aside) = &plan.aside {
        printer.say(format_args!("  note      what was here is in {} now", aside.subject));
    }
    match plan.origin {
        Origin::Here => {}
        Origin::OtherMachine => {
            printer.say("  note      what labtrust had done to the other machine is not known here");
        }
        Origin::OtherFolder => {
            printer.say(
                "  note      only the state folder of the backup knows what labtrust did to this machine",
            );
        }
    }
    if !next.is_empty() {
        printer.heading("Next, on this machine:");
    }
    for line in next {
        printer.command(line);
    }
    Ok(exit::DONE)
}

/// What makes this machine serve again.
fn next(state: &State<'_>, own: Option<&Ca>) -> Result<Vec<ShellLine>> {
    if let Some(own) = own
        && own.open()?.is_some()
    {
        let endpoints = &own.notes.endpoints;
        let host = endpoints.first().map(ToString::to_string).unwrap_or_default();
        let host = host.strip_suffix(":443").unwrap_or(&host);
        let registry = endpoints.last().map(|registry| shell_line!("--registry {}", registry));
        let mut options = Vec::from_iter(registry);
        options.extend(own.notes.site.options());
        return Ok(vec![shell_line!("{labtrust setup {}{}}", host, Options(&options))]);
    }
    let kept = state.requests()?.kept.iter();
    let answered = kept.filter(|kept| !kept.answer.is_empty());
    Ok(answered.map(|kept| shell_line!("{labtrust import --cert {}}", kept.answer_path())).collect())
}
