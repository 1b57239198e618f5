//! What the state folder holds, part by part: each is read by itself, so that a damaged one stops only what needs
//! it, is named with its file, and can be put aside.

mod aside;
mod damage;
mod files;
pub mod recorded;
mod steady;

pub use self::{
    aside::{is_aside, put_aside, put_back},
    damage::{Damage, Way, hint_of},
    files::{Files, OnDisk, parse_json, read_note},
    recorded::RECEIPT,
    steady::{Placed, steady},
};
