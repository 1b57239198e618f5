//! `SOURCE` on the command line: a file, a server's handshake, or the CA of this machine; and the checks before it is
//! trusted.

mod argument;
mod known;
mod refused;
mod successor;

use std::time::Duration;

use anyhow::{Context as _, Result};
use labtrust_machine::handshake;
use labtrust_plan::{Anchor, Certificate, Endpoint, Fingerprint, Host, Prose, Target, text};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use self::argument::file_hint;
use super::{
    endpoints::{each_once, endpoints_of},
    reader::Reader,
};
use crate::{
    certificate::{SubjectName, name, parsed::Parsed, verify::verify_served},
    exit::misuse,
    hint::{Hint, fail, hint},
    state::State,
};

pub(crate) use self::{
    argument::{Source, absolute},
    known::known_anchor,
    successor::AnnouncedNext,
};

/// The time limit for a server's handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// An anchor that may be trusted.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub anchor: Anchor,
    pub certificate: Parsed,
    /// The certificate's title and its source, in a line.
    pub title: String,
    /// Assumptions, a line each.
    pub notes: Vec<String>,
    /// The next CA.
    pub announced: AnnouncedNext,
    /// Why a person must compare the fingerprint, if needed.
    pub needs_fingerprint: Option<String>,
}

impl Candidate {
    /// The error and the hint if the fingerprint is needed; none otherwise.
    pub(crate) fn missing_fingerprint(&self) -> Option<(String, Hint)> {
        let why = self.needs_fingerprint.as_ref()?;
        let what = format!("{} is not trusted without its fingerprint: {why}", self.title);
        let sha256 = self.anchor.sha256();
        let hint = hint!(
            "compare the fingerprint with the one that setup printed on the server, then add: --fingerprint {}",
            sha256
        );
        Some((what, hint))
    }
}

impl Source {
    /// All certificates of the source. `typed` is its text on the command line.
    pub(crate) fn certificates(&self, reader: &Reader<'_>, typed: &str) -> Result<Vec<Parsed>> {
        match self {
            Self::File(path) => reader.certificates(path),
            Self::Input => reader.standard_input(),
            Self::Server(target) => {
                let sent = fetch(&target.or_port(443), typed)?;
                sent.iter().map(|der| Parsed::from_der(der)).collect()
            }
        }
    }
}

/// The certificates that the server at `endpoint` presents. `typed` is its text on the command line.
fn fetch(endpoint: &Endpoint, typed: &str) -> Result<Vec<CertificateDer<'static>>> {
    let chain = handshake::fetch(endpoint, HANDSHAKE).with_context(|| crate::hint::Advice {
        what: "cannot read the server's certificate".into(),
        hint: file_hint(typed).unwrap_or_else(|| {
            "check the name, the port and the network, or pass a certificate file: ./NAME".into()
        }),
    })?;
    Ok(chain.iter().map(|certificate| CertificateDer::from(certificate.der().to_vec())).collect())
}

/// The options of `trust`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked<'a> {
    /// `SOURCE`.
    pub source: Option<&'a str>,
    /// `--fingerprint`.
    pub fingerprint: Option<Fingerprint>,
    /// `--next`.
    pub next: Option<Fingerprint>,
    /// Each `--for`.
    pub endpoints: &'a [Target],
    /// `--expired`: also trust a certificate that has expired or is not valid yet.
    pub expired: bool,
    /// `--refused`: also trust a CA whose certificates clients reject.
    pub refused: bool,
}

/// The anchor that `arguments` name.
pub(crate) fn anchor(reader: &Reader<'_>, state: &State<'_>, arguments: &Asked<'_>) -> Result<Candidate> {
    let typed = arguments.source.unwrap_or_default();
    let mut candidate = match arguments.source.map(Source::parse).transpose()? {
        None => own(state, arguments.fingerprint)?,
        Some(Source::Server(target)) => from_server(&target, typed, arguments)?,
        Some(_) if arguments.next.is_some() => {
            return Err(misuse(
                "--next works only with a server as the source",
                "trust each file separately",
            ));
        }
        Some(source) => from_file(reader, &source, typed, arguments)?,
    };
    let named = each_once(arguments.endpoints);
    if let Some(outside) = named.iter().find(|endpoint| !can_be_for(&candidate.certificate, &endpoint.host)) {
        return Err(outside_limits(&candidate.certificate, outside));
    }
    if !named.is_empty() {
        candidate.anchor.endpoints = named;
        candidate.notes.clear();
    } else if candidate.anchor.endpoints.is_empty() {
        candidate.anchor.endpoints = usual_endpoints(&candidate.certificate);
        if !candidate.anchor.endpoints.is_empty() {
            candidate.notes.push(assumed(&candidate.anchor.endpoints));
        }
    }
    refuse_outdated(&candidate.certificate, arguments.expired)?;
    candidate.announced.check(&candidate.anchor.endpoints, arguments.refused);
    Ok(candidate)
}

