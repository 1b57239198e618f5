//! The server's certificate in `status`: its expiry, the last renewal and the next run.

use std::path::PathBuf;

use labtrust_machine::{World, receipt::Receipt};
use labtrust_plan::{Endpoint, Fingerprint, Host, ShellLine, shell_line, text};
use serde::{Serialize, Serializer, ser::Error as _};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{sealed::SealedReport, stores::until};
use crate::{
    certificate::{Parsed, SubjectName},
    hint::Hint,
    printer::Printer,
    server::{
        install_pair::{self, PlacedChain},
        renew::schedule::Schedule,
    },
    state::{Ca, RenewalRecord, State},
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
    /// The CA of somebody else that issued the certificate, if the server sends its root.
    ca: Option<IssuingCa>,
    /// The certificates that come after it, if its CA is sealed.
    sealed: Option<SealedReport>,
    #[serde(skip)]
    until: Option<String>,
    /// The certificate files that somebody else has changed since they were placed.
    #[serde(skip)]
    changed: Vec<PathBuf>,
    #[serde(skip)]
    is_placed: bool,
}

/// A CA that is not labtrust's, and the command by which a client trusts it.
#[derive(Debug, Serialize)]
pub(crate) struct IssuingCa {
    sha256: Fingerprint,
    #[serde(skip)]
    root: Parsed,
    /// The command for clients, if a host is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<ShellLine>,
}

impl IssuingCa {
    /// The CA of the certificates `placed`, unless `own` signed them.
    fn find(own: Option<&Ca>, receipts: &[Receipt], placed: &[PlacedChain]) -> Option<Self> {
        let foreign = placed.iter().find(|placed| !own.is_some_and(|own| own.is_ours(&placed.chain)))?;
        let root = Parsed::from_der(foreign.chain.last()?.der()).ok().filter(Parsed::is_self_signed)?;
        let sha256 = root.fingerprint();
        let server = server(&foreign.endpoints, receipts, sha256, &foreign.leaf()?.names);
        let client = server.map(|server| shell_line!("labtrust trust {} --fingerprint {}", server, sha256));
        Some(Self { sha256, root, client })
    }
}

/// The server from which a client can fetch the root `sha256`: a registry that serves its certificate, else a registry for
/// which this machine trusts the root, else the first of `names` that is a host and not a wildcard.
fn server(
    served: &[Endpoint],
    receipts: &[Receipt],
    sha256: Fingerprint,
    names: &[SubjectName],
) -> Option<String> {
    let mut trusted = receipts.iter().filter_map(|receipt| receipt.anchor.as_ref());
    let trusted = trusted.find(|anchor| anchor.sha256() == sha256);
    let host = |name: &SubjectName| name.to_string().parse::<Host>().ok().map(|host| host.in_url());
    let registry = served.last().or_else(|| trusted?.endpoints.last()).map(ToString::to_string);
    registry.or_else(|| names.iter().find_map(host))
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
    pub(crate) fn look(
        state: &State<'_>,
        own: Option<&Ca>,
        receipts: &[Receipt],
        placed: &[PlacedChain],
    ) -> Option<Self> {
        let leaf = placed.iter().filter_map(PlacedChain::leaf).min_by_key(|leaf| leaf.not_after);
        let is_placed = receipts.iter().flat_map(|receipt| &receipt.changes).any(install_pair::is_of_pair);
        let renewal = Self {
            not_after: leaf.as_ref().and_then(|leaf| leaf.not_after.format(&Rfc3339).ok()),
            // `status` reports a damaged record separately.
            last: state.renewal().ok().flatten().cloned(),
            next: Schedule::look(&World::here(), receipts),
            ca: IssuingCa::find(own, receipts, placed),
            sealed: own.and_then(|own| SealedReport::of(own, OffsetDateTime::now_utc())),
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

    /// Whether the CA of somebody else issued the certificate, and the server sends its root.
    pub(crate) fn is_foreign(&self) -> bool {
        self.ca.is_some()
    }

    /// The command by which a client trusts the CA of somebody else that issued the certificate.
    pub(crate) fn client_line(&self) -> Option<&ShellLine> {
        self.ca.as_ref().and_then(|ca| ca.client.as_ref())
    }

    /// Prints it.
    pub(crate) fn print(&self, printer: &Printer) {
        printer.heading("The server's certificate:");
        let changed = "unknown: another program or person changed it";
        printer.say(format_args!("  until      {}", self.until.as_deref().unwrap_or(changed)));
        for path in &self.changed {
            printer.say(format_args!("  changed    {}", text::path(path)));
        }
        if let Some(IssuingCa { root, sha256, .. }) = &self.ca {
            printer.say(format_args!("  issued by  {}, until {}", root.title(), until(root)));
            printer.say(format_args!("  sha256     {sha256} (of that CA)"));
        }
        if let Some(sealed) = &self.sealed {
            printer.say(format_args!("  sealed     {sealed}"));
        }
        if let Some(RenewalRecord { ran, well, outcome, .. }) = &self.last {
            let went = if *well { "" } else { "failed: " };
            printer.say(format_args!("  last run   {}: {went}{outcome}", ran.date()));
        }
        let nothing = Hint::from("none scheduled; run every day: {labtrust renew --if-expiring}");
        printer.say(format_args!("  next run   {}", self.next.next().as_deref().unwrap_or(nothing.as_str())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_sent_to_a_host_and_never_to_a_wildcard() {
        let sha256 = Fingerprint::of(b"a root");
        for (served, names, expected) in [
            (vec!["git.example.com:4567"], vec!["*.example.com"], Some("git.example.com:4567")),
            (vec![], vec!["*.example.com", "git.example.com"], Some("git.example.com")),
            (vec![], vec!["2001:db8::1"], Some("[2001:db8::1]")),
            (vec![], vec!["*.example.com"], None),
        ] {
            let served: Vec<Endpoint> = served.iter().map(|one| one.parse().expect("an endpoint")).collect();
            let parsed: Vec<SubjectName> = names.iter().map(|one| one.parse().expect("a name")).collect();
            assert_eq!(server(&served, &[], sha256, &parsed).as_deref(), expected, "{names:?}");
        }
    }
}
