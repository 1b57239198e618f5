//! The client: finds a CA, trusts it in this machine's stores, and removes it from them.

pub(crate) mod admin_file;
pub(crate) mod builder;
pub(crate) mod by_script;
pub(crate) mod containers;
pub(crate) mod endpoints;
pub(crate) mod list;
pub(crate) mod reader;
pub(crate) mod restart;
pub(crate) mod selection;
pub(crate) mod source;
pub(crate) mod stores;
pub(crate) mod trust;
pub(crate) mod untrust;
