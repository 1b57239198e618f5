//! The part of `status` about the CAs that are known: which stores trust them, and the commands for the others.

pub(crate) mod overview;
pub(crate) mod server;
mod table;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_machine::{Outcome, World, session::OutcomeState};
use labtrust_plan::{Anchor, Certificate, Change, Fingerprint, ShellLine};
use time::OffsetDateTime;

use super::{
    stores as reports,
    stores::{NextSteps, StoresReport},
};
use crate::{
    certificate::parsed::Parsed,
    client::{selection::Selection, source, stores, trust},
    context::Context,
    exit,
    printer::Printer,
    server::install_pair::PlacedChain,
    state::{self, Ca},
};

/// A CA that is known, and where it is trusted.
pub(crate) struct KnownCa {
    /// The CA.
    pub anchor: Anchor,
    /// Its certificate.
    pub certificate: Parsed,
    /// The state of each store.
    pub outcomes: Vec<Outcome>,
    /// The words of the command that trusts it again.
    repeat: Vec<String>,
}

impl KnownCa {
    /// The exit code of its trust.
    pub(crate) fn code(&self) -> u8 {
        exit::of_outcomes(&self.outcomes, OutcomeState::Trusted)
    }

    fn print_head(&self, printer: &Printer) {
        let Self { anchor, certificate, .. } = self;
        printer.heading(&certificate.title());
        printer.say(format_args!("  sha256    {}", anchor.sha256()));
        printer.say(format_args!("  can sign  {}", source::can_sign(certificate)));
        printer.say(format_args!("  until     {}", reports::until(certificate)));
    }

    /// Whether something is left to do, or is worth a hint.
    fn has_steps(&self) -> bool {
        let has_step = |one: &Outcome| one.hint.is_some() || one.needs_root || !one.restart.is_empty();
        self.outcomes.iter().any(has_step)
    }

    fn report(&self, context: &Context<'_>) -> StoresReport {
        let Self { anchor, certificate, outcomes, repeat } = self;
        StoresReport {
            sha256: anchor.sha256(),
            can_sign: Some(source::can_sign(certificate)),
            stores: reports::by_store(outcomes, OutcomeState::Trusted),
            remaining: NextSteps::of(context, outcomes, repeat).remaining(Vec::new()),
            admin_file: None,
            successor: None,
        }
    }
}

/// Asks the stores about each of `anchors`.
pub(crate) fn look_at_anchors(
    context: &Context<'_>,
    state: &state::State<'_>,
    own: Option<&Ca>,
    anchors: &BTreeMap<Fingerprint, Anchor>,
) -> Result<Vec<KnownCa>> {
    let look = |anchor: &Anchor| {
        let planning = stores::plan(&context.facts, &context.worlds, anchor, &Selection::all());
        let files: Vec<PathBuf> =
            planning.changes.iter().flat_map(Change::files).map(Path::to_owned).collect();
        let outcomes = stores::outcomes_now(
            &context.facts,
            &context.worlds,
            state.receipts()?,
            &trust::receipt_name(anchor),
            (anchor, &planning),
        );
        let is_own =
            own.iter().flat_map(|own| own.all()).find(|own| own.root.fingerprint() == anchor.sha256());
        // The old CA of a rotation can only be trusted by its file.
        let is_followed =
            |one: &Ca| own.and_then(|own| own.previous().ok()?).is_some_and(|old| old.folder == one.folder);
        let repeat = is_own.map_or_else(
            || trust_command(anchor, &files),
            |own| own.trust_command(state.home().is_chosen || is_followed(own)),
        );
        let certificate = Parsed::from_der(anchor.certificate.der())?;
        Ok(KnownCa { anchor: anchor.clone(), certificate, outcomes, repeat })
    };
    anchors.values().map(look).collect()
}

/// The commands that trust those of `known` which are not trusted and have not ended.
pub(crate) fn missing(known: &[KnownCa]) -> Vec<ShellLine> {
    let mut missing = Vec::new();
    let now = OffsetDateTime::now_utc();
    for ca in known.iter().filter(|ca| ca.code() == exit::NO && ca.certificate.not_after >= now) {
        let command = reports::labtrust(&ca.repeat);
        // One line may trust both CAs of a rotation.
        if !missing.contains(&command) {
            missing.push(command);
        }
    }
    missing
}

/// The expiry of the installed certificate that `own` signed.
pub(crate) fn end_of_placed(placed: &[PlacedChain], own: &Ca) -> Option<OffsetDateTime> {
    let signed = placed.iter().filter(|pair| own.has_signed(&pair.chain));
    signed.filter_map(PlacedChain::leaf).map(|leaf| leaf.not_after).max()
}

/// Prints where each of `known` is trusted.
pub(crate) fn print_all(context: &Context<'_>, known: &[KnownCa]) -> Vec<StoresReport> {
    let printer = context.printer;
    let of_cas: Vec<_> =
        known.iter().map(|one| (one.anchor.sha256().short(), one.outcomes.as_slice())).collect();
    let Some(together) = table::of_several(printer, &of_cas) else {
        let print = |one: &KnownCa| {
            one.print_head(printer);
            printer.table(&table::of_one(printer, &one.outcomes));
            reports::print_next(context, &one.outcomes, &one.repeat);
            one.report(context)
        };
        return known.iter().map(print).collect();
    };
    for one in known {
        one.print_head(printer);
    }
    printer.gap();
    printer.table(&together);
    for one in known.iter().filter(|one| one.has_steps()) {
        printer.heading(&format!("sha256 {}", one.anchor.sha256().short()));
        reports::print_next(context, &one.outcomes, &one.repeat);
    }
    if known.iter().any(|one| one.code() != exit::DONE) {
        printer.gap();
        printer.say(format_args!("details: {}", reports::labtrust(&["status".into(), "-v".into()])));
    }
    known.iter().map(|one| one.report(context)).collect()
}

/// The arguments that trust `anchor` again, with a source to read it from: a server that it is trusted for, else one of
/// `files` that holds it.
fn trust_command(anchor: &Anchor, files: &[PathBuf]) -> Vec<String> {
    let endpoint = anchor.endpoints.last().map(ToString::to_string);
    let file = || {
        let path = files.iter().find(|path| holds(path, anchor))?;
        Some(path.display().to_string())
    };
    let source = endpoint.or_else(file).unwrap_or_else(|| "./FILE".to_owned());
    vec!["trust".to_owned(), source, "--fingerprint".into(), anchor.sha256().to_string()]
}

/// Whether the file at `path` holds the certificate of `anchor`, and no other.
fn holds(path: &Path, anchor: &Anchor) -> bool {
    let bytes = World::here().read(path).ok().flatten().unwrap_or_default();
    Certificate::read_all(&bytes).0 == [anchor.certificate.clone()]
}