fn own(state: &State<'_>, fingerprint: Option<Fingerprint>) -> Result<Candidate> {
    let own = state.nearest_ca()?.ok_or_else(|| {
        fail(
            "labtrust has no CA on this machine, and you did not name one",
            "on a client, run the command that setup printed on the server: labtrust trust HOST:4567 --fingerprint SHA256",
        )
    })?;
    matches_fingerprint(&own.root, fingerprint, "the CA on this machine")?;
    // Under sudo it may be a user's CA, and that user's programs can change it.
    let is_users = fingerprint.is_none() && !own.folder.starts_with(state.folder());
    let needs_fingerprint = own.root.broad_scope(&[]).filter(|_| is_users);
    let title = format!("{} (made on this machine)", own.root.title());
    let announced =
        AnnouncedNext { root: own.next()?.map(|next| next.root.clone()), ..AnnouncedNext::default() };
    Ok(Candidate {
        anchor: own.anchor(),
        certificate: own.root.clone(),
        title,
        notes: Vec::new(),
        announced,
        needs_fingerprint,
    })
}

fn from_file(reader: &Reader<'_>, source: &Source, typed: &str, arguments: &Asked<'_>) -> Result<Candidate> {
    let fingerprint = arguments.fingerprint;
    let certificates = source.certificates(reader, typed)?;
    let certificate = choose(&certificates, fingerprint, &source.title())?.clone();
    refused::check(&[], &certificate, arguments.refused)?;
    // The user may not have read the file: a CA that can sign other people's names needs a question.
    let asked: Vec<_> = arguments.endpoints.iter().map(|target| target.host.clone()).collect();
    let needs_fingerprint = certificate.broad_scope(&asked).filter(|_| fingerprint.is_none());
    Ok(Candidate {
        anchor: Anchor::new(Certificate::from(&certificate), Vec::new()),
        title: format!("{} (from {})", certificate.title(), source.title()),
        certificate,
        notes: Vec::new(),
        announced: AnnouncedNext::default(),
        needs_fingerprint,
    })
}

fn from_server(target: &Target, typed: &str, arguments: &Asked<'_>) -> Result<Candidate> {
    let fingerprint = arguments.fingerprint;
    let endpoint = target.or_port(443);
    let sent = fetch(&endpoint, typed)?;
    let served = verify_served(&sent, fingerprint, &endpoint, OffsetDateTime::now_utc())?;
    refused::check(&served.chain, &served.root, arguments.refused)?;
    let announced = AnnouncedNext::find(&sent, &served, arguments.next, &endpoint)?;
    let mut notes = Vec::new();
    let endpoints = endpoints_of(target);
    if target.port.is_none() {
        notes.push(assumed(&endpoints));
    }
    let needs_fingerprint = fingerprint
        .is_none()
        .then(|| format!("{endpoint} itself sent it, so labtrust cannot tell whether it is genuine"));
    let mut anchor = Anchor::new(Certificate::from(&served.root), endpoints);
    anchor.names = served.leaf.host_names();
    Ok(Candidate {
        anchor,
        title: format!("{} (from {endpoint})", served.root.title()),
        certificate: served.root,
        notes,
        announced,
        needs_fingerprint,
    })
}

/// The one certificate of a file that can be an anchor.
fn choose<'a>(
    certificates: &'a [Parsed],
    fingerprint: Option<Fingerprint>,
    from: &str,
) -> Result<&'a Parsed> {
    let mut anchors: Vec<&Parsed> =
        certificates.iter().filter(|certificate| certificate.is_self_signed()).collect();
    anchors.dedup_by_key(|certificate| certificate.fingerprint());
    if let Some(fingerprint) = fingerprint {
        return match certificates.iter().find(|certificate| certificate.fingerprint() == fingerprint) {
            Some(certificate) if certificate.is_self_signed() => Ok(certificate),
            Some(certificate) => Err(no_root(certificate, from)),
            None => Err(fail(
                format!("{from} contains no certificate with the fingerprint {fingerprint}"),
                listing("use one of its certificates:", certificates),
            )),
        };
    }
    match anchors.as_slice() {
        [anchor] => Ok(anchor),
        [] => Err(no_root(&certificates[0], from)),
        several => Err(fail(
            format!("{from} contains {} root certificates, and you did not choose one", several.len()),
            listing("choose one with --fingerprint:", several.iter().copied()),
        )),
    }
}

