//! A certificate as plain data: its fields, its names, and the clients that would refuse it.

use labtrust_plan::Fingerprint;
use serde::Serialize;
use time::{OffsetDateTime, serde::rfc3339};

use super::{
    general_name::NameKind,
    judge::{Client, KnownFrom, Refusal, judge, lone_leaf, undecided},
    name::SubjectName,
    parsed::Parsed,
    permitted::Permitted,
};

/// One certificate.
#[derive(Clone, Debug, Serialize)]
pub struct Description {
    /// The subject as text.
    pub subject: String,
    /// The issuer as text.
    pub issuer: String,
    /// Its DNS names and addresses.
    pub names: Vec<SubjectName>,
    /// Its subject alternative names of other kinds, such as `URI:spiffe://example.com/web`.
    pub other_names: Vec<String>,
    /// The kind of its key, such as `EC P-256` or `RSA 2048`.
    pub key: String,
    /// Its validity.
    pub validity: Validity,
    /// Key usages and extended key usages; empty if neither is limited.
    pub usages: Vec<String>,
    /// The names that it can sign, if they are limited.
    pub constraints: Option<Constraints>,
    /// The SHA-256 of its DER.
    pub sha256: Fingerprint,
    /// Whether it is a CA certificate.
    pub is_ca: bool,
    /// Whether it is self-signed.
    pub self_signed: bool,
}

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Validity {
    /// The first moment.
    #[serde(with = "rfc3339")]
    pub not_before: OffsetDateTime,
    /// The last moment.
    #[serde(with = "rfc3339")]
    pub not_after: OffsetDateTime,
    /// The days that are left, rounded down; negative after it has expired.
    pub days: i64,
}

/// The names that a CA can sign.
#[derive(Clone, Debug, Serialize)]
pub struct Constraints {
    /// As a sentence.
    pub text: String,
    /// As data.
    #[serde(flatten)]
    pub permitted: Permitted,
    /// Constraints on names of other kinds, such as `email:example.com`.
    pub other_permitted: Vec<String>,
    /// Excluded names of other kinds.
    pub other_excluded: Vec<String>,
}

/// A certificate, the certificates that came with it, and the clients that would refuse it.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// The first certificate.
    #[serde(flatten)]
    pub certificate: Description,
    /// The others, in their order.
    pub chain: Vec<Description>,
    /// The CA that signed the first certificate, if its certificate did not come with it. A client that does not already
    /// trust this CA refuses the first certificate.
    pub not_sent: Option<String>,
    /// The reason why the search for a chain to a root was stopped, if it was.
    pub undecided: Option<String>,
    /// The clients that would refuse the first certificate.
    pub refused_by: Vec<RefusedBy>,
    /// The same by reason.
    #[serde(skip)]
    pub refusals: Vec<Refusal>,
}

/// A client that refuses, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedBy {
    /// The client's name, with its versions if not all of them refuse.
    pub client: String,
    /// The reason, as a clause without a full stop.
    pub why: String,
    /// Its id.
    pub id: Client,
    /// The evidence: measured, or from documentation, with its source.
    #[serde(flatten)]
    pub known_from: KnownFrom,
}

impl RefusedBy {
    /// One row for each client.
    pub fn of(refusal: &Refusal) -> impl Iterator<Item = Self> {
        refusal.by.iter().map(|by| Self {
            client: by.to_string(),
            why: refusal.why.clone(),
            id: by.client,
            known_from: by.known_from,
        })
    }
}

