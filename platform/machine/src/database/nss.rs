//! NSS databases, of Firefox, Chromium and others, through NSS's `certutil`.
//!
//! A certificate is found in the file by its SHA-256, whatever its nickname, and certutil is told its `CKA_ID`: of two
//! certificates with one subject, certutil takes the newer one for either nickname. A certificate that is there is not
//! trusted for that: its flags decide.

pub(crate) mod contents;
mod flags;
pub(crate) mod sqlite;

use std::path::{Path, PathBuf};

use labtrust_plan::{Certificate, Command, Listing, Nss, ProofResult, Wanted, hint};

use self::{
    contents::{Contents, Stored},
    flags::{Flags, listed},
};
use super::tool::{PRIVATE, TrustDatabase, with_file};
use crate::{
    Error, Result,
    world::{Node, World},
};

/// Seconds for one run of certutil. It asks at no terminal, so only a lock that another program keeps takes this long.
const SECONDS: u64 = 30;

/// The files of a database in the order in which a new one gets them: with the last, it is complete.
const FILES: [&str; 3] = ["pkcs11.txt", "key4.db", labtrust_plan::NSS_FILE];

/// The folder, beside these files, in which a new database is made.
const DRAFT: &str = ".labtrust-new";

/// certutil, for one database.
pub(super) struct Tool<'a>(pub &'a Nss);

/// How a database lists a certificate.
struct Entry {
    stored: Stored,
    /// The flags that certutil shows.
    flags: Flags,
    /// Whether it is an anchor by an object that an older certutil does not show; none if there is no such object.
    new_trust: Option<bool>,
}

impl Entry {
    fn is_trusted(&self) -> bool {
        self.new_trust.unwrap_or_else(|| self.flags.is_anchor())
    }

    /// Whether labtrust made it, as a whole or half, and nobody has changed it since.
    fn is_labtrusts(&self, certificate: &Certificate) -> bool {
        self.stored.label == label(certificate) && [Flags::anchor(), Flags::none()].contains(&self.flags)
    }

    /// Whether its trust is in an object that this certutil neither shows nor deletes. That it is not does not mean that certutil
    /// deletes all: the database tells that after the fact.
    fn is_beyond_the_tool(&self) -> bool {
        self.new_trust.is_some_and(|is_anchor| is_anchor != self.flags.is_anchor())
    }
}

