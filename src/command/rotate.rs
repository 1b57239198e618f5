//! `rotate`: one CA after another, so that at every point each client that did its step works.
//!
//! The next CA stands beside the one in use, and its root is served along with what vouches for it: clients that
//! trust the one can take up the other from the handshake. Only then does the server change over, and only after
//! that does the old one go.

mod draft;
mod report;
mod turn;

use anyhow::Result;
use labtrust_platform::Fingerprint;
use serde::Serialize;

use super::{Context, own::OwnCa, report as reports};
use crate::{cli::Rotate, hint::fail, state::Damage};

pub fn run(context: &Context<'_>, arguments: &Rotate) -> Result<u8> {
    if let Some(step) = &arguments.step {
        return turn::run(context, step);
    }
    let own = OwnCa::find(&context.home)?.ok_or_else(no_ca)?;
    report::print(context, &own, &[], Vec::new());
    Ok(reports::print_damages(context, own.damages()))
}

/// How far a rotation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// There is one CA.
    None,
    /// The next one is served along.
    Started,
    /// It is in use, and the old one is still here.
    Switched,
}

impl Phase {
    /// How far the rotation of `own` has come.
    pub fn of(own: &OwnCa) -> Self {
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
pub struct RotationReport {
    phase: Phase,
    /// The root of the CA that will follow.
    successor: Option<Fingerprint>,
    /// The root of the CA that was followed.
    previous: Option<Fingerprint>,
}

impl RotationReport {
    /// How the rotation of `own` stands.
    pub fn of(own: &OwnCa) -> Self {
        let root = |own: Result<Option<&OwnCa>, Damage>| own.ok().flatten().map(|own| own.root.fingerprint());
        Self { phase: Phase::of(own), successor: root(own.next()), previous: root(own.previous()) }
    }
}

pub use self::report::print_standing;

fn no_ca() -> anyhow::Error {
    fail(
        "there is no CA of labtrust's here",
        "make one: {labtrust setup HOST}; if it was made with --state DIR, or as another user, give the same here",
    )
}
