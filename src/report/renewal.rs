//! The server's certificate in `status`: its expiry, the last renewal and the next run.

use std::path::PathBuf;

use labtrust_machine::{World, receipt::Receipt};
use labtrust_plan::text;
use serde::{Serialize, Serializer, ser::Error as _};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::stores::until;
use crate::{
    hint::Hint,
    printer::Printer,
    server::{
        install_pair::{self, PlacedChain},
        renew::schedule::Schedule,
    },
    state::{RenewalRecord, State},
};

/// The installed certificate and its renewal.
#[derive(Debug, Serialize)]
pub(crate) struct Renewal {
    /// The expiry of the installed certificate; none if it is gone.
    not_after: Option<String>,
    /// The last run, if there was one.
    #[serde(serialize_with = "without_schema")]
    last: Option<RenewalRecord>,
    /// The next run.
    next: Schedule,
    #[serde(skip)]
    until: Option<String>,
    /// The certificate files that somebody else has changed since they were placed.
    #[serde(skip)]
    changed: Vec<PathBuf>,
    #[serde(skip)]
    is_placed: bool,
}

/// Serializes the last run without the `schema` of its file.
#[expect(clippy::ref_option, reason = "serde calls it with the field")]
fn without_schema<S: Serializer>(last: &Option<RenewalRecord>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut last = serde_json::to_value(last).map_err(S::Error::custom)?;
    if let Some(fields) = last.as_object_mut() {
        fields.remove("schema");
    }
    last.serialize(serializer)
}

impl Renewal {
    /// Looks at the certificates that setup or import `placed`; the first to expire counts. None without any.
    pub(crate) fn look(state: &State<'_>, receipts: &[Receipt], placed: &[PlacedChain]) -> Option<Self> {
        let leaf = placed.iter().filter_map(PlacedChain::leaf).min_by_key(|leaf| leaf.not_after);
        let is_placed = receipts.iter().flat_map(|receipt| &receipt.changes).any(install_pair::is_of_pair);
        let renewal = Self {
            not_after: leaf.as_ref().and_then(|leaf| leaf.not_after.format(&Rfc3339).ok()),
            // `status` reports a damaged record separately.
            last: state.renewal().ok().flatten().cloned(),
            next: Schedule::look(&World::here(), receipts),
            until: leaf.as_ref().map(until),
            changed: install_pair::changed_certificates(receipts, placed),
            is_placed,
        };
        let is_known =
            is_placed || renewal.until.is_some() || renewal.last.is_some() || renewal.next != Schedule::Never;
        is_known.then_some(renewal)
    }

    /// Whether somebody else changed an installed certificate file.
    pub(crate) fn is_changed(&self) -> bool {
        !self.changed.is_empty() || (self.is_placed && self.until.is_none())
    }

    /// When `renew` last ran, if it did, and why that failed, if it did.
    pub(crate) fn last_run(&self) -> Option<(OffsetDateTime, Option<&str>)> {
        let RenewalRecord { ran, well, outcome, .. } = self.last.as_ref()?;
        Some((*ran, (!well).then_some(outcome.as_str())))
    }

    /// The schedule of the daily run.
    pub(crate) fn schedule(&self) -> &Schedule {
        &self.next
    }

    /// Prints it.
    pub(crate) fn print(&self, printer: &Printer) {
        printer.heading("The server's certificate:");
        let changed = "unknown: another program or person changed it";
        printer.say(format_args!("  until      {}", self.until.as_deref().unwrap_or(changed)));
        for path in &self.changed {
            printer.say(format_args!("  changed    {}", text::path(path)));
        }
        if let Some(RenewalRecord { ran, well, outcome, .. }) = &self.last {
            let went = if *well { "" } else { "failed: " };
            printer.say(format_args!("  last run   {}: {went}{outcome}", ran.date()));
        }
        let nothing = Hint::from("none scheduled; run every day: {labtrust renew --if-expiring}");
        printer.say(format_args!("  next run   {}", self.next.next().as_deref().unwrap_or(nothing.as_str())));
    }
}