impl TrustDatabase for Tool<'_> {
    fn find(&self, world: &World, certificate: &Certificate) -> Result<Option<Listing>> {
        let Some(contents) = self.contents(world)? else { return Ok(None) };
        Ok(match self.entry(world, &contents, certificate)? {
            Some(entry) => Some(Listing {
                present: true,
                trusted: entry.is_trusted(),
                settings: Some(settings(&entry.flags, &entry.stored.label)),
            }),
            // The certificate was deleted by an older tool, which left its trust.
            None if contents.has_trust(certificate) => {
                Some(Listing { present: false, trusted: false, settings: None })
            }
            None => None,
        })
    }

    /// Adds `certificate` as an anchor for servers. One that is there keeps its nickname and its other flags.
    fn add(&self, world: &World, certificate: &Certificate) -> Result<()> {
        if world.look(&self.0.file)? == Node::Absent {
            self.create(world)?;
        }
        let contents = self.contents(world)?.ok_or_else(|| self.corrupt("is gone"))?;
        if let Some(entry) = self.entry(world, &contents, certificate)? {
            return self.set(world, &contents, &entry.stored, &entry.flags.with_anchor());
        }
        let added = self.import(world, certificate, &label(certificate), &Flags::anchor());
        if added.is_err() {
            // With a password that nobody gave, certutil adds the certificate, fails, and leaves it without trust.
            if let Some(contents) = self.contents(world)?
                && let Some(half) = contents.find(certificate)
            {
                self.delete_object(world, &contents, half)?;
            }
        }
        added.map_err(|error| self.explain(error, certificate))
    }

    /// Restores the entry of `certificate`. An entry with another name or other flags than ours is somebody else's, and left.
    fn undo(&self, world: &World, certificate: &Certificate, before: Option<&Listing>) -> Result<bool> {
        let Some(contents) = self.contents(world)? else { return Ok(true) };
        let entry = self.entry(world, &contents, certificate)?;
        let earlier = before.filter(|listing| listing.present);
        match (entry, earlier) {
            (Some(entry), Some(earlier)) => {
                let flags = earlier.settings.as_deref().and_then(earlier_flags);
                let flags = flags.ok_or_else(|| self.corrupt("was listed in a way that is not known"))?;
                if entry.flags == flags {
                    return Ok(true);
                }
                if entry.flags != flags.with_anchor() {
                    return Ok(false);
                }
                self.set(world, &contents, &entry.stored, &flags)?;
            }
            (None, Some(_)) => {}
            (Some(entry), None) if !entry.is_labtrusts(certificate) => return Ok(false),
            (Some(entry), None) => self.delete(world, &contents, &entry, certificate)?,
            (None, None) => self.clear_trust(world, certificate)?,
        }
        Ok(true)
    }

    fn discard(&self, world: &World, certificate: &Certificate) -> Result<()> {
        let Some(contents) = self.contents(world)? else { return Ok(()) };
        match self.entry(world, &contents, certificate)? {
            // Somebody forbids it there: that stays.
            Some(entry) if entry.flags.is_distrust() => Ok(()),
            Some(entry) => self.delete(world, &contents, &entry, certificate),
            None => self.clear_trust(world, certificate),
        }
    }

    fn restore(&self, world: &World, certificate: &Certificate, before: &Listing) -> Result<()> {
        let Some(contents) = self.contents(world)? else { return Ok(()) };
        let earlier = before.settings.as_deref().and_then(|settings| settings.split_once(' '));
        match earlier.and_then(|(flags, label)| Some((Flags::parse(flags)?, label))) {
            Some((flags, label)) if contents.find(certificate).is_none() => {
                self.import(world, certificate, label, &flags)
            }
            _ => Ok(()),
        }
    }

    fn prove(&self, world: &World, certificate: &Certificate, wanted: Wanted) -> Result<ProofResult> {
        let folder = self.0.folder().display();
        let Some(contents) = self.contents(world)? else {
            return Ok(ProofResult::Fails(format!("there is no database in {folder}")).to(wanted));
        };
        Ok(match self.entry(world, &contents, certificate)? {
            Some(entry) if entry.is_trusted() => {
                ProofResult::Holds(format!("{folder} lists it as an anchor for servers")).to(wanted)
            }
            Some(entry) => {
                ProofResult::Fails(format!("in {folder}, but not as an anchor ({})", entry.flags)).to(wanted)
            }
            None if contents.has_trust(certificate) && wanted == Wanted::Gone => ProofResult::Fails(format!(
                "{folder} does not hold the certificate any more, but its trust remains: programs accept it from \
                 servers that send it"
            )),
            None => ProofResult::Fails(format!("not in {folder}")).to(wanted),
        })
    }

    fn is_created(&self, world: &World) -> Result<bool> {
        let mut files = FILES.iter().map(|name| self.0.folder().join(name));
        files.try_fold(true, |all, file| Ok(all && world.look(&file)? == Node::Absent))
    }

    fn remove_if_empty(&self, world: &World) -> Result<()> {
        self.clear_draft(world)?;
        let keys = self.0.folder().join(FILES[1]);
        let has_keys = match world.read(&keys)? {
            Some(bytes) => sqlite::rows(&bytes, "nssPrivate").is_none_or(|rows| !rows.is_empty()),
            None => false,
        };
        let is_empty = self.contents(world)?.is_none_or(|contents| contents.is_empty());
        // Somebody may have added a module.
        let modules = world.read(&self.0.folder().join(FILES[0]))?.unwrap_or_default();
        let modules = String::from_utf8_lossy(&modules);
        let has_more = modules.lines().filter(|line| line.starts_with("library=")).count() > 1;
        if has_keys || !is_empty || has_more {
            return Ok(());
        }
        // The last file is removed first: without it there is no database.
        FILES.iter().rev().try_for_each(|name| {
            let file = self.0.folder().join(name);
            world.remove(&file)?;
            world.remove(&journal(&file))
        })
    }
}

