//! `status`: which stores trust which CA, read from the stores themselves, and on a server the state of its certificate.

use std::{collections::BTreeSet, path::Path};

use anyhow::Result;
use labtrust_machine::{
    World,
    world::{Access, Node},
};
use labtrust_plan::{Contents, Fingerprint, text};
use time::OffsetDateTime;

use crate::{
    cli::Status,
    client::untrust,
    context::Context,
    exit,
    hint::fail,
    report::{
        health::{self, Monitored},
        status::{KnownCa, look_at_anchors, missing, print_all, server::Server},
    },
    state,
};

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Status) -> Result<u8> {
    let now = OffsetDateTime::now_utc();
    let server = Server::look(context, state, now)?;
    let overview = &server.overview;
    let known = look_at_anchors(context, state, overview.own, &overview.anchors)?;
    // A CA that labtrust never installed here, such as after `setup --no-trust`, is no concern.
    let recorded: BTreeSet<Fingerprint> =
        untrust::trusted(state.receipts()?).map(|anchor| anchor.sha256()).collect();
    let wanted: Vec<&KnownCa> = known.iter().filter(|one| recorded.contains(&one.anchor.sha256())).collect();
    let concerns = health::with_stores(overview, &wanted);
    let monitored = Monitored { now, known: &wanted, concerns: &concerns, server: &server };
    let code = monitor(context, arguments, &monitored)?;
    if let Some(code) = code.filter(|_| !context.everywhere.json) {
        return Ok(code);
    }
    let anchors = print_all(context, &known);
    let missing = missing(&known);
    overview.print(context, state, &missing);
    overview.print_document(context, state, &concerns, &anchors, &missing);
    let faults = overview.print_faults(context);
    if let Some(code) = code {
        return Ok(code);
    }
    let trusted = known.iter().map(KnownCa::code).fold(exit::DONE, exit::worse);
    Ok(exit::worse(exit::worse(trusted, overview.code()), faults))
}

/// Writes the output for monitoring, if the arguments ask for it: a plugin's line, a file of metrics, or both. Returns
/// the exit code then.
fn monitor(context: &Context<'_>, arguments: &Status, monitored: &Monitored<'_>) -> Result<Option<u8>> {
    if let Some(path) = &arguments.metrics {
        write_metrics(context, path, monitored.metrics())?;
    }
    if !arguments.check {
        return Ok(arguments.metrics.is_some().then_some(exit::DONE));
    }
    if !context.everywhere.json {
        context.printer.data(format!("{}\n", monitored.line()).as_bytes());
    }
    Ok(Some(monitored.code()))
}

/// Writes `metrics` to the file at `path`, or to standard output for `-`.
fn write_metrics(context: &Context<'_>, path: &Path, metrics: String) -> Result<()> {
    if path.as_os_str() == "-" {
        // With --json the document of status says the same.
        if !context.everywhere.json {
            context.printer.data(metrics.as_bytes());
        }
        return Ok(());
    }
    let path = std::path::absolute(path)?;
    if !matches!(World::here().look(&path)?, Node::Absent | Node::File { .. }) {
        return Err(fail(
            format!("{} is not a regular file, and labtrust replaces it", text::path(&path)),
            "pass a file in the collector's folder: {labtrust status --metrics FILE}",
        ));
    }
    if !context.everywhere.dry_run {
        let contents = Contents::Public(metrics.into_bytes());
        World::here().put(&path, &contents, Access { mode: 0o644, owner: None })?;
    }
    Ok(())
}
