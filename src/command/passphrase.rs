//! The passphrase of an encrypted key: from a file, from an environment variable that the user
//! names, or from a prompt; never from the command line itself.

use anyhow::{Context as _, Result};
use labtrust_platform::text;
use zeroize::Zeroizing;

use super::{Context, source};
use crate::{cli::Passphrase, hint::fail};

/// The passphrase for `what`.
pub fn passphrase(context: &Context<'_>, from: &Passphrase, what: &str) -> Result<Zeroizing<String>> {
    if let Some(path) = &from.passphrase_file {
        let hint = "give the file that has the passphrase in its first line: --passphrase-file FILE";
        let bytes = source::bytes(path, hint)?;
        // What Windows' editors put before a text is no part of the passphrase.
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let text = std::str::from_utf8(text).ok().filter(|text| !text.contains('\0'));
        let text = text.ok_or_else(|| fail(format!("{} is no UTF-8 text", text::path(path)), hint))?;
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
