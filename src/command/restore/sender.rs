//! Checks who made a backup. Anybody can encrypt to a public key, and root later runs commands of a restored state.

use anyhow::Result;
use labtrust_plan::{Fingerprint, Options, Prose};

use crate::{
    backup::{Archive, Sender},
    cli::Restore,
    context::Context,
    hint::{fail, hint, shell_line},
    report::consent,
    server::backup::pack::{sender, sender_fingerprint},
    state::State,
};

/// How a backup was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenedBy {
    /// Somebody who knew the passphrase made it.
    Passphrase,
    /// Anybody could have made it.
    Key,
}

/// Whether to restore `archive`: a passphrase, a fingerprint, a yes or the CA in use here shows that its maker can be
/// trusted.
pub(super) fn check(
    context: &Context<'_>,
    state: &State<'_>,
    arguments: &Restore,
    archive: &Archive,
    by: OpenedBy,
) -> Result<bool> {
    let sender = sender(archive)?;
    let fingerprint = sender_fingerprint(&sender);
    if let Some(expected) = arguments.fingerprint {
        return if expected == fingerprint { Ok(true) } else { Err(another(&sender, expected)) };
    }
    if by == OpenedBy::Passphrase || is_here(state, &sender) {
        return Ok(true);
    }
    let (who, where_it_is) = match &sender {
        Sender::Ca(root) => (
            format!("the CA {} signed this backup", root.title()),
            "the one in the command that clients were given",
        ),
        Sender::Unknown(_) => (
            "this backup is not signed: it holds no CA key, or an older labtrust made it".into(),
            "the one that `labtrust backup` printed for this file",
        ),
    };
    let printer = context.printer;
    if context.everywhere.dry_run {
        printer.say(who);
        printer.say(format_args!("  sha256    {fingerprint}"));
        return Ok(true);
    }
    if !printer.can_ask() {
        let identity = arguments.identity.iter().map(|path| shell_line!("--identity {}", path));
        let replace: Vec<_> = arguments.replace.then(|| "--replace".into()).into_iter().collect();
        let identity: Vec<_> = identity.collect();
        let line = shell_line!(
            "{labtrust restore {}{} --fingerprint {}{}}",
            arguments.file,
            Options(&identity),
            fingerprint,
            Options(&replace)
        );
        return Err(fail(
            format!("without --fingerprint, the maker of the backup is unknown: {who}"),
            hint!("compare its fingerprint with {}: {}", Prose(where_it_is), line),
        ));
    }
    printer.aside(who);
    printer.aside(format_args!("  sha256    {fingerprint}"));
    let answer = consent::confirm(printer, &format!("Is this fingerprint {where_it_is}?"))?;
    Ok(answer.is_continue())
}

/// Whether the CA in use here signed the backup.
fn is_here(state: &State<'_>, sender: &Sender) -> bool {
    let own = state.ca().ok().flatten();
    own.is_some_and(|own| matches!(sender, Sender::Ca(root) if root.fingerprint() == own.root.fingerprint()))
}

fn another(sender: &Sender, expected: Fingerprint) -> anyhow::Error {
    let what = match sender {
        Sender::Ca(root) => {
            format!("the CA in this backup is {} (sha256 {})", root.title(), root.fingerprint())
        }
        Sender::Unknown(digest) => {
            format!("this backup is not signed, and its content has the fingerprint {digest}")
        }
    };
    let hint = "restore the backup of the CA with the expected fingerprint";
    fail(format!("{what}, but you expected {expected}"), hint)
}
