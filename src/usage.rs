//! Errors of the command line, in the form of all other errors: one line with a hint, or one JSON document.

use std::{error::Error as _, num::ParseIntError};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use labtrust_machine::serve::InvalidAddress;
use labtrust_plan::{InvalidFingerprint, InvalidHost, Prose};

use crate::{exit::misuse, hint::hint};

/// The error to print for `error`; none for `--help`, `--version` and a missing verb.
pub(crate) fn refusal(error: &clap::Error) -> Option<anyhow::Error> {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return None;
    }
    Some(invalid_value(error).unwrap_or_else(|| said_by_clap(error)))
}

/// The error for an invalid value, in the words of the value's type.
fn invalid_value(error: &clap::Error) -> Option<anyhow::Error> {
    if error.kind() != ErrorKind::ValueValidation {
        return None;
    }
    let source = error.source()?;
    let string = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text),
        _ => None,
    };
    let argument = string(ContextKind::InvalidArg)?;
    // The value itself identifies a positional argument.
    let flag = argument.split(' ').next().filter(|flag| flag.starts_with('-'));
    let said = match string(ContextKind::InvalidValue) {
        Some(value) if source.is::<ParseIntError>() => {
            format!("{value:?} is not a number in the allowed range")
        }
        _ => source.to_string(),
    };
    let what = flag.map_or_else(|| said.clone(), |flag| format!("{flag}: {said}"));
    let hint = source.downcast_ref().map(InvalidHost::hint);
    let hint = hint.or_else(|| source.downcast_ref().map(InvalidFingerprint::hint));
    let hint = hint.or_else(|| source.downcast_ref().map(InvalidAddress::hint));
    Some(misuse(what, hint.unwrap_or(HELP)))
}

const HELP: &str = "list the options with --help";

fn said_by_clap(error: &clap::Error) -> anyhow::Error {
    if error.kind() == ErrorKind::InvalidUtf8 {
        return misuse(
            "an argument is not UTF-8 text",
            "if it is a file name, rename the file and try again",
        );
    }
    let text = error.to_string();
    // The first paragraph names the problem; missing arguments are on lines of their own.
    let lines = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
    let what = lines.collect::<Vec<_>>().join(" ");
    let what = what.trim_start_matches("error: ");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    misuse(what, tip.map_or_else(|| HELP.into(), |tip| hint!("{}", Prose(tip))))
}
