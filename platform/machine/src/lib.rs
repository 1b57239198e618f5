#![doc = include_str!("../README.md")]

mod apply;
mod bounded_stream;
mod bundle;
mod check;
pub mod database;
pub mod dial;
mod edit_file;
pub mod engine;
mod error;
mod explain;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod handshake;
mod lock;
pub mod pkcs12;
pub mod probe;
mod progress;
mod proof;
mod purge;
pub mod reach;
pub mod receipt;
pub mod serve;
pub mod session;
mod side_effect;
mod sources;
mod undo;
mod updater;
mod wait;
pub mod world;

pub use apply::{already, apply, apply_together};
pub use check::is_met;
pub use error::{Error, Result};
pub use explain::{explain_here, explain_undo};
pub use probe::{Unknown, probe, probe_all_users, probe_with};
pub use progress::{Progress, Silent};
pub use proof::{ask_engine, prove, prove_each};
pub use purge::purge;
pub use session::{Outcome, OutcomeState, Session, Worlds};
pub use undo::{undo, undo_all};
pub use world::World;
