//! The dates of validity of the certificates.

use super::row::{EVERYONE, LOOK_AT_ANCHORS, Rule, rule};
use crate::certificate::{
    judge::{case::Case, refusal::About},
    parsed::Parsed,
};

pub(super) const RULES: &[Rule] = &[
    rule(About::Dates, EVERYONE, |case| {
        case.leaf.iter().chain(&case.intermediates).find_map(|one| outside(one, case))
    }),
    rule(About::Dates, LOOK_AT_ANCHORS, |case| case.anchor.and_then(|root| outside(root, case))),
];

fn outside(one: &Parsed, case: &Case<'_>) -> Option<String> {
    if case.now < one.not_before {
        Some(format!("{} is valid only from {}", one.title(), one.not_before.date()))
    } else if case.now > one.not_after {
        Some(format!("{} expired on {}", one.title(), one.not_after.date()))
    } else {
        None
    }
}
