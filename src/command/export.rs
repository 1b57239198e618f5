//! `export`: the CA's certificate, for tools and people that want it as a file. Never a key.

use anyhow::Result;
use labtrust_platform::{Contents, World, world::Access};

use super::{Context, own::OwnCa};
use crate::{certificate::pem, cli::Export, exit, hint::fail};

pub fn run(context: &Context<'_>, arguments: &Export) -> Result<u8> {
    let own = OwnCa::find(&context.home)?.ok_or_else(|| {
        fail("there is no CA of labtrust's on this machine", "make one on the server: labtrust setup HOST")
    })?;
    let bytes = if arguments.der {
        own.root.der().to_vec()
    } else {
        pem::write_certificates([own.root.der()]).into_bytes()
    };
    let sha256 = own.root.fingerprint();
    match &arguments.out {
        Some(path) if context.everywhere.dry_run => {
            let line = format!("write {} ({} bytes)", path.display(), bytes.len());
            context.printer.document(&serde_json::json!({ "schema": 1, "sha256": sha256, "plan": [line] }));
            context.printer.say(line);
            return Ok(exit::NO);
        }
        Some(path) => {
            World::here().put(path, &Contents::Public(bytes), Access { mode: 0o644, owner: None })?;
            context.printer.say(format_args!(
                "{}\n  sha256 {sha256}\n  written to {}",
                own.root.title(),
                path.display()
            ));
        }
        None if context.everywhere.json => {}
        None => context.printer.data(&bytes),
    }
    context.printer.document(&serde_json::json!({
        "schema": 1,
        "sha256": sha256,
        "certificate": pem::write_certificates([own.root.der()]),
        "files": arguments.out.iter().map(|path| serde_json::json!({ "path": path, "kind": "ca" })).collect::<Vec<_>>(),
    }));
    Ok(exit::DONE)
}
