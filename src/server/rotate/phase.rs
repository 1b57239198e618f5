//! The phase of a rotation.

use labtrust_plan::Fingerprint;
use serde::Serialize;

use crate::{
    hint::fail,
    state::{Ca, Damage},
};

/// The phase of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    /// There is one CA.
    None,
    /// The server sends the next CA's root too.
    Started,
    /// The next CA is in use, and the old one still exists.
    Switched,
}

impl Phase {
    /// The phase of the rotation of `own`.
    pub(crate) fn of(own: &Ca) -> Self {
        // A damaged CA still counts.
        match (&own.next, &own.previous) {
            (Ok(None), Ok(None)) => Self::None,
            (Ok(None), _) => Self::Switched,
            _ => Self::Started,
        }
    }
}

/// A rotation, for JSON.
#[derive(Debug, Serialize)]
pub(crate) struct RotationReport {
    pub phase: Phase,
    /// The root of the next CA.
    pub successor: Option<Fingerprint>,
    /// The root of the old CA.
    pub previous: Option<Fingerprint>,
}

impl RotationReport {
    /// The rotation of `own`.
    pub(crate) fn of(own: &Ca) -> Self {
        let root = |own: Result<Option<&Ca>, Damage>| own.ok().flatten().map(|own| own.root.fingerprint());
        Self { phase: Phase::of(own), successor: root(own.next()), previous: root(own.previous()) }
    }
}

/// The error if there is no CA.
pub(crate) fn no_ca() -> anyhow::Error {
    fail(
        "labtrust has no CA on this machine",
        "if you made it with --state DIR or as another user, run this command in the same way; else create one: {labtrust setup HOST}",
    )
}
