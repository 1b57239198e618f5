//! `rollout`: trusts CAs on the hosts of an inventory, through Ansible, and records each host.

mod options;

use std::{
    ffi::OsStr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use labtrust_machine::{World, world::Access};
use labtrust_plan::{
    Contents,
    render::{Order, Rendering},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::several::{Several, several};
use crate::{
    certificate::parsed::Parsed,
    cli::Rollout,
    context::Context,
    exit::{self, misuse},
    fleet::{
        ansible::{self, Run},
        line::Line,
        record::{Action, FleetRecord, HostRecord, RolledCa},
    },
    hint::fail,
    report::{fleet_page, rollout as report},
    state::State,
};

/// The pause between two saves of the record while hosts end.
const BETWEEN_SAVES: Duration = Duration::from_secs(1);

pub(super) fn run(context: &Context<'_>, state: &State<'_>, arguments: &Rollout) -> Result<u8> {
    let folder = state.folder();
    let recorded = FleetRecord::load(folder)?;
    if arguments.inventories.is_empty() {
        let file = arguments.report.as_deref().ok_or_else(|| {
            misuse("no inventory was named", "name the hosts: {labtrust rollout -i INVENTORY}")
        })?;
        let record = recorded.ok_or_else(|| {
            fail("nothing was rolled out from here yet", "roll it out first: {labtrust rollout -i INVENTORY}")
        })?;
        return write_report(context, &record, file).map(|()| exit::DONE);
    }
    if let Some(file) = &arguments.report {
        kind(file)?;
    }
    let program = ansible::find(folder)?;
    let Several { anchors, certificates, notes } = several(context, state, &arguments.named())?;
    let action = if arguments.remove { Action::Remove } else { Action::Trust };
    let mut record = FleetRecord::new(action, certificates.iter().map(rolled).collect());
    match recorded.filter(|recorded| recorded.is_same(&record)) {
        Some(recorded) => record = recorded,
        None if arguments.retry => {
            return Err(fail(
                "the last rollout was of another CA, or there was none, so no host is left of it",
                "leave out --retry",
            ));
        }
        None => {}
    }
    let mut options = arguments.options();
    if arguments.retry {
        options.limits.extend(ansible::without(folder, record.done())?);
    }
    let order = Order { anchors: &anchors, is_removal: arguments.remove };
    let rendering =
        Rendering::find("ansible").ok_or_else(|| fail("no rendering for Ansible", "report this"))?;
    let rendered = (rendering.render)(&order).map_err(|error| fail(error.what, error.hint))?;
    let run = Run::prepare(program, folder, &rendered, &options)?;
    let mut progress = report::Progress::new(context.printer, options.is_check);
    let asks_only = arguments.check;
    let is_everything = options.limits.is_empty();
    let mut saved = Instant::now();
    let ended = run.follow(|line| match line {
        Line::Hosts { hosts } => {
            progress.expect(&hosts);
            if is_everything {
                record.hosts.retain(|name, _| hosts.contains(name));
            }
            // A host that is asked again keeps its last result until the new one comes.
            for host in hosts {
                record.hosts.entry(host).or_default();
            }
        }
        Line::Host { host, result } => {
            let result = if options.is_check { result.asked() } else { result };
            progress.show(&host, &result);
            record.hosts.insert(host, Some(HostRecord { at: now(), result }));
            // A run that is killed has recorded what it did. The last save reports an error.
            if !asks_only && saved.elapsed() > BETWEEN_SAVES {
                let _ = record.save(folder);
                saved = Instant::now();
            }
        }
    })?;
    record.at = now();
    let is_nothing_left = arguments.retry && ended.names_no_host();
    if record.hosts.is_empty() || !progress.has_begun() && ended.code != Some(0) && !is_nothing_left {
        ended.said.iter().for_each(|line| context.printer.aside(format_args!("ansible: {line}")));
        return Err(fail("Ansible named no host of the inventory", ansible::own_failure()));
    }
    if !asks_only {
        record.save(folder)?;
    }
    if let Some(file) = &arguments.report {
        write_report(context, &record, file)?;
    }
    Ok(report::print(context, &record, &progress, &ended.said, &notes))
}

/// Writes the report on `record` in the form that the name of `file` asks for.
fn write_report(context: &Context<'_>, record: &FleetRecord, file: &Path) -> Result<()> {
    let contents = (kind(file)?)(record);
    let path = std::path::absolute(file)?;
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

fn rolled(certificate: &Parsed) -> RolledCa {
    RolledCa {
        sha256: certificate.fingerprint(),
        title: certificate.title(),
        not_after: certificate.not_after.format(&Rfc3339).unwrap_or_default(),
    }
}

fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}
