//! `page`: the page that shows people how to trust the CA, as files or served over HTTP.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result};
use labtrust_machine::{World, handshake, serve::Server, world::Node};
use labtrust_plan::{Endpoint, ShellLine, render::Unrenderable, text};

use super::several::{Several, several};
use crate::{
    cli::Page,
    context::Context,
    exit::{self, misuse},
    fleet::rendered_folder::{NewFile, RenderedFolder},
    hint::{Advice, fail, hint, shell_line},
    input,
    report::{
        consent::{self, Proposal},
        page::{Program, Site, SiteFile, Subject, is_of_a_release, printed, site},
        render::proposal,
    },
    state::State,
};

/// A port that is usually free on a server with GitLab.
const USUAL_PORT: u16 = 8899;

/// The time limit for the addresses of GitLab's host.
const RESOLVING: Duration = Duration::from_secs(3);

pub(super) fn run(context: &Context<'_>, state: &State<'_>, arguments: &Page) -> Result<u8> {
    let several = several(context, state, &arguments.cas, false)?;
    let (programs, left_out) = arguments.binaries.as_deref().map(programs).transpose()?.unwrap_or_default();
    let subject = Subject {
        anchors: &several.anchors,
        certificates: &several.certificates,
        command: command(state, &several)?,
        programs: &programs,
    };
    let site = site(&subject).map_err(|Unrenderable { what, hint }| fail(what, hint))?.ok_or_else(|| {
        misuse("the page needs a server that people open", "name it: --for mygitlab.example.com")
    })?;
    let mut notes = several.notes.clone();
    if !left_out.is_empty() {
        notes.push(format!(
            "--binaries: left out, because they are no archive or package of a release: {}",
            left_out.join(", ")
        ));
    }
    if arguments.binaries.is_some() && programs.is_empty() {
        notes.push("--binaries: no archive or package of a release".into());
    }
    if let Some(address) = arguments.listen {
        if context.everywhere.dry_run {
            return Ok(consent::dry_run(context, &Proposal::default()));
        }
        let server = Server::bind(address).with_context(|| Advice {
            what: format!("cannot listen on {address}"),
            // GitLab itself listens on 8080, and GitLab Pages on 8090.
            hint: hint!(
                "pass an address of this machine and a free port: --listen {}",
                if address.0.port() == USUAL_PORT { USUAL_PORT + 1 } else { USUAL_PORT }
            ),
        })?;
        // GitLab sends HSTS (RFC 6797): a browser that trusts the CA opens GitLab's name only by HTTPS, on every port. HSTS
        // does not apply to IP addresses.
        let known = handshake::resolve(&Endpoint::new(site.host.clone(), 443), RESOLVING).unwrap_or_default();
        printed::serving(context, &subject, &site, server.visited_at(&known), &notes);
        context.printer.check()?;
        let files = site.files.into_iter().map(SiteFile::served).collect();
        server.run(files).context("the server's socket is broken")?;
        return Ok(exit::DONE);
    }
    let folder = input::folder(arguments.out.as_deref().unwrap_or(Path::new("")), "--out")?;
    refuse_strangers(&folder, &site)?;
    let folder = RenderedFolder::open(folder, "page")?;
    // The pages last: a page never names a file that is not there.
    let files: Vec<_> = site.files.iter().rev().map(NewFile::from).collect();
    let outdated = folder.stale(&files)?;
    if context.everywhere.dry_run {
        return Ok(consent::dry_run(context, &proposal(folder.path(), &files, &outdated)?));
    }
    folder.write(&files, &outdated)?;
    notes.extend(outdated.notes());
    printed::written(context, &subject, &site, (folder.path(), &outdated.removed), &notes);
    Ok(exit::DONE)
}

/// The command of a client that has labtrust.
fn command(state: &State<'_>, several: &Several) -> Result<ShellLine> {
    let Some(anchor) = several.anchors.first() else { return Ok(ShellLine::of(["labtrust", "trust"])) };
    let server = anchor.endpoints.last().map(ToString::to_string).unwrap_or_default();
    let own = state.nearest_ca()?.filter(|own| own.root.fingerprint() == anchor.sha256());
    Ok(own.map_or_else(
        || shell_line!("labtrust trust {} --fingerprint {}", server, anchor.sha256()),
        |own| own.client_line_at(&server),
    ))
}

/// The program's archives and packages in `folder`, and the names of the others that begin as theirs do.
fn programs(folder: &Path) -> Result<(Vec<Program>, Vec<String>)> {
    let folder = input::folder(folder, "--binaries")?;
    let world = World::here();
    let (mut programs, mut left_out) = (Vec::new(), Vec::new());
    for path in world.list(&folder)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // A link can lead to what nobody may read.
        let is_read = is_of_a_release(name) && matches!(world.look(&path)?, Node::File { .. });
        let contents = if is_read { World::read_named(&path)? } else { None };
        match contents.map(|contents| Program { name: name.to_owned(), contents: contents.to_vec() }) {
            Some(program) if program.is_offered() => programs.push(program),
            _ if name.starts_with("labtrust") => left_out.push(text::path(Path::new(name))),
            _ => {}
        }
    }
    Ok((programs, left_out))
}

/// Fails if one of the files is there and is somebody else's.
fn refuse_strangers(folder: &Path, site: &Site) -> Result<()> {
    for file in &site.files {
        let path = folder.join(&file.path);
        if World::here().read(&path)?.is_some_and(|there| !file.may_replace(&there)) {
            return Err(fail(
                format!("{} is there already, and labtrust did not write it", text::path(&path)),
                "choose a folder for the page alone: --out DIR",
            ));
        }
    }
    Ok(())
}
