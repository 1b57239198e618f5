//! What a server keeps: its CA and its certificate, made, placed, renewed, replaced, saved and taken back.

pub mod backup;
pub mod import;
pub mod install_pair;
pub mod placed_pair;
pub mod renew;
pub mod request;
pub mod requests;
pub mod restore;
pub mod rotate;
pub mod setup;
