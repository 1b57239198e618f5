//! `backup`: the state folder as one encrypted file, since GitLab's own backups do not hold it.

mod gather;
mod last;

use std::{io::IsTerminal as _, path::Path};

use anyhow::Result;
use labtrust_platform::{
    Contents, Fingerprint, World, text,
    world::{Access, Node},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

use super::{Context, passphrase::new_passphrase};
use crate::{
    backup::{Archive, Lock, Manifest, archive, seal},
    cli::Backup,
    exit::{self, misuse},
    hint::fail,
};

pub use self::last::Last;

/// The file name that stands for a standard stream.
pub const STREAM: &str = "-";

pub fn run(context: &Context<'_>, arguments: &Backup) -> Result<u8> {
    let printer = context.printer;
    let to_stream = arguments.file == Path::new(STREAM);
    if to_stream && (context.everywhere.json || std::io::stdout().is_terminal()) {
        return Err(misuse(
            "an encrypted backup is not text, and standard output is to show text",
            "name a file: labtrust backup FILE",
        ));
    }
    let path = std::path::absolute(&arguments.file)?;
    if !to_stream && !arguments.replace && World::here().look(&path)? != Node::Absent {
        return Err(fail(
            format!("{} is there already", text::path(&path)),
            "name another file, or write over it: --replace",
        ));
    }
    // Nobody is asked for a passphrase for nothing.
    let (archive, missing) = pack(context)?;
    for note in missing {
        printer.aside(note);
    }
    if context.everywhere.dry_run {
        printer.say(format_args!("encrypt {} files into {}", archive.items.len(), text::path(&path)));
        printer.document(
            &serde_json::json!({ "schema": 1, "files": archive.items.len(), "would_change": true }),
        );
        return Ok(exit::NO);
    }
    let lock = lock(context, arguments)?;
    let (manifest, files) = context.session(|_| {
        let (archive, _) = pack(context)?;
        let sealed = seal::seal(&archive.to_bytes()?, &lock)?;
        if to_stream {
            printer.data(&sealed);
            printer.check()?;
        } else {
            // It holds keys, though nobody can read them: it is nobody else's business all the same.
            let contents = Contents::Secret(Zeroizing::new(sealed));
            World::here().put(&path, &contents, Access { mode: 0o600, owner: None })?;
        }
        Last::of(&archive.manifest, if to_stream { &arguments.file } else { &path }).write(&context.home)?;
        Ok((archive.manifest, archive.items.len()))
    })?;
    printer
        .document(&serde_json::json!({ "schema": 1, "file": path, "made": manifest.made, "files": files }));
    if to_stream {
        printer.aside(format_args!("{files} files, encrypted"));
        return Ok(exit::DONE);
    }
    let opened = if arguments.recipients.is_empty() { "the passphrase" } else { "a recipient's key" };
    printer.say(format_args!("{} ({files} files, encrypted)", path.display()));
    printer.say(format_args!("  opens with  {opened}: keep it, and the file, apart from this machine"));
    printer.say(format_args!("  restore     labtrust restore {}", path.display()));
    Ok(exit::DONE)
}

/// The state folder, packed; and what could not be, a line each.
fn pack(context: &Context<'_>) -> Result<(Archive, Vec<String>)> {
    let (items, missing) = gather::gather(context)?;
    if items.is_empty() {
        return Err(fail(
            format!("there is nothing to save in {}", context.home.state.display()),
            "a backup holds the CA that setup makes, and what request keeps",
        ));
    }
    let manifest = Manifest {
        schema: archive::SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        made: OffsetDateTime::now_utc().replace_nanosecond(0)?.format(&Rfc3339)?,
        machine: machine()?,
        host: host()?,
    };
    Ok((Archive { manifest, items }, missing))
}

/// This machine, by its machine-id (machine-id(5)): its hash, since the id itself is to be told to nobody.
pub fn machine() -> Result<Option<Fingerprint>> {
    Ok(read_line("/etc/machine-id")?.map(|id| Fingerprint::of(format!("labtrust {id}").as_bytes())))
}

/// What this machine is called, as far as it is written down.
pub fn host() -> Result<Option<String>> {
    read_line("/etc/hostname")
}

fn read_line(path: &str) -> Result<Option<String>> {
    let bytes = World::here().read(Path::new(path))?;
    let line =
        bytes.and_then(|bytes| Some(String::from_utf8_lossy(&bytes).lines().next()?.trim().to_owned()));
    Ok(line.filter(|line| !line.is_empty()))
}

fn lock(context: &Context<'_>, arguments: &Backup) -> Result<Lock> {
    if arguments.recipients.is_empty() {
        return new_passphrase(context, &arguments.passphrase, "the backup").map(Lock::Passphrase);
    }
    let parse = |text: &String| {
        text.parse().map_err(|_| {
            misuse(
                format!("{} is no recipient", text::in_line(text)),
                "a recipient begins with age1; age-keygen(1) makes one, and the key that belongs to it",
            )
        })
    };
    arguments.recipients.iter().map(parse).collect::<Result<_>>().map(Lock::Recipients)
}

/// Says, for people, when the last backup of `own` was made; and if none was, what that means. `end` is when the
/// certificate in place ends.
pub fn print_last(context: &Context<'_>, last: Option<&Last>, end: Option<OffsetDateTime>) {
    let printer = context.printer;
    if let Some(last) = last {
        printer.say(format_args!("\nLast backup: {}", last.title()));
        return;
    }
    printer.heading("There is no backup of this CA, and GitLab's own do not hold it:");
    printer.command("labtrust backup FILE");
    if let Some(end) = end.filter(|end| *end > OffsetDateTime::now_utc()) {
        let end = end.date();
        printer.say(format_args!("  if this machine is lost, its certificate can serve elsewhere until {end}, if you have it and its key;"));
        printer.say("  then every client must trust a new CA");
    }
}
