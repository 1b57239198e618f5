//! `export`: writes the CA's certificate to a file. Never a key.

use anyhow::Result;
use labtrust_machine::{World, world::Access};
use labtrust_plan::Contents;

use crate::{
    certificate::pem,
    cli::Export,
    context::Context,
    exit,
    hint::fail,
    report::consent::{self, Proposal},
    state::State,
};

pub(super) fn run(context: &Context<'_>, state: &State<'_>, arguments: &Export) -> Result<u8> {
    let own = state.nearest_ca()?.ok_or_else(|| {
        fail("labtrust has no CA on this machine", "create one on the server: labtrust setup HOST")
    })?;
    let bytes = if arguments.der {
        own.root.der().to_vec()
    } else {
        pem::write_certificates([own.root.der()]).into_bytes()
    };
    let sha256 = own.root.fingerprint();
    // A bare file name has no parent folder: make the path absolute.
    let out = arguments.out.as_deref().map(std::path::absolute).transpose()?;
    match &out {
        Some(path) if context.everywhere.dry_run => {
            let is_there = World::here().read(path)?.is_some_and(|there| *there == bytes);
            let line = format!("write {} ({} bytes)", path.display(), bytes.len());
            let mut proposal = Proposal::default();
            proposal.field("sha256", sha256);
            if !is_there {
                proposal.line(&line);
                proposal.step(path, &line);
            }
            return Ok(consent::dry_run(context, &proposal));
        }
        Some(path) => {
            World::here().put(path, &Contents::Public(bytes), Access { mode: 0o644, owner: None })?;
            let printer = context.printer;
            printer.say(own.root.title());
            printer.say(format_args!("  sha256 {sha256}"));
            printer.say(format_args!("  written to {}", path.display()));
        }
        None if context.everywhere.json => {}
        None => context.printer.data(&bytes),
    }
    context.printer.document(&serde_json::json!({
        "sha256": sha256,
        "certificate": pem::write_certificates([own.root.der()]),
        "files": out.iter().map(|path| serde_json::json!({ "path": path, "kind": "ca" })).collect::<Vec<_>>(),
    }));
    Ok(exit::DONE)
}
