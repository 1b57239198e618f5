//! Many machines: what a rollout did on each host, and the tool that reaches them.
#![allow(dead_code)]

pub(crate) mod line;
pub(crate) mod record;
