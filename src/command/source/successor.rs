//! The CA that will follow the one that is trusted, as its server announces it: taken up where nothing speaks
//! against it, and told of where something does.

use anyhow::Result;
use labtrust_platform::{Anchor, Certificate, Endpoint, Fingerprint};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::{can_be_for, may_sign};
use crate::{
    certificate::{
        Parsed, Served,
        name::list,
        successor::{Successor, Verdict, successors},
    },
    exit,
    hint::fail,
};

/// What a server announces.
#[derive(Debug, Default)]
pub struct Announced {
    /// The root of the CA that will follow.
    pub root: Option<Parsed>,
    /// What was left alone, and why, a sentence each.
    pub notes: Vec<String>,
    /// The exit code of that.
    pub code: u8,
}

impl Announced {
    /// What is made of `sent`, in which `served` was found; `named` is the fingerprint of a CA that must be among it.
    pub fn find(
        sent: &[CertificateDer<'_>],
        served: &Served,
        named: Option<Fingerprint>,
        endpoint: &Endpoint,
    ) -> Result<Self> {
        let all = successors(sent, served, named, OffsetDateTime::now_utc());
        let is_named =
            |successor: &Successor| named.is_some_and(|named| named == successor.root.fingerprint());
        if let Some(named) = named
            && !all.iter().any(|one| is_named(one) && one.verdict == Verdict::Follows)
        {
            let why = all.iter().find(|one| is_named(one)).map(why).unwrap_or_default();
            return Err(fail(
                format!("{endpoint} announces no CA with the fingerprint {named}{why}"),
                "see what the server says now: labtrust rotate, there; without --next, the CA in use alone is trusted",
            ));
        }
        let mut announced = Self::default();
        for successor in all {
            match successor.verdict {
                Verdict::Follows if announced.root.is_none() || is_named(&successor) => {
                    announced.root = Some(successor.root);
                }
                // One CA follows another; whoever says that there are two is to be looked at.
                Verdict::Follows => announced.note(&successor, "another one is announced too", endpoint),
                Verdict::Wider => {
                    let what = format!(
                        "it is wider than the CA that vouches for it: {}",
                        successor.wider.join("; ")
                    );
                    announced.note(&successor, &what, endpoint);
                    announced.code = exit::NO;
                    announced.notes.push(format!(
                        "it may sign {}; if whoever runs the server confirms it, add: --next {}",
                        may_sign(&successor.root),
                        successor.root.fingerprint()
                    ));
                }
                Verdict::Unvouched => {
                    announced.note(
                        &successor,
                        "nothing that leads to the trusted root vouches for it",
                        endpoint,
                    );
                }
                Verdict::Outdated => {
                    announced.note(&successor, "it, or what vouches for it, is not valid now", endpoint);
                    announced.code = exit::NO;
                }
            }
        }
        Ok(announced)
    }

    fn note(&mut self, successor: &Successor, why: &str, endpoint: &Endpoint) {
        let root = &successor.root;
        self.notes.push(format!(
            "not trusted, though {endpoint} sends it too: {} (sha256 {}): {why}",
            root.title(),
            root.fingerprint()
        ));
    }

    /// The anchor of the CA that will follow, for those endpoints of the one that is in use that it can sign for.
    pub fn anchor(&self, endpoints: &[Endpoint]) -> Option<Anchor> {
        let root = self.root.as_ref()?;
        let can_be = |endpoint: &&Endpoint| can_be_for(root, &endpoint.host);
        let endpoints = endpoints.iter().filter(can_be).cloned().collect();
        Some(Anchor { certificate: Certificate::from(root), endpoints })
    }

    /// Says which of `endpoints` the CA that will follow can never sign for.
    pub fn check(&mut self, endpoints: &[Endpoint]) {
        let Some(root) = &self.root else { return };
        let outside: Vec<_> = endpoints.iter().filter(|one| !can_be_for(root, &one.host)).collect();
        if !outside.is_empty() {
            let what = format!("{}, which will follow, can never sign for {}", root.title(), list(&outside));
            self.notes.push(what);
            self.code = exit::NO;
        }
    }
}

fn why(successor: &Successor) -> String {
    match successor.verdict {
        Verdict::Outdated => ": it, or what vouches for it, is not valid now".into(),
        _ => ": it sends it, but nothing that leads to the trusted root vouches for it".into(),
    }
}