impl Description {
    /// Describes a certificate as of `now`.
    pub fn of(certificate: &Parsed, now: OffsetDateTime) -> Self {
        let usages = certificate.key_usage.iter().flatten().map(|usage| (*usage).to_owned());
        let extended = certificate.extended_key_usage.iter().flatten().cloned();
        let permitted = &certificate.permitted;
        Self {
            subject: certificate.subject.clone(),
            issuer: certificate.issuer.clone(),
            names: certificate.names.clone(),
            other_names: certificate.other_names.clone(),
            key: certificate.public_key().kind().to_string(),
            validity: Validity {
                not_before: certificate.not_before,
                not_after: certificate.not_after,
                days: certificate.days_left(now),
            },
            usages: usages.chain(extended).collect(),
            constraints: (!certificate.subtrees.is_empty() || !permitted.is_everything()).then(|| {
                Constraints {
                    text: permitted.to_string(),
                    permitted: permitted.clone(),
                    other_permitted: other_constraints(certificate, false),
                    other_excluded: other_constraints(certificate, true),
                }
            }),
            sha256: certificate.fingerprint(),
            is_ca: certificate.is_ca(),
            self_signed: certificate.is_self_signed(),
        }
    }
}

/// The constraints on names that are neither DNS names nor addresses.
fn other_constraints(certificate: &Parsed, excluded: bool) -> Vec<String> {
    let trees = certificate.subtrees.iter().filter(|tree| tree.excluded == excluded);
    let others = trees.filter(|tree| !matches!(tree.base.kind, NameKind::Dns | NameKind::Ip));
    others.map(|tree| tree.base.to_string()).collect()
}

impl Inspection {
    /// Inspects the first certificate, as a server sends it with the others; `None` if there is none.
    pub fn of(certificates: &[Parsed], now: OffsetDateTime) -> Option<Self> {
        let (first, others) = certificates.split_first()?;
        let refusals = judge(certificates, None, now);
        Some(Self {
            certificate: Description::of(first, now),
            chain: others.iter().map(|one| Description::of(one, now)).collect(),
            not_sent: lone_leaf(certificates).map(|leaf| leaf.issuer.clone()),
            undecided: undecided(certificates, now),
            refused_by: refusals.iter().flat_map(RefusedBy::of).collect(),
            refusals,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;
    use crate::certificate::{Authority, KeyType, Scope};

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn the_json_is_as_documented() {
        let names = vec!["gitlab.example.com".parse().expect("a name")];
        let scope = Scope { names, permit: Vec::new(), constrained: true };
        let ca = Authority::make(&scope, KeyType::P256, NOW).expect("a CA");
        let inspection =
            Inspection::of(&[ca.issuer().clone(), ca.root().clone()], NOW).expect("an inspection");
        let json = serde_json::to_value(&inspection).expect("JSON");
        for (pointer, expected) in [
            ("/subject", json!(ca.issuer().subject)),
            ("/issuer", json!(ca.root().subject)),
            ("/names", json!([])),
            ("/key", json!("EC P-256")),
            ("/validity/not_before", json!("2026-02-28T12:00:00Z")),
            ("/validity/not_after", json!("2036-02-27T12:00:00Z")),
            ("/validity/days", json!(3650)),
            ("/usages", json!(["keyCertSign", "cRLSign", "serverAuth"])),
            (
                "/constraints/text",
                json!("gitlab.example.com and its subdomains; never an IP address or another name"),
            ),
            ("/constraints/dns", json!(["gitlab.example.com"])),
            ("/constraints/excluded_ip", json!(["0.0.0.0/0", "::/0"])),
            ("/sha256", json!(ca.issuer().fingerprint())),
            ("/is_ca", json!(true)),
            ("/self_signed", json!(false)),
            ("/chain/0/self_signed", json!(true)),
            ("/refused_by/0/client", json!("Apple (before macOS 10.13)")),
        ] {
            assert_eq!(json.pointer(pointer), Some(&expected), "{pointer}");
        }
        let (root, second) = (ca.root(), time::Duration::SECOND);
        for (now, days, standing) in [
            (root.not_before - second, 3651, "not valid until 2026-02-28"),
            (root.not_before, 3651, "3651 days left"),
            (root.not_after, 0, "0 days left"),
            (root.not_after + second, -1, "expired"),
        ] {
            assert_eq!(Description::of(root, now).validity.days, days, "{standing}");
            assert_eq!(root.validity_status(now), standing);
        }
        assert!(Inspection::of(&[], NOW).is_none());
    }
}
