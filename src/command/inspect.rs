//! `inspect`: shows a certificate, and which clients would reject it.

use anyhow::Result;
use time::OffsetDateTime;

use super::options::reader;
use crate::{
    certificate::{
        Description, Inspection, Parsed, Refusal,
        name::{list, list_to},
    },
    cli::Inspect,
    client::source::{self, Source},
    context::Context,
    exit,
    hint::fail,
    printer::{Mark, Printer},
    state::State,
};

pub(super) fn run(context: &Context<'_>, state: &State<'_>, arguments: &Inspect) -> Result<u8> {
    let certificates = match arguments.source.as_deref() {
        None => own(state)?,
        Some(typed) => Source::parse(typed)?.certificates(&reader(context, &arguments.passphrase), typed)?,
    };
    let none = || fail("there is no certificate in it", "pass another source: labtrust inspect ./FILE");
    let now = OffsetDateTime::now_utc();
    let inspection = Inspection::of(&certificates, now).ok_or_else(none)?;
    let printer = context.printer;
    printer.document(&inspection);
    describe(printer, &inspection.certificate, &certificates[0], now);
    if !inspection.chain.is_empty() {
        printer.heading("Sent with it:");
        for other in inspection.chain.iter().take(MOST_SHOWN) {
            printer.say(format_args!("  {}  {}", other.sha256.short(), other.subject));
        }
        if let Some(more) = inspection.chain.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
            printer.say(format_args!("  and {more} more (--json lists all)"));
        }
    }
    if let Some(issuer) = &inspection.not_sent {
        printer.gap();
        printer.say(format_args!(
            " ! the certificate of its issuer, {issuer}, was not sent: every client rejects the server unless it \
             trusts that issuer itself"
        ));
    } else if let Some(why) = &inspection.undecided {
        printer.say(format_args!("\n ! {why}"));
    } else if inspection.refused_by.is_empty() {
        printer.gap();
        printer.say(" ✓ every client that labtrust knows accepts it, once its root is trusted");
    }
    if !inspection.refusals.is_empty() {
        printer.heading("Rejected by:");
        let row = |refusal: &Refusal| (Mark::Bad, vec![list(&refusal.clients()), refusal.why.clone()]);
        printer.table(&inspection.refusals.iter().map(row).collect::<Vec<_>>());
        say_sources(printer, &inspection.refusals);
    }
    Ok(exit::DONE)
}

/// Prints the source for each client that labtrust's tests could not measure.
fn say_sources(printer: &Printer, refusals: &[Refusal]) {
    let mut sources: Vec<(&str, &str)> = Vec::new();
    for by in refusals.iter().flat_map(|refusal| &refusal.by) {
        let row = by.source().map(|source| (by.client.name(), source));
        sources.extend(row.filter(|row| !sources.contains(row)));
    }
    if !sources.is_empty() {
        printer.heading("From documentation, not measured:");
    }
    for (client, source) in sources {
        printer.say(format_args!("  {client:<12}  {source}"));
    }
}

/// The most names, and certificates sent with the first one, that are printed.
const MOST_SHOWN: usize = 20;

fn own(state: &State<'_>) -> Result<Vec<Parsed>> {
    let own = state.nearest_ca()?.ok_or_else(|| {
        fail(
            "labtrust has no CA on this machine, and you did not pass a source",
            "pass a certificate file, HOST[:PORT] or an https:// URL: labtrust inspect HOST",
        )
    })?;
    Ok(std::iter::once(&own.root).chain(&own.intermediates).cloned().collect())
}

fn describe(printer: &Printer, description: &Description, certificate: &Parsed, now: OffsetDateTime) {
    let kind = match (description.is_ca, description.self_signed) {
        (true, true) if certificate.is_sealed_root() => "the root of a sealed CA",
        (true, true) => "a root CA",
        (true, false) => "an intermediate CA",
        (false, true) => "a self-signed certificate",
        (false, false) => "a server certificate",
    };
    let validity = &description.validity;
    let standing = certificate.validity_status(now);
    let mut rows = vec![
        ("subject", description.subject.clone()),
        ("issuer", description.issuer.clone()),
        ("kind", format!("{kind}, {}", description.key)),
        ("valid", format!("{} to {} ({standing})", validity.not_before.date(), validity.not_after.date())),
        ("sha256", description.sha256.to_string()),
    ];
    if !description.names.is_empty() {
        rows.insert(2, ("names", list_to(MOST_SHOWN, &description.names)));
    }
    if !description.other_names.is_empty() {
        rows.push(("others", list_to(MOST_SHOWN, &description.other_names)));
    }
    if !description.usages.is_empty() {
        rows.push(("usages", description.usages.join(", ")));
    }
    if description.is_ca {
        rows.push(("can sign", source::can_sign(certificate)));
        let others = description.constraints.iter();
        for (label, kind) in
            others.flat_map(|limits| [("only", &limits.other_permitted), ("never", &limits.other_excluded)])
        {
            if !kind.is_empty() {
                rows.push((label, list_to(MOST_SHOWN, kind)));
            }
        }
    }
    for (label, value) in rows {
        printer.say(format_args!("{label:<9} {value}"));
    }
}
