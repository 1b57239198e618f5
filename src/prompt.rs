//! Names, and passphrases of encrypted keys, PKCS#12 files and backups. Passphrases come from a file, an environment variable or a
//! prompt, never from the command line itself.

use anyhow::{Context as _, Result};
use labtrust_plan::text;
use zeroize::Zeroizing;

use crate::{certificate::SubjectName, cli::Passphrase, hint::fail, input, printer::Printer};

/// The passphrase for `what`.
pub(crate) fn passphrase(printer: &Printer, from: &Passphrase, what: &str) -> Result<Zeroizing<String>> {
    if let Some(path) = &from.passphrase_file {
        let hint = "pass a text file with the passphrase in its first line: --passphrase-file FILE";
        let bytes = input::bytes(path, hint)?;
        // Editors on Windows write a byte order mark, which is not part of the passphrase.
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let text = std::str::from_utf8(text).ok().filter(|text| !text.contains('\0'));
        let text = text.ok_or_else(|| fail(format!("{} is not UTF-8 text", text::path(path)), hint))?;
        return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
    }
    if let Some(name) = &from.passphrase_env {
        return std::env::var(name).map(Zeroizing::new).map_err(|_| {
            fail(
                format!("the environment variable {name} is not set, or is not UTF-8 text"),
                "set it to the passphrase",
            )
        });
    }
    if !printer.can_ask() {
        return Err(fail(
            format!("{what} is encrypted, and there is no terminal to ask for its passphrase"),
            "pass it with --passphrase-file FILE or --passphrase-env NAME",
        ));
    }
    let asked = rpassword::prompt_password(format!("Passphrase of {what}: "));
    asked.map(Zeroizing::new).context("cannot read the passphrase")
}

/// Names that a person types into one line, separated by spaces or commas; asked again until each is valid.
pub(crate) fn names(printer: &Printer, question: &str) -> Result<Vec<SubjectName>> {
    loop {
        let line = printer.ask(question).context("cannot read the names")?;
        let words = line.split([' ', ',']).filter(|word| !word.is_empty());
        match words.map(str::parse::<SubjectName>).collect::<Result<Vec<_>, _>>() {
            Ok(names) => return Ok(names),
            Err(error) => printer.aside(format_args!("{error}")),
        }
    }
}

/// A new passphrase for `what`. It is typed twice, because the terminal does not show it.
pub(crate) fn new_passphrase(printer: &Printer, from: &Passphrase, what: &str) -> Result<Zeroizing<String>> {
    let chosen = if from.passphrase_file.is_some() || from.passphrase_env.is_some() {
        passphrase(printer, from, what)?
    } else if printer.can_ask() {
        let ask = |question: String| {
            rpassword::prompt_password(question).map(Zeroizing::new).context("cannot read the passphrase")
        };
        loop {
            let chosen = ask(format!("New passphrase of {what}: "))?;
            if *ask("Repeat the passphrase: ".into())? == *chosen {
                break chosen;
            }
            printer.aside("the passphrases do not match: type both again");
        }
    } else {
        return Err(fail(
            format!("{what} needs a passphrase, and there is no terminal to ask for it"),
            "pass it with --passphrase-file FILE or --passphrase-env NAME, or encrypt to a key with --recipient",
        ));
    };
    if chosen.is_empty() {
        return Err(fail(
            "the passphrase is empty",
            "choose one that is hard to guess, such as five random words",
        ));
    }
    Ok(chosen)
}
