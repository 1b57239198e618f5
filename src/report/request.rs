//! The report of `request`: the CSR on standard output, the rest on standard error.

use anyhow::Result;
use labtrust_machine::{World, world::Access};
use labtrust_plan::{Contents, ShellLine};

use crate::{
    certificate::name,
    cli::Request,
    context::Context,
    state::request::{PendingRequest, RequestRecord},
};

/// Prints or writes the request.
pub(crate) fn hand_out(
    context: &Context<'_>,
    arguments: &Request,
    kept: &PendingRequest,
    request: &str,
    notes: Vec<String>,
) -> Result<()> {
    let printer = context.printer;
    let next = ShellLine::from("{labtrust import --cert FILE}");
    printer.document(&serde_json::json!({
        "request": request,
        "key": kept.key_path(),
        "names": kept.notes.names,
        "next": [next],
        "notes": notes,
    }));
    match arguments.out.as_deref().map(std::path::absolute).transpose()? {
        Some(path) => {
            let contents = Contents::Public(request.as_bytes().to_vec());
            World::here().put(&path, &contents, Access { mode: 0o644, owner: None })?;
            printer.aside(format_args!("written to {}", path.display()));
        }
        None if context.everywhere.json => {}
        None => printer.data(request.as_bytes()),
    }
    let (kind, names) = (kept.public_key.kind(), name::list(&kept.notes.names));
    printer.aside(format_args!("request for {names} ({kind})"));
    printer.aside(format_args!("  key     {}", kept.key_path().display()));
    for note in notes {
        printer.aside(format_args!("  note    {note}"));
    }
    printer.aside(format_args!(
        "  next    send the request to the CA, then install the signed certificate: {next}"
    ));
    Ok(())
}

pub(crate) fn day(notes: &RequestRecord) -> &str {
    notes.made.split('T').next().unwrap_or_default()
}

/// A line about the stored request.
pub(crate) fn title(kept: &PendingRequest) -> String {
    let answered = if kept.answer.is_empty() { "" } else { ", signed" };
    format!("request for {}, made on {}{answered}", name::list(&kept.notes.names), day(&kept.notes))
}