impl Tool<'_> {
    /// The contents of the database, if there is one.
    fn contents(&self, world: &World) -> Result<Option<Contents>> {
        self.recover(world)?;
        let Some(bytes) = world.read(&self.0.file)? else { return Ok(None) };
        Contents::parse(&bytes)
            .map(Some)
            .ok_or_else(|| self.corrupt("is no NSS database that labtrust can read"))
    }

    /// Undoes what a program left half written when it was killed. certutil does that when it opens the database to change it,
    /// and fails when it opens it to read it.
    fn recover(&self, world: &World) -> Result<()> {
        for name in [FILES[1], FILES[2]] {
            let file = self.0.folder().join(name);
            // Without the file itself, certutil would make a new database.
            if world.look(&journal(&file))? != Node::Absent && world.look(&file)? != Node::Absent {
                // There is no such certificate, so nothing else is changed.
                world.try_run(&self.command(&["-D", "-n", "labtrust-none"]))?;
            }
        }
        Ok(())
    }

    fn entry(&self, world: &World, contents: &Contents, certificate: &Certificate) -> Result<Option<Entry>> {
        let Some(stored) = contents.find(certificate) else { return Ok(None) };
        let flags = listed(&self.list(world)?, &stored.label).map_err(|why| self.corrupt(&why))?;
        let flags = flags.ok_or_else(|| self.corrupt("holds a certificate that certutil does not list"))?;
        Ok(Some(Entry { stored: stored.clone(), flags, new_trust: contents.new_trust(certificate) }))
    }

    fn list(&self, world: &World) -> Result<String> {
        let output = self.run(world, &["-L"])?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The name of `stored` for certutil: an URI (RFC 7512), which no other certificate of the database has.
    fn name_of(&self, contents: &Contents, stored: &Stored) -> Result<String> {
        let is_same = |other: &&Stored| other.id == stored.id;
        if stored.id.is_empty() || contents.certificates.iter().filter(is_same).count() > 1 {
            return Err(
                self.corrupt("holds several certificates of one key, which certutil cannot tell apart")
            );
        }
        let id: String = stored.id.iter().map(|byte| format!("%{byte:02X}")).collect();
        // The token of NSS itself: a module may bring others, with the same certificate.
        Ok(format!("pkcs11:token=NSS%20Certificate%20DB;id={id}"))
    }

    fn import(&self, world: &World, certificate: &Certificate, label: &str, flags: &Flags) -> Result<()> {
        with_file(world, certificate, |file| {
            let file = file.to_string_lossy();
            self.run(world, &["-A", "-t", &flags.to_string(), "-n", label, "-i", &file]).map(drop)
        })
    }

    fn set(&self, world: &World, contents: &Contents, stored: &Stored, flags: &Flags) -> Result<()> {
        let name = self.name_of(contents, stored)?;
        self.run(world, &["-M", "-t", &flags.to_string(), "-n", &name]).map(drop)
    }

    /// Deletes `entry`. If its trust remains, because certutil is older than its program, or newer than one of two programs that
    /// wrote trust, the certificate comes back: nobody finds trust in a certificate that is not there.
    fn delete(
        &self,
        world: &World,
        contents: &Contents,
        entry: &Entry,
        certificate: &Certificate,
    ) -> Result<()> {
        if entry.is_beyond_the_tool() {
            return Err(self.needs_other_tools());
        }
        self.delete_object(world, contents, &entry.stored)?;
        let cleared = self.clear_trust(world, certificate);
        if cleared.is_err() {
            self.import(world, certificate, &entry.stored.label, &entry.flags)?;
        }
        cleared
    }

    fn delete_object(&self, world: &World, contents: &Contents, stored: &Stored) -> Result<()> {
        let name = self.name_of(contents, stored)?;
        self.run(world, &["-D", "-n", &name]).map(drop)
    }

    /// Removes trust objects that are left of `certificate`, which is deleted. Only a certutil that knows their class can do
    /// that: it deletes them with the certificate. Of objects of both classes, an old certutil deletes the old one, and a new
    /// certutil the new one.
    fn clear_trust(&self, world: &World, certificate: &Certificate) -> Result<()> {
        let remains = || Ok(self.contents(world)?.is_some_and(|contents| contents.has_trust(certificate)));
        if !remains()? {
            return Ok(());
        }
        self.import(world, certificate, &label(certificate), &Flags::none())?;
        if let Some(contents) = self.contents(world)?
            && let Some(stored) = contents.find(certificate)
        {
            self.delete_object(world, &contents, stored)?;
        }
        if remains()? { Err(self.needs_other_tools()) } else { Ok(()) }
    }

    /// Makes a new database, without a password. It is made in a folder of its own, so that a kill leaves none that is
    /// incomplete.
    fn create(&self, world: &World) -> Result<()> {
        let folder = self.0.folder();
        world.make_folders(folder, 0o700)?;
        self.clear_draft(world)?;
        let draft = folder.join(DRAFT);
        world.make_folders(&draft, 0o700)?;
        let database = format!("sql:{}", draft.display());
        let arguments = ["-N", "-d", &database, "--empty-password"];
        let made = world.run(&Command::new(&self.0.certutil, arguments).within(SECONDS));
        let placed = made.and_then(|_| {
            self.name_folder(world, &draft)?;
            FILES.iter().try_for_each(|name| match world.look(&folder.join(name))? {
                Node::Absent => world.rename(&draft.join(name), &folder.join(name)),
                _ => Ok(()),
            })
        });
        placed.and(self.clear_draft(world))
    }

    /// Names the folder of the database in the file of the `draft` that names its own.
    fn name_folder(&self, world: &World, draft: &Path) -> Result<()> {
        let file = draft.join(FILES[0]);
        let text = world.read(&file)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let text = text.replace(&*draft.to_string_lossy(), &self.0.folder().to_string_lossy());
        world.put(&file, &labtrust_plan::Contents::Public(text.into_bytes()), PRIVATE)
    }

    fn clear_draft(&self, world: &World) -> Result<()> {
        let draft = self.0.folder().join(DRAFT);
        let files: Vec<PathBuf> = world.list(&draft)?;
        files.iter().try_for_each(|file| world.remove(file))?;
        world.remove_folder(&draft)
    }

    fn run(&self, world: &World, arguments: &[&str]) -> Result<crate::world::Output> {
        world.run(&self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let directory = self.directory();
        Command::new(&self.0.certutil, [arguments, &["-d", &directory]].concat()).within(SECONDS)
    }

    /// `error` with advice, if certutil asked for a password.
    fn explain(&self, error: Error, certificate: &Certificate) -> Error {
        let asks = |output: &str| ["BAD_PASSWORD", "input terminal"].iter().any(|text| output.contains(text));
        let Error::Failed { output, .. } = &error else { return error };
        if !asks(output) {
            return error;
        }
        error.with_hint(hint!(
            "a password protects this database; certutil asks you for it: echo {} | base64 -d | {} -A -d {} -t C,, -n {}",
            certificate.base64(),
            self.0.certutil,
            self.directory(),
            label(certificate)
        ))
    }

    fn directory(&self) -> String {
        format!("sql:{}", self.0.folder().display())
    }

    fn needs_other_tools(&self) -> Error {
        self.corrupt("holds trust that another version of NSS wrote and that this certutil cannot remove")
            .with_hint("remove the CA in the settings of the program that reads it, or use the NSS tools of that version; then try again")
    }

    fn corrupt(&self, why: &str) -> Error {
        Error::Corrupt { path: self.0.file.clone(), why: why.into() }
    }
}

/// The file in which `SQLite` notes what it changes in `file` (sqlite.org, "Temporary Files").
fn journal(file: &Path) -> PathBuf {
    let mut journal = file.as_os_str().to_owned();
    journal.push("-journal");
    journal.into()
}

/// The nickname that labtrust gives to `certificate`.
fn label(certificate: &Certificate) -> String {
    format!("labtrust-{}", certificate.fingerprint().short())
}

/// The listing's text: the flags, then the nickname.
fn settings(flags: &Flags, label: &str) -> String {
    format!("{flags} {label}")
}

fn earlier_flags(settings: &str) -> Option<Flags> {
    Flags::parse(settings.split(' ').next()?)
}
