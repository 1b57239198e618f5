//! The next CA that a server announces. It is trusted together with the CA in use, or a note says why not.

use anyhow::Result;
use labtrust_plan::{Anchor, Certificate, Endpoint, Fingerprint};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::{can_be_for, can_sign, refused};
use crate::{
    certificate::{
        Parsed, Served,
        name::list,
        successor::{Succession, Successor, successors},
    },
    exit,
    hint::fail,
};

/// The next CA that a server announces.
#[derive(Debug, Default)]
pub(crate) struct AnnouncedNext {
    /// The root of the next CA.
    pub root: Option<Parsed>,
    /// The announced CAs that are not trusted, and why, a sentence each.
    pub notes: Vec<String>,
    /// The exit code of the notes.
    pub code: u8,
}

impl AnnouncedNext {
    /// Finds the next CA in `sent`, the certificates of a server whose chain is `served`. `named` is the fingerprint of
    /// a CA that must be among them.
    pub(crate) fn find(
        sent: &[CertificateDer<'_>],
        served: &Served,
        named: Option<Fingerprint>,
        endpoint: &Endpoint,
    ) -> Result<Self> {
        let all = successors(sent, served, named, OffsetDateTime::now_utc());
        let is_named =
            |successor: &Successor| named.is_some_and(|named| named == successor.root.fingerprint());
        if let Some(named) = named
            && !all.iter().any(|successor| is_named(successor) && successor.succession == Succession::Follows)
        {
            let why = all.iter().find(|successor| is_named(successor)).map(why).unwrap_or_default();
            return Err(fail(
                format!("{endpoint} announces no CA with the fingerprint {named}{why}"),
                "see the next CA with `labtrust rotate` on the server, or leave out --next to trust only the current CA",
            ));
        }
        let mut announced = Self::default();
        for successor in all {
            match successor.succession {
                Succession::Follows if announced.root.is_none() || is_named(&successor) => {
                    announced.root = Some(successor.root);
                }
                // There is only one next CA. A second one is suspicious.
                Succession::Follows => {
                    announced.note(&successor, "the server announces more than one next CA", endpoint);
                }
                Succession::Wider => {
                    let what =
                        format!("it is less limited than the current CA: {}", successor.wider.join("; "));
                    announced.note(&successor, &what, endpoint);
                    announced.code = exit::NO;
                    announced.notes.push(confirm(&successor.root));
                }
                Succession::Unnamed => {
                    let what = "the current CA is sealed, so it cannot vouch for the next one";
                    announced.note(&successor, what, endpoint);
                    announced.code = exit::NO;
                    announced.notes.push(ask(&successor.root));
                }
                Succession::Unvouched => {
                    announced.note(&successor, "the current CA did not sign it", endpoint);
                }
                Succession::Outdated => {
                    announced.note(
                        &successor,
                        "it, or the current CA's signature on it, is not valid now",
                        endpoint,
                    );
                    announced.code = exit::NO;
                }
            }
        }
        Ok(announced)
    }

    fn note(&mut self, successor: &Successor, why: &str, endpoint: &Endpoint) {
        let root = &successor.root;
        self.notes.push(format!(
            "{endpoint} also sends {} (sha256 {}), not trusted: {why}",
            root.title(),
            root.fingerprint()
        ));
    }

    /// The anchor of the next CA, for those of `endpoints` that it can sign for.
    pub(crate) fn anchor(&self, endpoints: &[Endpoint]) -> Option<Anchor> {
        let root = self.root.as_ref()?;
        let can_be = |endpoint: &&Endpoint| can_be_for(root, &endpoint.host);
        let endpoints = endpoints.iter().filter(can_be).cloned().collect();
        Some(Anchor::new(Certificate::from(root), endpoints))
    }

    /// Drops the next CA if it is of no use: clients reject it and the user has not `insisted`, or it can sign for none of
    /// `endpoints`. Notes the endpoints that it cannot sign for.
    pub(crate) fn check(&mut self, endpoints: &[Endpoint], insisted: bool) {
        let Some(root) = &self.root else { return };
        let outside: Vec<_> = endpoints.iter().filter(|endpoint| !can_be_for(root, &endpoint.host)).collect();
        let is_useless = !endpoints.is_empty() && outside.len() == endpoints.len();
        let refused = refused::check(&[], root, insisted).err();
        let title = root.title();
        let mut notes = Vec::new();
        if !outside.is_empty() {
            let left_out = if is_useless { "; it was not trusted" } else { "" };
            let outside = list(&outside);
            notes.push(format!("the next CA, {title}, can never sign for {outside}{left_out}"));
        }
        notes.extend(refused.iter().map(|error| format!("the next CA, {title}: {error}")));
        if !notes.is_empty() {
            self.code = exit::NO;
        }
        self.notes.extend(notes);
        if is_useless || refused.is_some() {
            self.root = None;
        }
    }
}

/// The way to trust `root` after a person has confirmed it.
fn confirm(root: &Parsed) -> String {
    format!(
        "it can sign {}; if the server's administrator confirms that, add: --next {}",
        can_sign(root),
        root.fingerprint()
    )
}

/// The same where nothing but the fingerprint proves `root`: the server that sends it may be a thief's.
fn ask(root: &Parsed) -> String {
    format!(
        "it can sign {}; get its fingerprint from the server's administrator, who sees it there with \
         `labtrust rotate`, and add: --next FINGERPRINT",
        can_sign(root)
    )
}

fn why(successor: &Successor) -> String {
    match successor.succession {
        Succession::Outdated => ": it, or the current CA's signature on it, is not valid now".into(),
        _ => ": the server sends it, but the current CA did not sign it".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{Authority, KeyType, Scope};

    fn endpoints(all: &[&str]) -> Vec<Endpoint> {
        all.iter().map(|one| one.parse().expect(one)).collect()
    }

    fn announced(root: Parsed) -> AnnouncedNext {
        AnnouncedNext { root: Some(root), ..AnnouncedNext::default() }
    }

    #[test]
    fn a_ca_that_can_sign_for_none_of_the_endpoints_is_left_out() {
        let names = vec!["gitlab.example.com".parse().expect("a name")];
        let scope = Scope { names, permit: Vec::new(), constrained: true };
        let ca = Authority::make(&scope, KeyType::P256, OffsetDateTime::now_utc()).expect("a CA");
        for (all, is_kept, says) in [
            (&["gitlab.example.com:443"][..], true, None),
            (&[], true, None),
            (
                &["gitlab.example.com:443", "other.example:443"],
                true,
                Some("can never sign for other.example:443"),
            ),
            (&["other.example:443", "192.0.2.10:443"], false, Some("192.0.2.10:443; it was not trusted")),
        ] {
            let mut announced = announced(ca.root().clone());
            announced.check(&endpoints(all), false);
            assert_eq!(announced.anchor(&endpoints(all)).is_some(), is_kept, "{all:?}");
            assert_eq!(announced.code == exit::NO, says.is_some(), "{all:?}");
            assert_eq!(announced.notes.len(), usize::from(says.is_some()), "{all:?}");
            assert!(announced.notes.join("").contains(says.unwrap_or_default()), "{:?}", announced.notes);
        }
    }

    #[test]
    fn a_ca_that_clients_refuse_is_left_out() {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        let mut unknown =
            rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], vec![5, 0]);
        unknown.set_criticality(true);
        params.custom_extensions.push(unknown);
        let key = rcgen::KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a root");
        let root = Parsed::from_der(root.der()).expect("a root");
        for insisted in [false, true] {
            let mut announced = announced(root.clone());
            announced.check(&endpoints(&["gitlab.example.com:443"]), insisted);
            assert_eq!(announced.root.is_some(), insisted, "{:?}", announced.notes);
            assert_eq!(announced.code == exit::NO, !insisted, "{:?}", announced.notes);
        }
    }
}
