//! The report of a rollout for people who were not there: one HTML file that loads nothing, and the same as CSV.
//!
//! The page is whole without its script, which only searches, filters and sorts the finished table.

mod csv;
mod host;
mod left;
mod summary;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use self::csv::csv;
use crate::{
    fleet::record::FleetRecord,
    report::{
        html::{self, fill, source},
        rollout,
    },
};

/// The page with `{{names}}` for its parts.
const PAGE: &str = include_str!("fleet_page/page.html");

const STYLE: &str = include_str!("fleet_page/page.css");

const SCRIPT: &str = include_str!("fleet_page/page.js");

/// The report as one HTML file.
pub(crate) fn html(record: &FleetRecord) -> String {
    let stores = table::stores(record);
    let style = format!(":root {{ --columns: {} }}\n{STYLE}", "7.25rem ".repeat(stores.len()));
    let count = record.hosts.len();
    let parts = [
        // Scripts and styles run only as they were written here, so no name of a host can bring one.
        (
            "policy",
            format!(
                "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
                source(SCRIPT),
                source(&style)
            ),
        ),
        ("title", html::text(&summary::title(record))),
        ("lede", html::text(&summary::lede(record))),
        ("summary", summary::tiles(record)),
        ("cas", summary::cas(record)),
        ("left", left::left(record)),
        ("groups", table::group_options(record)),
        ("stores", table::options(stores.iter().copied())),
        ("words", table::options(table::words(record))),
        ("count", format!("{count} {}", if count == 1 { "host" } else { "hosts" })),
        ("state_words", html::text(&table::state_words(record.action))),
        ("heads", table::heads(&stores)),
        ("rows", table::rows(record, &stores)),
        ("record", html::script_data(&rollout::document(record))),
        ("style", style),
        ("script", SCRIPT.to_owned()),
    ];
    fill(PAGE, &parts)
}
