//! Knows machines and their trust stores, and nothing of making certificates.
//!
//! Everything that changes a machine is a plan, and a plan is data: explained, applied, proven
//! and undone by the modules here, each of which does one of these.

mod absolute;
mod anchor;
mod apply;
mod bundle;
mod byproduct;
mod check;
pub mod database;
pub mod edit;
mod endpoint;
mod error;
mod explain;
pub mod fact;
mod fingerprint;
pub mod handshake;
mod hint;
mod lock;
pub mod plan;
mod probe;
mod progress;
mod proof;
mod purge;
pub mod reach;
pub mod receipt;
pub mod session;
pub mod store;
mod strict_pem;
pub mod text;
mod undo;
mod updater;
mod wait;
pub mod world;

pub use anchor::{Anchor, Certificate};
pub use apply::{already, apply, apply_together};
pub use check::is_met;
pub use edit::Edit;
pub use endpoint::{DnsName, Endpoint, Host, InvalidHost, Target};
pub use error::{Error, Result};
pub use explain::{explain, explain_here, explain_undo};
pub use fact::Facts;
pub use fingerprint::{Fingerprint, InvalidFingerprint};
pub use hint::Hint;
pub use plan::{Contents, Service};
pub use probe::{ask_engines, probe};
pub use progress::{Progress, Silent};
pub use proof::{Verdict, Wanted, ask_engine, prove};
pub use purge::purge;
pub use session::{Outcome, Session, State, Worlds};
pub use undo::{undo, undo_all};
pub use world::World;

/// Doors to private parsers, for the fuzz targets alone.
#[cfg(fuzzing)]
#[allow(missing_docs, reason = "they are the parsers' own names")]
pub mod fuzzing {
    pub use crate::{
        database::trust_settings::TrustSettings,
        probe::{parse_os_release, users::parse as parse_account},
        world::engine::judge as parse_engine,
    };
}
