//! On the server: whether GitLab is set up to serve what it should.

use super::{Check, Verdict};
use crate::doctor::Case;

pub const CHECK: Check = Check { id: "server", title: "server", codes: &[], judge };

fn judge(case: &Case<'_>) -> Verdict {
    match &case.evidence.gitlab {
        None => Verdict::skipped("GitLab is not on this machine"),
        Some(_) => Verdict::passed(""),
    }
}
