//! The report of `restore`.

use anyhow::Result;
use labtrust_plan::ShellLine;

use crate::{
    backup::Archive,
    context::Context,
    exit,
    hint::shell_line,
    server::restore::plan::{Origin, Plan},
    state::{Ca, State},
};

pub(crate) fn report(
    context: &Context<'_>,
    state: &State<'_>,
    archive: &Archive,
    plan: &Plan,
    changed: bool,
) -> Result<u8> {
    let printer = context.printer;
    let own = state.ca()?;
    let next = next(state, own)?;
    printer.document(&serde_json::json!({
        "made": archive.manifest.made,
        "host": archive.manifest.host,
        "changed": changed,
        "sha256": own.map(|own| own.root.fingerprint()),
        "next": next,
    }));
    let day = archive.manifest.made.split('T').next().unwrap_or_default();
    let whence = archive.manifest.host.as_ref().map(|host| format!(" of {host}")).unwrap_or_default();
    let done = if changed { "restored" } else { "everything is restored already: nothing was changed" };
    printer.say(format_args!("{done} (backup{whence}, {day})"));
    if let Some(own) = &own {
        printer.say(format_args!("CA  {}", own.root.title()));
        printer.say(format_args!("  sha256    {}", own.root.fingerprint()));
        printer.say("  note      clients that trust this CA need no change");
    }
    if let Some(aside) = &plan.aside {
        printer.say(format_args!("  note      the earlier state is now in {}", aside.subject));
    }
    match plan.origin {
        Origin::Here => {}
        Origin::OtherMachine => {
            printer.say("  note      changes that labtrust made on the other machine are not here");
        }
        Origin::OtherFolder => {
            printer
                .say("  note      to undo labtrust's older changes here, use the folder that was backed up");
        }
    }
    if !next.is_empty() {
        printer.heading("Next, on this machine:");
    }
    for line in next {
        printer.command(line);
    }
    Ok(exit::DONE)
}

/// The commands after which this machine serves the certificate again.
fn next(state: &State<'_>, own: Option<&Ca>) -> Result<Vec<ShellLine>> {
    if let Some(own) = own
        && own.source()?.root().is_some()
    {
        return Ok(vec![own.setup_line(None, true)]);
    }
    let kept = state.requests()?.kept.iter();
    let answered = kept.filter(|kept| !kept.answer.is_empty());
    Ok(answered.map(|kept| shell_line!("{labtrust import --cert {}}", kept.answer_path())).collect())
}