fn listing<'a>(hint: &'static str, certificates: impl IntoIterator<Item = &'a Parsed>) -> Hint {
    let line = |root: &Parsed| hint!("{} ({})", root.fingerprint(), Prose(root.title()));
    let mut certificates = certificates.into_iter();
    let hint = Hint::from(hint).lines(certificates.by_ref().take(10).map(line));
    match certificates.count() {
        0 => hint,
        more => hint.line(hint!("and {} more", more)),
    }
}

fn no_root(certificate: &Parsed, from: &str) -> anyhow::Error {
    if certificate.subject_der == certificate.issuer_der {
        let kind = certificate.public_key().kind();
        return fail(
            format!(
                "{from} contains {}, which looks self-signed, but its signature does not match its key ({kind})",
                certificate.title()
            ),
            "use another certificate: this one is damaged, or its key is one that clients reject (RSA needs 2048 to 8192 bits)",
        );
    }
    fail(
        format!(
            "{from} contains {}, which is not a root: {} signed it",
            certificate.title(),
            certificate.issuer
        ),
        "trust the root that signed it; on the server, `labtrust export -o ca.crt` writes it to a file",
    )
}

fn matches_fingerprint(root: &Parsed, fingerprint: Option<Fingerprint>, from: &str) -> Result<()> {
    match fingerprint {
        Some(fingerprint) if fingerprint != root.fingerprint() => Err(fail(
            format!("{from} has the fingerprint {}, not {fingerprint}", root.fingerprint()),
            "ask the person who gave you the fingerprint to check it",
        )),
        _ => Ok(()),
    }
}

/// Whether `certificate` can sign for `host`; if it is not a CA, whether it is for `host` itself.
fn can_be_for(certificate: &Parsed, host: &Host) -> bool {
    if !certificate.can_sign() {
        return certificate.covers(host);
    }
    certificate.permitted.permits(&SubjectName::from(host.clone()))
}

fn outside_limits(certificate: &Parsed, endpoint: &Endpoint) -> anyhow::Error {
    let title = certificate.title();
    if !certificate.can_sign() {
        let names = name::list(&certificate.names);
        return misuse(
            format!("--for {endpoint}: {title} is for {names} and for no other host"),
            "use one of those hosts with --for, or trust the certificate of that host",
        );
    }
    misuse(
        format!(
            "--for {endpoint}: {title} can never sign for {}; it can sign {}",
            endpoint.host,
            can_sign(certificate)
        ),
        "use a host that it can sign with --for, or trust the CA that signs for that host",
    )
}

/// The endpoints that the CA can sign for: the default for container tools, which trust a CA per endpoint.
fn usual_endpoints(certificate: &Parsed) -> Vec<Endpoint> {
    let mut hosts = certificate.permitted.hosts();
    if hosts.is_empty() && !certificate.is_ca() {
        hosts = certificate.names.iter().filter_map(|name| name.to_string().parse().ok()).collect();
    }
    hosts.retain(|host| can_be_for(certificate, host));
    hosts.into_iter().flat_map(|host| endpoints_of(&Target { host, port: None })).collect()
}

fn assumed(endpoints: &[Endpoint]) -> String {
    let list: Vec<_> = endpoints.iter().map(ToString::to_string).collect();
    format!("for {} (assumed; for others, pass --for HOST:PORT)", list.join(", "))
}

fn refuse_outdated(certificate: &Parsed, expired_too: bool) -> Result<()> {
    let now = OffsetDateTime::now_utc();
    if now < certificate.not_before && !expired_too {
        return Err(fail(
            format!("{} is valid only from {}", certificate.title(), certificate.not_before.date()),
            "check this machine's clock (date), or trust it anyway with --expired",
        ));
    }
    if certificate.not_after < now && !expired_too {
        return Err(fail(
            format!("{} expired on {}", certificate.title(), certificate.not_after.date()),
            "get the current certificate, or trust this one anyway with --expired",
        ));
    }
    Ok(())
}

/// The names that a certificate can sign, in words.
pub(crate) fn can_sign(certificate: &Parsed) -> String {
    if certificate.can_sign() {
        text::in_line(&certificate.permitted.to_string()).into_owned()
    } else {
        "nothing: it is not a CA".into()
    }
}
