//! `restore`: restores a backup into the state folder, on the same machine or a new one. The CA stays the same, so clients
//! need no change. Records about the lost machine itself are not restored.

mod sender;

use std::{io::IsTerminal as _, ops::ControlFlow, path::Path};

use age::x25519;
use anyhow::{Context as _, Result};
use labtrust_machine::World;
use labtrust_plan::text;
use zeroize::Zeroizing;

use self::sender::OpenedBy;
use crate::{
    backup::{Archive, Opener, archive::MAX_SIZE, seal},
    cli::Restore,
    context::Context,
    exit::{self, misuse},
    hint::fail,
    input,
    prompt::passphrase,
    report::{
        self,
        consent::{self, DO_THIS, Proposal},
        stores::print_damages,
    },
    server::{
        requests,
        restore::{
            carry_out::carry_out,
            commands::{Commands, Part},
            plan::Plan,
        },
    },
    state::{LastBackup, State, damages},
};

pub(super) fn run(context: &Context<'_>, state: &State<'_>, arguments: &Restore) -> Result<u8> {
    let printer = context.printer;
    let fault = || format!("cannot restore {}", text::path(&arguments.file));
    let (archive, by) = read(context, arguments).with_context(fault)?;
    if !sender::check(context, state, arguments, &archive, by).with_context(fault)? {
        return Ok(exit::NO);
    }
    let plan = Plan::make(state, &archive, arguments.replace)?;
    let commands = Commands::find(&archive, &plan)?;
    let is_open = !plan.is_done(&World::here())?;
    let propose = || {
        let mut proposal = Proposal::default();
        for path in &plan.damaged {
            proposal.change(format_args!("  move {} aside: it is damaged", text::path(path)));
        }
        for saved in &plan.receipts {
            proposal.change(format_args!("  restore the receipt {}", saved.name));
        }
        let changes: Vec<_> = plan.changes().filter(|_| is_open).cloned().collect();
        proposal.apply(context, &changes);
        for Part { what, lines } in commands.parts() {
            proposal.heading(what.clone());
            for line in lines {
                proposal.line(format_args!("  {line}"));
            }
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
        // Another run may have created a CA meanwhile.
        let plan = Plan::make(state, &archive, arguments.replace)?;
        let (is_new, damaged) = carry_out(session, state.folder(), &plan)?;
        aside = damaged;
        let is_noted = !is_new && state.last_backup().is_ok_and(|last| last.is_some());
        if !is_noted && damages::of_archive(&archive).is_empty() {
            // This file is a backup of the state now. The restored CA stays even if that cannot be recorded.
            noted = note(state, arguments, &archive);
        }
        Ok(is_new)
    })?;
    noted.context("the backup is restored, but it is not recorded as the last backup")?;
    if let Some(aside) = aside {
        printer.aside(format_args!("the damaged files are now in {}", text::path(&aside)));
    }
    let code = report::restore::report(context, &state.again(), &archive, &plan, is_new)?;
    // Older versions of labtrust did not check a backup after writing it.
    Ok(exit::worse(code, print_damages(context, damages::of_archive(&archive).iter())))
}

/// Records that `archive` is a backup of the state.
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
                "standard input is a terminal, not a backup",
                "pass the backup's file: {labtrust restore FILE}",
            ));
        }
        Zeroizing::new(input::standard_input(2 * MAX_SIZE)?)
    } else {
        input::bytes(&arguments.file, "pass a file that `labtrust backup` made")?
    };
    let opener = match (seal::takes_passphrase(&sealed)?, &arguments.identity) {
        (true, None) => Opener::Passphrase(passphrase(context.printer, &arguments.passphrase, "the backup")?),
        (false, Some(path)) => Opener::Identities(identities(path)?),
        (true, Some(_)) => {
            return Err(fail(
                "the backup is encrypted with a passphrase, not to a key",
                "leave out --identity",
            ));
        }
        (false, None) => {
            return Err(fail(
                "the backup is encrypted to a key, not with a passphrase",
                "pass the file with the private key: --identity FILE",
            ));
        }
    };
    let by = if matches!(opener, Opener::Passphrase(_)) { OpenedBy::Passphrase } else { OpenedBy::Key };
    Ok((Archive::read(&seal::open(&sealed, &opener)?)?, by))
}

/// The keys in a file as age-keygen(1) writes it.
fn identities(path: &Path) -> Result<Vec<x25519::Identity>> {
    let hint = "pass a file that age-keygen wrote, with a line AGE-SECRET-KEY-1…";
    let bytes = input::bytes(path, hint)?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let found: Vec<_> = text.lines().filter_map(|line| line.trim().parse().ok()).collect();
    if found.is_empty() {
        return Err(fail(format!("{} contains no age key", text::path(path)), hint));
    }
    Ok(found)
}
