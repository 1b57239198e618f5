//! Renderings: what they write for other machines is held against what the program does here, and against the judges of
//! each tool.

mod ansible;
mod browsers;
mod compose;
mod dockerfile;
mod folder;
mod gitlab_ci;
mod judges;
pub(crate) mod keys;
mod kubernetes;
mod shell;

use serde_json::Value;

use crate::lab::{Gitlab, HOST, Machine, Output, Pair, REGISTRY, Validity};

/// A machine with a CA in /root/ca.crt.
pub(crate) fn client(machine: &Machine) -> Pair {
    machine.without_hooks();
    let pair = Pair::constrained(machine, &[HOST]);
    machine.write("/root/ca.crt", &pair.root);
    machine.run(["update-ca-certificates"]).succeeded();
    pair
}

/// Renders `kind` for the CA in /root/ca.crt, with more options, into /root/rendered.
pub(crate) fn render(machine: &Machine, kind: &str, options: &str) -> Output {
    machine.sh(&format!(
        "labtrust render /root/ca.crt --as {kind} --for {REGISTRY} -y -o /root/rendered {options}"
    ))
}
