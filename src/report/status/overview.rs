//! What `status` prints below the stores: the server's certificate, the rotation, the backup, and what is damaged.

use std::collections::BTreeMap;

use anyhow::Error;
use labtrust_plan::{Anchor, Fingerprint, ShellLine};

use super::end_of_placed;
use crate::{
    context::Context,
    exit,
    report::{
        backup,
        renewal::Renewal,
        rotation,
        stores::{self as reports, StoresReport},
    },
    server::{
        health::{self, Concern, Level},
        install_pair::PlacedChain,
        rotate::phase::RotationReport,
    },
    state::{
        Ca, Damage, LastBackup, State, hint_of,
        request::{PendingRequest, RequestRecord},
    },
};

/// Installs the certificate that a CA made of a request.
const IMPORT: &str = "{labtrust import --cert FILE}";

/// What labtrust knows of this machine, without its stores.
pub(crate) struct Overview<'s> {
    /// The CA that setup made here.
    pub own: Option<&'s Ca>,
    /// The command by which a client trusts it, if the server presents a certificate of it and can be reached.
    pub client_line: Option<ShellLine>,
    /// All known CAs.
    pub anchors: BTreeMap<Fingerprint, Anchor>,
    /// The certificates in place.
    pub placed: Vec<PlacedChain>,
    /// Why they cannot be read, if they cannot.
    pub unreadable: Option<Error>,
    /// The renewal of the certificate in place.
    pub renewal: Option<Renewal>,
    /// The requests for which no certificate was imported yet.
    pub requests: Vec<&'s PendingRequest>,
    /// What needs the operator, the most urgent first.
    pub concerns: Vec<Concern>,
    /// The damaged parts of the state.
    pub damages: Vec<Damage>,
    /// Whether a setup or an import is recorded here.
    pub is_set_up: bool,
}

impl Overview<'_> {
    /// Prints it for people; `missing` are the commands that trust the CAs which some store does not trust.
    pub(crate) fn print(&self, context: &Context<'_>, state: &State<'_>, missing: &[ShellLine]) {
        let printer = context.printer;
        // An imported certificate has its CA elsewhere, and makes no client of this machine.
        let knows_nothing = self.anchors.is_empty() && self.renewal.is_none() && self.damages.is_empty();
        if knows_nothing && !self.is_set_up && self.requests.is_empty() {
            printer.say("labtrust knows no CA on this machine. On the server:");
            printer.command("{labtrust setup}");
            printer.say("On a client:");
            printer.command("{labtrust trust HOST:4567 --fingerprint SHA256}");
        }
        if let Some(renewal) = &self.renewal {
            renewal.print(printer);
        }
        for request in &self.requests {
            let RequestRecord { names, made, .. } = &request.notes;
            let names = names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let day = made.split('T').next().unwrap_or(made);
            printer.heading(&format!(
                "The request of {day} for {names} has no certificate yet. When the CA has signed it:"
            ));
            printer.command(IMPORT);
        }
        // Only the JSON shows a concern without a command.
        for concern in self.concerns.iter().filter(|concern| !concern.next.is_empty()) {
            printer.heading(&format!("{}: {}", concern.level.word(), concern.what));
            for command in &concern.next {
                printer.command(command);
            }
        }
        if !missing.is_empty() {
            printer.heading("To trust it here:");
        }
        for command in missing {
            printer.command(command);
        }
        if let Some(own) = self.own {
            rotation::print_standing(context, state, own, self.client_line.as_ref());
        }
        if let Some(client) = self.foreign_client_line() {
            printer.heading("On each client that does not trust the certificate's CA yet:");
            printer.command(client);
        }
        let last = last_backup(state);
        if let Some(own) = self.kept(state).filter(|own| last.is_some() || own.needs_backup()) {
            backup::print_last(context, last, end_of_placed(&self.placed, own));
        }
    }

    /// Prints it for scripts, with all `concerns`, the stores of `anchors` and the commands `missing`.
    pub(crate) fn print_document(
        &self,
        context: &Context<'_>,
        state: &State<'_>,
        concerns: &[Concern],
        anchors: &[StoresReport],
        missing: &[ShellLine],
    ) {
        let last = last_backup(state).filter(|_| self.kept(state).is_some());
        context.printer.document(&serde_json::json!({
            "anchors": anchors,
            "renewal": self.renewal,
            "health": { "level": health::level(concerns), "concerns": concerns },
            "backup": last.map(|last| serde_json::json!({ "made": last.made, "file": last.file })),
            "rotation": self.own.map(RotationReport::of),
            "notes": self.notes(),
            "next": self.next(missing),
        }));
    }

    /// Prints what is damaged or cannot be read; the answer is the exit code of that.
    pub(crate) fn print_faults(&self, context: &Context<'_>) -> u8 {
        let mut code = exit::DONE;
        if let Some(error) = &self.unreadable {
            code = exit::FAULT;
            context.printer.aside(format_args!("error: the installed certificate cannot be read: {error:#}"));
            let hint = hint_of(error);
            context.printer.aside(format_args!(
                "hint: {}",
                hint.unwrap_or_else(|| { "install another certificate: {labtrust setup --replace}".into() })
            ));
        }
        exit::worse(code, reports::print_damages(context, self.damages.iter()))
    }

    /// The exit code, but for the stores and what is damaged.
    pub(crate) fn code(&self) -> u8 {
        let code = |concern: &Concern| match concern.level {
            Level::Ok | Level::Notice => exit::DONE,
            _ if concern.code == health::NOT_FOLLOWED => exit::RESTART,
            Level::Warning | Level::Critical => exit::NO,
        };
        let changed = if self.is_changed() { exit::NO } else { exit::DONE };
        self.concerns.iter().map(code).fold(changed, exit::worse)
    }

    /// Whether somebody else has changed the certificate in place.
    pub(crate) fn is_changed(&self) -> bool {
        self.unreadable.is_none() && self.renewal.as_ref().is_some_and(Renewal::is_changed)
    }

    fn notes(&self) -> Vec<String> {
        let concerns = self.concerns.iter().map(|concern| concern.what.clone());
        let damages = self.damages.iter().map(ToString::to_string);
        let unreadable = self.unreadable.iter().map(|error| format!("{error:#}"));
        concerns.chain(damages).chain(unreadable).collect()
    }

    fn next(&self, missing: &[ShellLine]) -> Vec<ShellLine> {
        let concerns = self.concerns.iter().flat_map(|concern| concern.next.iter().cloned());
        let clients = self.client_line.iter().chain(self.foreign_client_line()).cloned();
        concerns.chain(missing.iter().cloned()).chain(clients).collect()
    }

    /// The command for clients of a certificate that a CA of somebody else issued.
    fn foreign_client_line(&self) -> Option<&ShellLine> {
        self.renewal.as_ref().and_then(Renewal::client_line)
    }

    /// The CA in this state folder: under sudo, the nearest CA can be the calling user's.
    fn kept(&self, state: &State<'_>) -> Option<&Ca> {
        self.own.filter(|own| own.folder.starts_with(state.folder()))
    }
}

fn last_backup<'s>(state: &'s State<'_>) -> Option<&'s LastBackup> {
    state.last_backup().ok().flatten()
}
