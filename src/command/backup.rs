//! `backup`: saves the state folder in one encrypted file. GitLab's own backups do not include it.

use std::{io::IsTerminal as _, path::Path};

use anyhow::Result;
use labtrust_machine::{
    World,
    world::{Access, Node},
};
use labtrust_plan::{Contents, text};
use zeroize::Zeroizing;

use crate::{
    backup::{Lock, Sender},
    cli::Backup,
    context::Context,
    exit::{self, misuse},
    hint::{fail, shell_line},
    input,
    prompt::new_passphrase,
    report::consent::{self, Proposal},
    server::backup::pack::{pack, sealed, sender_fingerprint},
    state::{LastBackup, State},
};

pub(super) fn run(context: &Context<'_>, state: &State<'_>, arguments: &Backup) -> Result<u8> {
    let printer = context.printer;
    let to_stream = arguments.file == Path::new(input::STREAM);
    if to_stream && (context.everywhere.json || std::io::stdout().is_terminal()) {
        return Err(misuse(
            "an encrypted backup is not text, but standard output must be text here",
            "write it to a file: {labtrust backup FILE}",
        ));
    }
    let path = std::path::absolute(&arguments.file)?;
    if !to_stream && !arguments.replace && World::here().look(&path)? != Node::Absent {
        return Err(fail(
            format!("{} exists already", text::path(&path)),
            "pass another file, or overwrite this one: --replace",
        ));
    }
    // Errors come before the question for a passphrase.
    let (archive, missing) = pack(state)?;
    for note in &missing {
        printer.aside(note);
    }
    if context.everywhere.dry_run {
        let mut proposal = Proposal::default();
        let step = format!("encrypt {} files into {}", archive.items.len(), text::path(&path));
        proposal.line(&step);
        proposal.step(&path, &step);
        for note in missing {
            proposal.note(note);
        }
        return Ok(consent::dry_run(context, &proposal));
    }
    let lock = lock(context, arguments)?;
    let (archive, sender) = context.session(state, |_, state| {
        let (archive, _) = pack(state)?;
        let (sealed, sender) = sealed(state, &archive, &lock)?;
        if to_stream {
            printer.data(&sealed);
            printer.check()?;
        } else {
            // The file is encrypted, but still only its owner may read it.
            let contents = Contents::Secret(Zeroizing::new(sealed));
            let world = World::here();
            world.put(&path, &contents, Access { mode: 0o600, owner: None })?;
            if world.read(&path)?.is_none_or(|written| *written != *contents.bytes()) {
                let what =
                    format!("{} does not contain the bytes that were written to it", text::path(&path));
                return Err(fail(what, "write it to another disk: {labtrust backup FILE}"));
            }
        }
        LastBackup::of(&archive.manifest, if to_stream { &arguments.file } else { &path })
            .write(state.home())?;
        Ok((archive, sender))
    })?;
    let (manifest, files) = (&archive.manifest, archive.items.len());
    let fingerprint = sender_fingerprint(&sender);
    let restore = if arguments.recipients.is_empty() {
        shell_line!("{labtrust restore {}}", path)
    } else {
        shell_line!("{labtrust restore {} --identity KEY --fingerprint {}}", path, fingerprint)
    };
    printer.document(&serde_json::json!({
        "file": path, "made": manifest.made, "entries": files, "fingerprint": fingerprint,
        "notes": missing, "next": [restore],
    }));
    if to_stream {
        printer.aside(format_args!("{files} files, encrypted"));
        return Ok(exit::DONE);
    }
    let opened = if arguments.recipients.is_empty() { "the passphrase" } else { "a recipient's key" };
    printer.say(format_args!("{} ({files} files, encrypted)", text::path(&path)));
    printer.say(format_args!("  opens with  {opened}: keep it and the file on another machine"));
    printer.say(format_args!("  restore     {restore}"));
    if !arguments.recipients.is_empty() && matches!(sender, Sender::Unknown(_)) {
        printer.say(
            "  note        the backup is not signed (no CA key here): keep its fingerprint to check this file",
        );
    }
    Ok(exit::DONE)
}

fn lock(context: &Context<'_>, arguments: &Backup) -> Result<Lock> {
    if arguments.recipients.is_empty() {
        return new_passphrase(context.printer, &arguments.passphrase, "the backup").map(Lock::Passphrase);
    }
    let parse = |text: &String| {
        text.parse().map_err(|_| {
            misuse(
                format!("{} is not a recipient", text::in_line(text)),
                "pass a key that starts with age1; create one: age-keygen -o key.txt",
            )
        })
    };
    arguments.recipients.iter().map(parse).collect::<Result<_>>().map(Lock::Recipients)
}
