//! The report of a rollout for people who were not there: one HTML file that loads nothing, and the same as CSV.
//!
//! The page is whole without its script, which only searches, filters and sorts the finished table.

mod csv;
mod escape;
mod host;
mod left;
mod summary;
mod table;
#[cfg(test)]
mod tests;

use base64ct::{Base64, Encoding as _};
use ring::digest;

pub(crate) use self::csv::csv;
use crate::{fleet::record::FleetRecord, report::rollout};

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
        ("title", escape::text(&summary::title(record))),
        ("lede", escape::text(&summary::lede(record))),
        ("summary", summary::tiles(record)),
        ("cas", summary::cas(record)),
        ("left", left::left(record)),
        ("groups", table::group_options(record)),
        ("stores", table::options(stores.iter().copied())),
        ("words", table::options(table::words(record))),
        ("count", format!("{count} {}", if count == 1 { "host" } else { "hosts" })),
        ("state_words", escape::text(&table::state_words(record.action))),
        ("heads", table::heads(&stores)),
        ("rows", table::rows(record, &stores)),
        ("record", escape::script_data(&rollout::document(record))),
        ("style", style),
        ("script", SCRIPT.to_owned()),
    ];
    fill(PAGE, &parts)
}

/// The source of a Content Security Policy (CSP3 §2.3.1) that allows the inline element with `contents`.
fn source(contents: &str) -> String {
    let hash = digest::digest(&digest::SHA256, contents.as_bytes());
    format!("'sha256-{}'", Base64::encode_string(hash.as_ref()))
}

/// `template` with `parts` in place of their names. A part is not searched for names.
fn fill(template: &str, parts: &[(&str, String)]) -> String {
    let mut pieces = template.split("{{");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or((piece, ""));
        if let Some((_, part)) = parts.iter().find(|(known, _)| *known == name) {
            page.push_str(part);
        }
        page.push_str(rest);
    }
    page
}
