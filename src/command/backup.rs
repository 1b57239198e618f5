//! `backup`: the state folder as one encrypted file, since GitLab's own backups do not hold it.

mod gather;

use std::{io::IsTerminal as _, path::Path};

use anyhow::Result;
use labtrust_platform::{
    Contents, Fingerprint, World,
    plan::ShellLine,
    text,
    world::{Access, Node},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

use super::stores::{PlanReport, file_as_json};
use crate::{
    backup::{Archive, Lock, Manifest, Opener, Sender, archive, seal},
    cli::Backup,
    context::Context,
    exit::{self, misuse},
    hint::{fail, hint, shell_line},
    input,
    prompt::new_passphrase,
    state::{Ca, LastBackup, State, damages},
};

pub fn run(context: &Context<'_>, state: &State<'_>, arguments: &Backup) -> Result<u8> {
    let printer = context.printer;
    let to_stream = arguments.file == Path::new(input::STREAM);
    if to_stream && (context.everywhere.json || std::io::stdout().is_terminal()) {
        return Err(misuse(
            "an encrypted backup is not text, and standard output is to show text",
            "name a file: {labtrust backup FILE}",
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
    let (archive, missing) = pack(state)?;
    for note in &missing {
        printer.aside(note);
    }
    if context.everywhere.dry_run {
        let step = format!("encrypt {} files into {}", archive.items.len(), text::path(&path));
        printer.say(&step);
        let plan = vec![file_as_json(&path, &step)];
        printer.document(&PlanReport { notes: missing, ..PlanReport::new(plan) });
        return Ok(exit::NO);
    }
    let lock = lock(context, arguments)?;
    let (archive, sender) = context.session(state, |_, state| {
        let (archive, _) = pack(state)?;
        let (sealed, sender) = sealed(state, &archive, &lock)?;
        if to_stream {
            printer.data(&sealed);
            printer.check()?;
        } else {
            // It holds keys, though nobody can read them: it is nobody else's business all the same.
            let contents = Contents::Secret(Zeroizing::new(sealed));
            let world = World::here();
            world.put(&path, &contents, Access { mode: 0o600, owner: None })?;
            if world.read(&path)?.is_none_or(|written| *written != *contents.bytes()) {
                let what = format!("{} does not hold what was written to it", text::path(&path));
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
    printer.say(format_args!("  opens with  {opened}: keep it, and the file, apart from this machine"));
    printer.say(format_args!("  restore     {restore}"));
    if !arguments.recipients.is_empty() && matches!(sender, Sender::Unknown(_)) {
        printer.say(
            "  note        no CA's key is here to sign it: keep that fingerprint, which is of this file alone",
        );
    }
    Ok(exit::DONE)
}

/// `archive` encrypted, and opened again as far as that can be done here: what holds no usable key is no backup.
fn sealed(state: &State<'_>, archive: &Archive, lock: &Lock) -> Result<(Vec<u8>, Sender)> {
    let plain = archive.to_bytes()?;
    let sealed = seal::seal(&plain, lock)?;
    let opened = match lock {
        Lock::Passphrase(passphrase) => seal::open(&sealed, &Opener::Passphrase(passphrase.clone()))?,
        // Nobody here can open it; what was encrypted is read again.
        Lock::Recipients(_) => plain,
    };
    let archive = Archive::read(&opened)?;
    damages::refuse(damages::of_archive(&archive))?;
    let root = |own: Option<&Ca>| own.map(|own| own.root.fingerprint());
    if root(Ca::among(&archive)?.as_ref()) != root(state.ca()?) {
        return Err(fail(
            format!("the CA that is in use in {} is not in the backup", text::path(state.folder())),
            hint!("see where its files are: ls -l {}", state.folder()),
        ));
    }
    Ok((sealed, sender(&archive)?))
}

/// Who made `archive`, by the CA that is in use in it.
pub fn sender(archive: &Archive) -> Result<Sender> {
    let own = Ca::among(archive).ok().flatten();
    archive.sender(own.as_ref().map(|own| (&own.root, &own.intermediates[..])))
}

/// What `restore` is to be told of `sender`.
pub fn sender_fingerprint(sender: &Sender) -> Fingerprint {
    match sender {
        Sender::Ca(root) => root.fingerprint(),
        Sender::Unknown(digest) => *digest,
    }
}

/// The state folder, packed; and what could not be, a line each. Only CAs, keys and requests are worth a refusal: how
/// something is undone is worth less than they are.
fn pack(state: &State<'_>) -> Result<(Archive, Vec<String>)> {
    let (refused, mut damaged) = damages::apart(damages::all(state)?, state.folder());
    damages::refuse(refused)?;
    let (items, mut missing) = gather::gather(state, &damaged)?;
    missing.extend(damaged.iter().map(|(folder, damage)| {
        let status = ShellLine::from("{labtrust status}");
        format!("{} is not in the backup: {damage} ({status} says what to do)", text::path(folder))
    }));
    if items.is_empty() {
        if let Some((_, damage)) = damaged.pop_first() {
            return Err(damage.into());
        }
        return Err(fail(
            format!("there is nothing to save in {}", state.folder().display()),
            "a backup holds the CA that setup makes, and what request keeps",
        ));
    }
    let manifest = Manifest {
        schema: archive::SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        made: OffsetDateTime::now_utc().replace_nanosecond(0)?.format(&Rfc3339)?,
        machine: machine()?,
        host: host()?,
        state: Some(state.folder().to_owned()),
    };
    let mut archive = Archive { manifest, items, signature: None };
    let own = state.ca()?;
    if let Some(authority) = own.map(|own| own.open()).transpose()?.flatten() {
        archive.sign(&authority)?;
    }
    Ok((archive, missing))
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
pub fn print_last(context: &Context<'_>, last: Option<&LastBackup>, end: Option<OffsetDateTime>) {
    let printer = context.printer;
    if let Some(last) = last {
        printer.gap();
        printer.say(format_args!("Last backup: {}", last.title()));
        return;
    }
    printer.heading("There is no backup of this CA, and GitLab's own do not hold it:");
    printer.command("{labtrust backup FILE}");
    if let Some(end) = end.filter(|end| *end > OffsetDateTime::now_utc()) {
        let end = end.date();
        printer.say(format_args!("  if this machine is lost, its certificate can serve elsewhere until {end}, if you have it and its key;"));
        printer.say("  then every client must trust a new CA");
    }
}
