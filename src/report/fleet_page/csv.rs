//! The report as CSV (RFC 4180) for spreadsheets and scripts: a row for each host, CA and store.

use labtrust_machine::session::OutcomeState;

use super::host::HostGroup;
use crate::fleet::record::{FleetRecord, HostRecord};

const HEAD: [&str; 8] = ["host", "state", "sha256", "store", "store_state", "changed", "detail", "why"];

/// The report of `record` as CSV. A host without results of stores has one row.
pub(crate) fn csv(record: &FleetRecord) -> String {
    let hosts = record.hosts.iter().flat_map(|(name, host)| rows(name, host.as_ref()));
    let rows = std::iter::once(HEAD.map(str::to_owned)).chain(hosts);
    rows.map(|row| row.map(|cell| cell_of(&cell)).join(",") + "\r\n").collect()
}

fn rows(name: &str, host: Option<&HostRecord>) -> Vec<[String; 8]> {
    let group = HostGroup::of(host).id();
    let why = host.map_or("", |host| host.result.why.as_str());
    let row = |[sha256, store, state, changed, detail]: [String; 5]| {
        [name.to_owned(), group.to_owned(), sha256, store, state, changed, detail, why.to_owned()]
    };
    let anchors = host.map_or(&[][..], |host| &host.result.anchors);
    let stores = anchors.iter().flat_map(|anchor| anchor.stores.iter().map(move |store| (anchor, store)));
    let mut rows: Vec<_> = stores
        .map(|(anchor, store)| {
            row([
                anchor.sha256.to_string(),
                store.id.clone(),
                id(store.state),
                store.changed.to_string(),
                store.detail.clone(),
            ])
        })
        .collect();
    if rows.is_empty() {
        rows.push(row(Default::default()));
    }
    rows
}

/// The name of `state` in JSON.
fn id(state: OutcomeState) -> String {
    serde_json::json!(state).as_str().unwrap_or_default().to_owned()
}

/// `text` as a cell. Spreadsheets run a cell as a formula that begins with one of these characters; an apostrophe before it
/// makes it text.
fn cell_of(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) || text.trim() != text {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}
