//! The passphrase of an encrypted key: from a file, from an environment variable that the user
//! names, or from a prompt; never from the command line itself.

use anyhow::{Context as _, Result};
use labtrust_platform::World;
use zeroize::Zeroizing;

use super::Context;
use crate::{cli::Passphrase, hint::fail};

/// The passphrase for `what`.
pub fn passphrase(context: &Context<'_>, from: &Passphrase, what: &str) -> Result<Zeroizing<String>> {
    if let Some(path) = &from.passphrase_file {
        let shown = path.display();
        let bytes = World::read_named(path)?.ok_or_else(|| {
            fail(
                format!("the passphrase file {shown} does not exist"),
                "check the path after --passphrase-file",
            )
        })?;
        let text = std::str::from_utf8(&bytes).with_context(|| format!("{shown} is no text"))?;
        return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
    }
    if let Some(name) = &from.passphrase_env {
        return std::env::var(name).map(Zeroizing::new).map_err(|_| {
            fail(
                format!("the environment variable {name} is not set, or is no text"),
                "set it to the passphrase",
            )
        });
    }
    if !context.printer.can_ask() {
        return Err(fail(
            format!("{what} is encrypted, and there is no terminal to ask for its passphrase"),
            "give it with --passphrase-file FILE or --passphrase-env NAME",
        ));
    }
    let asked = rpassword::prompt_password(format!("Passphrase of {what}: "));
    asked.map(Zeroizing::new).context("cannot read the passphrase")
}
