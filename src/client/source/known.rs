//! Finds the CA for `untrust`: by its fingerprint, its file, or a host that it is trusted for.

use anyhow::Result;
use labtrust_plan::{Anchor, Certificate, Fingerprint, InvalidFingerprint, Prose, text};

use super::{
    Source,
    argument::{file_hint, is_file},
    choose, usual_endpoints,
};
use crate::{
    certificate::Parsed,
    client::reader::Reader,
    exit::misuse,
    hint::{Hint, fail, hint},
    state::State,
};

/// The anchor that `what` names, among `known` or from a file.
pub(crate) fn known_anchor(
    reader: &Reader<'_>,
    state: &State<'_>,
    what: &str,
    known: &[Anchor],
) -> Result<Option<Anchor>> {
    let no_such = || {
        let list: Vec<_> = known.iter().map(|anchor| anchor.sha256().to_string()).collect();
        let list = if list.is_empty() { "none".to_owned() } else { list.join(", ") };
        fail(
            format!("labtrust installed no CA here that matches {}", text::in_line(what)),
            file_hint(what)
                .unwrap_or_else(|| hint!("use a known CA ({}), or a certificate file: ./NAME", Prose(list))),
        )
    };
    if Fingerprint::looks_like(what) && !is_file(what) {
        let fingerprint: Fingerprint =
            what.parse().map_err(|error: InvalidFingerprint| misuse(error.to_string(), error.hint()))?;
        let is_meant = |anchor: &Anchor| anchor.sha256() == fingerprint;
        if let Some(known) = known.iter().find(|anchor| is_meant(anchor)) {
            return Ok(Some(known.clone()));
        }
        let own = state.nearest_ca()?.map(crate::state::ca::Ca::anchor);
        return own.filter(is_meant).ok_or_else(no_such).map(Some);
    }
    match Source::parse(what)? {
        source @ (Source::File(_) | Source::Input) => {
            let certificates = source.certificates(reader, what)?;
            let is_known = |certificate: &&Parsed| {
                known.iter().any(|anchor| anchor.sha256() == certificate.fingerprint())
            };
            let certificate = match certificates.iter().find(is_known) {
                Some(certificate) => certificate,
                None => choose(&certificates, None, &source.title())?,
            };
            let fingerprint = certificate.fingerprint();
            let known = known.iter().find(|anchor| anchor.sha256() == fingerprint).cloned();
            Ok(Some(known.unwrap_or_else(|| {
                Anchor::new(Certificate::from(certificate), usual_endpoints(certificate))
            })))
        }
        Source::Server(target) => {
            let is_for = |anchor: &&Anchor| {
                anchor.endpoints.iter().any(|endpoint| {
                    endpoint.host == target.host && target.port.is_none_or(|port| port == endpoint.port)
                })
            };
            match known.iter().filter(is_for).collect::<Vec<_>>().as_slice() {
                [anchor] => Ok(Some((*anchor).clone())),
                // A file of that name in the current folder may be meant.
                [] if file_hint(what).is_some() => Err(no_such()),
                [] => Ok(None),
                several => Err(fail(
                    format!("several CAs are trusted for {target}"),
                    Hint::from("choose one by its fingerprint:")
                        .lines(several.iter().map(|anchor| row(anchor))),
                )),
            }
        }
    }
}

/// A line of a list to choose from.
fn row(anchor: &Anchor) -> Hint {
    let Ok(certificate) = Parsed::from_der(anchor.certificate.der()) else {
        return hint!("{}", anchor.sha256());
    };
    let (from, until) = (certificate.not_before.date(), certificate.not_after.date());
    let title = format!("{}, valid from {from} to {until}", certificate.title());
    hint!("{} ({})", anchor.sha256(), Prose(title))
}
