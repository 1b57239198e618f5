//! The chains that Docker receives: from the registry, the token service, and GitLab's web server.

use labtrust_machine::reach::Reached;
use labtrust_plan::{Certificate, Endpoint};
use time::OffsetDateTime;

use crate::{
    certificate::{About, Client, Parsed, Refusal, judge, path},
    doctor::{
        Case,
        case::WEB,
        check::trust::{of_system, parsed},
        evidence::CertsDSeen,
    },
};

/// The chain of an endpoint.
pub(super) struct Subject {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The certificates as the server sent them, leaf first; never empty.
    pub sent: Vec<Parsed>,
    /// The certificates that can be above the leaf: those that the server sent, and those that are trusted here.
    pool: Vec<Parsed>,
    /// The time to judge for.
    pub now: OffsetDateTime,
    /// Whether a daemon accepts the chain.
    pub is_accepted: bool,
}

impl Subject {
    /// The server's certificate.
    pub(super) fn leaf(&self) -> &Parsed {
        &self.sent[0]
    }

    /// The certificates after the leaf.
    pub(super) fn rest(&self) -> &[Parsed] {
        &self.sent[1..]
    }

    /// The path: the leaf and the known certificates above it.
    pub(super) fn way(&self) -> Vec<&Parsed> {
        let mut way = self.search().certificates;
        way.insert(0, self.leaf());
        way
    }

    /// The search for the path above the leaf.
    pub(super) fn search(&self) -> path::Way<'_> {
        path::search_above(self.leaf(), &self.pool)
    }

    /// The refusals of clients that trust the anchor known here.
    pub(super) fn refusals(&self) -> Vec<Refusal> {
        let way = self.way();
        let is_sent = |certificate: &Parsed| self.sent.iter().any(|sent| sent.der() == certificate.der());
        let trusted = way
            .iter()
            .find(|certificate| !is_sent(certificate))
            .or(way.last().filter(|top| top.is_self_signed()));
        let mut refusals = judge(&self.sent, trusted.copied(), self.now);
        // Without an anchor, `judge` treats a certificate without names as a CA to inspect; here, a server presents
        // it.
        if trusted.is_none() && self.leaf().is_ca() && self.leaf().names.is_empty() {
            refusals.push(Refusal {
                by: Client::all().map(Client::any).collect(),
                why: "it is a CA certificate, not a server certificate".to_owned(),
                about: About::Authority,
            });
        }
        refusals
    }

    /// Whether a CA that is trusted here has the name of the issuer of `certificate`, with any key.
    pub(super) fn knows_issuer(&self, certificate: &Parsed) -> bool {
        self.pool.iter().any(|ca| certificate.names_issuer(ca))
    }

    /// The chain `sent`, never empty, of another address of the same endpoint. No daemon was asked about it.
    pub(super) fn presenting(&self, sent: Vec<Parsed>) -> Self {
        let trusted = &self.pool[self.rest().len()..];
        let pool = pool(&sent, trusted);
        Self { endpoint: self.endpoint.clone(), sent, pool, now: self.now, is_accepted: false }
    }

    /// Whether the certificate that `other` presents is as good for every client: both lead to one root, or the CAs of
    /// the `system` are above both.
    pub(super) fn is_as_trusted_as(&self, other: &Self, system: &[Parsed]) -> bool {
        let is_system = |subject: &Self| {
            subject.way()[1..].iter().any(|above| system.iter().any(|root| root.der() == above.der()))
        };
        let root = |subject: &Self| subject.way()[1..].last().map(|top| top.der().to_vec());
        root(self).is_some_and(|top| root(other) == Some(top)) || is_system(self) && is_system(other)
    }

    /// The description of `certificate` in a sentence.
    pub(super) fn role(&self, certificate: &Parsed) -> String {
        if certificate.der() == self.leaf().der() {
            format!("the certificate of {}", self.endpoint)
        } else {
            format!("{}, a CA above the certificate of {},", certificate.title(), self.endpoint)
        }
    }
}

/// All chains, the registry's first. The same chain at several endpoints counts once.
///
/// # Errors A leaf that cannot be parsed, as a sentence.
pub(super) fn all(case: &Case<'_>) -> Result<Vec<Subject>, String> {
    let realm = case.evidence.realm.as_ref().and_then(|realm| realm.endpoint.clone());
    let web = case.evidence.port.is_none().then(|| Endpoint::new(case.host().clone(), WEB));
    let trusted = trusted(case);
    let mut subjects: Vec<Subject> = Vec::new();
    for endpoint in [Some(case.endpoint()), realm, web].into_iter().flatten() {
        let Some(chain) = case.reached(&endpoint).and_then(Reached::chain) else { continue };
        let sent = parsed_chain(chain, &endpoint)?;
        let is_same = |known: &Subject| {
            known.endpoint.host == endpoint.host
                && known.sent.iter().map(Parsed::der).eq(sent.iter().map(Parsed::der))
        };
        if sent.is_empty() || subjects.iter().any(is_same) {
            continue;
        }
        let is_accepted = endpoint == case.endpoint() && case.is_accepted();
        let pool = pool(&sent, &trusted);
        subjects.push(Subject { endpoint, sent, pool, now: case.evidence.at, is_accepted });
    }
    Ok(subjects)
}

/// The certificates that can be above the leaf of `sent`: those that the server sent, and those that are `trusted` here.
fn pool(sent: &[Parsed], trusted: &[Parsed]) -> Vec<Parsed> {
    [&sent[1..], trusted].concat()
}

/// Parses `chain`. A certificate above the leaf that cannot be parsed is left out.
fn parsed_chain(chain: &[Certificate], endpoint: &Endpoint) -> Result<Vec<Parsed>, String> {
    let Some((leaf, rest)) = chain.split_first() else { return Ok(Vec::new()) };
    let leaf = Parsed::from_der(leaf.der()).map_err(|error| format!("{endpoint}: {error}"))?;
    let rest = rest.iter().filter_map(|above| Parsed::from_der(above.der()).ok());
    Ok(std::iter::once(leaf).chain(rest).collect())
}

/// The CAs that any store here trusts and that a chain may lead to.
fn trusted(case: &Case<'_>) -> Vec<Parsed> {
    let trust = &case.evidence.trust;
    let laid = trust.certs_d.iter().flat_map(CertsDSeen::files).flat_map(|file| &file.certificates);
    let mut trusted = of_system(trust.system.as_ref());
    trusted.extend(parsed(laid.chain(&trust.known)));
    trusted
}
