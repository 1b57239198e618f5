//! How far a rotation has come.

use labtrust_plan::Fingerprint;
use serde::Serialize;

use crate::{
    hint::fail,
    state::{Ca, Damage},
};

/// How far a rotation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    /// There is one CA.
    None,
    /// The server sends the next CA's root too.
    Started,
    /// It is in use, and the old one is still here.
    Switched,
}

impl Phase {
    /// How far the rotation of `own` has come.
    pub(crate) fn of(own: &Ca) -> Self {
        // One that is damaged is there all the same.
        match (&own.next, &own.previous) {
            (Ok(None), Ok(None)) => Self::None,
            (Ok(None), _) => Self::Switched,
            _ => Self::Started,
        }
    }
}

/// How a rotation stands, as JSON has it.
#[derive(Debug, Serialize)]
pub(crate) struct RotationReport {
    pub phase: Phase,
    /// The root of the CA that will follow.
    pub successor: Option<Fingerprint>,
    /// The root of the CA that was followed.
    pub previous: Option<Fingerprint>,
}

impl RotationReport {
    /// How the rotation of `own` stands.
    pub(crate) fn of(own: &Ca) -> Self {
        let root = |own: Result<Option<&Ca>, Damage>| own.ok().flatten().map(|own| own.root.fingerprint());
        Self { phase: Phase::of(own), successor: root(own.next()), previous: root(own.previous()) }
    }
}

/// There is nothing to rotate.
pub(crate) fn no_ca() -> anyhow::Error {
    fail(
        "labtrust has no CA on this machine",
        "create one: {labtrust setup HOST}; if you made it with --state DIR or as another user, run this command in the same way",
    )
}
