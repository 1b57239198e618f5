//! The table of the page: a row for each host, a column for each store that occurs.

use std::collections::BTreeSet;

use labtrust_machine::session::OutcomeState;
use serde_json::json;

use super::{
    host::{self, HostGroup},
    summary::{class, sign},
};
use crate::{
    fleet::record::{Action, FleetRecord, HostRecord},
    printer::Mark,
    report::{
        html,
        stores::{self, StoreReport},
    },
};

/// The stores that occur, in the order of the table of stores.
pub(super) fn stores(record: &FleetRecord) -> Vec<&str> {
    let results = record.hosts.values().flatten().flat_map(host::results);
    let ids: BTreeSet<_> = results.map(|one| (stores::place(&one.id), one.id.as_str())).collect();
    ids.into_iter().map(|(_, id)| id).collect()
}

/// The words that occur for the states of stores.
pub(super) fn words(record: &FleetRecord) -> BTreeSet<&'static str> {
    let stores = stores(record);
    let cell = |host, id: &&str| host::store(host, id, record.action);
    let cells =
        record.hosts.values().flatten().flat_map(|host| stores.iter().filter_map(move |id| cell(host, id)));
    cells.map(|store| stores::word(&store, host::wanted(record.action))).collect()
}

/// The words of all states of a store after `action`, for the script.
pub(super) fn state_words(action: Action) -> String {
    use OutcomeState::{Failed, Partial, Pending, Skipped, Trusted, Untrusted};
    let words = [Trusted, Pending, Untrusted, Partial, Skipped, Failed].map(|state| {
        let store = StoreReport {
            id: "system".to_owned(),
            state,
            changed: false,
            detail: String::new(),
            hints: Vec::new(),
        };
        let word = stores::word(&store, host::wanted(action));
        (json!(state).as_str().unwrap_or_default().to_owned(), json!(word))
    });
    serde_json::Value::Object(words.into_iter().collect()).to_string()
}

/// The choices of a menu.
pub(super) fn options<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    values.into_iter().map(|value| format!("<option>{}</option>", html::text(value))).collect()
}

/// The choices of the hosts' states, with the number of hosts.
pub(super) fn group_options(record: &FleetRecord) -> String {
    let option = |(group, count): (HostGroup, usize)| {
        format!("<option value=\"{}\">{} ({count})</option>", group.id(), group.word())
    };
    HostGroup::counts(record).map(option).concat()
}

/// The cells of the table's head.
pub(super) fn heads(stores: &[&str]) -> String {
    let head = |data: &str, title: &str| {
        format!("<th role=\"columnheader\" scope=\"col\" data-{data}>{}</th>", html::text(title))
    };
    let columns = stores.iter().map(|id| head(&format!("store=\"{}\"", html::text(id)), id));
    let (first, last) =
        ([head("sort=\"host\"", "Host"), head("sort=\"state\"", "State")], head("sort=\"why\"", "Why"));
    first.into_iter().chain(columns).chain([last]).collect()
}

/// The rows of all hosts.
pub(super) fn rows(record: &FleetRecord, stores: &[&str]) -> String {
    host::ordered(record).into_iter().map(|(name, host)| row(name, host, stores, record.action)).collect()
}

fn row(name: &str, host: Option<&HostRecord>, stores: &[&str], action: Action) -> String {
    let group = HostGroup::of(host);
    let changed =
        if host.is_some_and(|host| host.result.changed) { "<wbr><small>changed</small>" } else { "" };
    let cells: String = stores.iter().map(|id| cell(id, host, action)).collect();
    let reason = host::reason(host, action);
    let why = if reason.is_empty() {
        String::new()
    } else {
        format!("<span class=\"why\">{}</span>", html::text(&reason))
    };
    format!(
        "<tr role=\"row\" data-host=\"{}\" data-group=\"{}\"><th role=\"rowheader\" scope=\"row\">{}</th>\
         <td role=\"cell\" class=\"{}\">{} {}{changed}</td>{cells}<td role=\"cell\">{why}</td></tr>\n",
        html::quoted(name),
        group.id(),
        html::text(name),
        class(group.mark()),
        sign(group.mark()),
        group.word(),
    )
}

/// The cell of the store `id`.
fn cell(id: &str, host: Option<&HostRecord>, action: Action) -> String {
    let good = host::wanted(action);
    let label = html::text(id);
    let Some(store) = host.and_then(|host| host::store(host, id, action)) else {
        let word =
            if host.is_some_and(|host| !host.result.anchors.is_empty()) { "not there" } else { "no result" };
        let sign = sign(Mark::Faint);
        return format!("<td role=\"cell\" class=\"none\" data-label=\"{label}\">{sign} {word}</td>");
    };
    let (mark, word) = (stores::mark(&store, good), stores::word(&store, good));
    let (class, sign) = (class(mark), sign(mark));
    format!(
        "<td role=\"cell\" class=\"{class}\" data-label=\"{label}\" data-word=\"{word}\">{sign} {word}</td>"
    )
}
