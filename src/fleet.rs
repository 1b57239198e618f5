//! Many machines: what a rollout did on each host, and the tool that reaches them.

pub(crate) mod ansible;
pub(crate) mod line;
pub(crate) mod record;
