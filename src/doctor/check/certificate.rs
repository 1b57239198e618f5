//! Checks that clients would accept the certificate once they trust its root: its dates, its names, its purposes, and
//! its chain.

mod addresses;
mod chain;
mod code;
mod dates;
mod intercepted;
mod name;
mod refused;
mod subject;

pub(crate) use self::intercepted::is_middlebox;
use self::{
    code::{
        CLOCK_SKEW, CONSTRAINT_VIOLATED, DIFFERS, EXPIRED, EXPIRING, INCOMPLETE, IP_NOT_IN_SAN, IS_CA,
        NAME_MISMATCH, NO_SAN, NO_SERVER_AUTH, NOT_YET_VALID, OUT_OF_ORDER, REFUSED, TOO_LONG, WEAK,
    },
    subject::Subject,
};
use super::{Check, CheckResult};
use crate::doctor::{Case, Finding};

pub(crate) const CHECK: Check = Check {
    id: "certificate",
    title: "certificate",
    codes: &[
        &DIFFERS,
        &EXPIRED,
        &NOT_YET_VALID,
        &CLOCK_SKEW,
        &NAME_MISMATCH,
        &NO_SAN,
        &IP_NOT_IN_SAN,
        &NO_SERVER_AUTH,
        &CONSTRAINT_VIOLATED,
        &WEAK,
        &REFUSED,
        &INCOMPLETE,
        &IS_CA,
        &OUT_OF_ORDER,
        &TOO_LONG,
        &EXPIRING,
    ],
    judge,
};

/// The checks of one chain.
const JUDGES: &[fn(&Case<'_>, &Subject) -> Vec<Finding>] =
    &[intercepted::judge, dates::judge, name::judge, refused::judge, chain::judge];

fn judge(case: &Case<'_>) -> CheckResult {
    let subjects = match subject::all(case) {
        Ok(subjects) => subjects,
        Err(why) => return CheckResult::fault(why),
    };
    let Some(first) = subjects.first() else {
        return CheckResult::skipped("not checked (no certificate received)");
    };
    let leaf = first.leaf();
    let of_ca = dates::ca_end(first).map(|end| format!("; its CA expires on {}", end.date()));
    let detail =
        format!("{}, valid until {}{}", leaf.title(), leaf.not_after.date(), of_ca.unwrap_or_default());
    let of = |subject: &Subject| addresses::compared(case, subject, |subject| judge_one(case, subject));
    let mut findings: Vec<Finding> = subjects.iter().flat_map(of).collect();
    findings.extend(dates::skew(case, &subjects));
    CheckResult::of(detail, findings)
}

/// The findings about one chain.
fn judge_one(case: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    JUDGES.iter().flat_map(|judge| judge(case, subject)).collect()
}
