//! Many machines: what a rollout did on each host, and the tool that reaches them.

pub(crate) mod ansible;
pub(crate) mod line;
mod passed;
pub(crate) mod record;
pub(crate) mod rendered_folder;
pub(crate) mod run_folder;
pub(crate) mod update;
