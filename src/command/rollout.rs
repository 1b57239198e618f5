//! `rollout`: trusts CAs on the hosts of an inventory, through Ansible, and records each host.

mod options;

use std::{ffi::OsStr, path::Path, time::Instant};

use anyhow::Result;
use labtrust_machine::{World, world::Access};
use labtrust_plan::{
    Anchor, Contents,
    render::{Order, Rendering},
};
use time::format_description::well_known::Rfc3339;

use super::several::{Several, several};
use crate::{
    certificate::parsed::Parsed,
    cli::Rollout,
    context::Context,
    exit::{self, misuse},
    fleet::{
        ansible::{self, Run},
        line::Line,
        record::{Action, FleetRecord, RolledCa},
        run_folder::RunFolder,
        update::Update,
    },
    hint::fail,
    report::{
        fleet_page,
        rollout::{self as report, Close},
    },
    state::State,
};

/// The part of the time that saving the record takes while hosts end.
const MOST_SAVING: u32 = 10;

pub(super) fn run(context: &Context<'_>, state: &State<'_>, arguments: &Rollout) -> Result<u8> {
    let folder = state.folder();
    if let Some(file) = &arguments.report {
        kind(file)?;
    }
    if arguments.inventories.is_empty() {
        let file = arguments.report.as_deref().ok_or_else(|| {
            misuse("no inventory was named", "name the hosts: {labtrust rollout -i INVENTORY}")
        })?;
        let record = FleetRecord::last(folder)?.ok_or_else(|| {
            fail("nothing was rolled out from here yet", "roll it out first: {labtrust rollout -i INVENTORY}")
        })?;
        write_report(context, &record, file)?;
        return Ok(if context.everywhere.dry_run { exit::NO } else { exit::DONE });
    }
    let is_dry_run = context.everywhere.dry_run;
    let mut options = arguments.options(is_dry_run);
    options.validate()?;
    let program = ansible::find(folder)?;
    let Several { anchors, certificates, notes } = several(context, state, &arguments.cas, arguments.remove)?;
    let action = if arguments.remove { Action::Remove } else { Action::Trust };
    let cas = anchors.iter().zip(&certificates).map(|(anchor, certificate)| rolled(anchor, certificate));
    let new = FleetRecord::new(action, cas.collect());
    let recorded = new.recorded(folder)?;
    if arguments.retry && recorded.is_none() {
        return Err(fail(
            "no rollout of these CAs for these endpoints was recorded, so no host is left of it",
            "leave out --retry",
        ));
    }
    let before = recorded.unwrap_or(new);
    if arguments.retry {
        options.done = before.done().map(str::to_owned).collect();
    }
    let order = Order { anchors: &anchors, is_removal: arguments.remove };
    let rendering =
        Rendering::find("ansible").ok_or_else(|| fail("no rendering for Ansible", "report this"))?;
    let rendered = (rendering.render)(&order).map_err(|error| fail(error.what, error.hint))?;
    let run_folder = context.session(state, |_, _| RunFolder::make(folder, context.printer))?;
    let run = Run::prepare(program, run_folder, &order, &rendered, &options)?;
    let mut progress = report::Progress::new(context.printer, options.is_check);
    let mut update = Update::new(before, arguments.scope(is_dry_run));
    // A run that is killed has recorded what it did. Only the last save reports an error.
    let save = |update: &Update| context.session(state, |_, _| update.save(folder));
    let mut next_save = Instant::now();
    let ended = run.follow(|line| match line {
        Line::Hosts { hosts } => {
            progress.expect(&hosts);
            update.name(hosts);
            let _ = save(&update);
        }
        Line::Host { host, result } => {
            let result = update.end(host.clone(), result);
            progress.show(&host, &result);
            if Instant::now() >= next_save {
                let begun = Instant::now();
                let _ = save(&update);
                next_save = Instant::now() + begun.elapsed() * MOST_SAVING;
            }
        }
    })?;
    drop(run);
    let record = update.record();
    if record.hosts.is_empty() || !progress.has_begun() {
        ended.said.iter().for_each(|line| context.printer.aside(format_args!("ansible: {line}")));
        return Err(fail("Ansible named no host of the inventory", ansible::own_failure()));
    }
    save(&update)?;
    if let Some(file) = &arguments.report {
        write_report(context, &record, file)?;
    }
    let fault = ended.fault(update.missing());
    Ok(report::print(context, &record, &progress, &Close { fault, said: &ended.said, notes: &notes }))
}

/// Writes the report on `record` in the form that the name of `file` asks for.
fn write_report(context: &Context<'_>, record: &FleetRecord, file: &Path) -> Result<()> {
    let contents = (kind(file)?)(record);
    let path = std::path::absolute(file)?;
    if context.everywhere.dry_run {
        context.printer.aside(format_args!("would write {}", path.display()));
        return Ok(());
    }
    let access = Access { mode: 0o644, owner: None };
    World::here().put(&path, &Contents::Public(contents.into_bytes()), access)?;
    context.printer.aside(format_args!("report: {}", path.display()));
    Ok(())
}

fn kind(file: &Path) -> Result<fn(&FleetRecord) -> String> {
    Ok(match file.extension().and_then(OsStr::to_str) {
        Some("html") => fleet_page::html,
        Some("csv") => fleet_page::csv,
        Some("json") => |record| format!("{:#}\n", report::document(record)),
        _ => return Err(misuse("a report is .html, .json or .csv", "name it so: --report rollout.json")),
    })
}

fn rolled(anchor: &Anchor, certificate: &Parsed) -> RolledCa {
    RolledCa {
        sha256: anchor.sha256(),
        title: certificate.title(),
        not_after: certificate.not_after.format(&Rfc3339).unwrap_or_default(),
        endpoints: anchor.endpoints.iter().map(ToString::to_string).collect(),
    }
}
