//! Whether the certificate that is served would be accepted, once its root is trusted: by its dates, its
//! names, what it may be used for, and the way up from it.

mod chain;
mod dates;
mod intercepted;
mod name;
mod refused;
mod subject;

pub use self::intercepted::signs_anew_by_trade;
use self::subject::Subject;
use super::{Check, Verdict};
use crate::doctor::{Case, Code, Finding};

pub const CHECK: Check = Check {
    id: "certificate",
    title: "certificate",
    codes: &[
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

const UNTRUSTED: &[&str] = &["untrusted-docker", "untrusted-system"];

const EXPIRED: Code = Code::error("cert-expired");
const NOT_YET_VALID: Code = Code::error("cert-not-yet-valid");
const CLOCK_SKEW: Code = Code::error("clock-skew");
const NAME_MISMATCH: Code = Code::error("cert-name-mismatch");
const NO_SAN: Code = Code::error("cert-no-san");
const IP_NOT_IN_SAN: Code = Code::error("cert-ip-not-in-san");
const NO_SERVER_AUTH: Code = Code::error("cert-no-server-auth");
const CONSTRAINT_VIOLATED: Code = Code::error("constraint-violated");
/// To Go a signature with SHA-1 is none, and so the authority unknown.
const WEAK: Code = Code::error("cert-weak").explaining(&["untrusted-docker"]);
/// What docker or git refuse for a reason that is none of the others.
const REFUSED: Code = Code::error("cert-refused").explaining(UNTRUSTED);
const INCOMPLETE: Code = Code::error("chain-incomplete").explaining(UNTRUSTED);
const IS_CA: Code = Code::warning("cert-is-ca");
const OUT_OF_ORDER: Code = Code::warning("chain-out-of-order");
const TOO_LONG: Code = Code::warning("cert-too-long");
const EXPIRING: Code = Code::warning("cert-expiring");

/// What can be wrong with what is presented somewhere.
const JUDGES: &[fn(&Case<'_>, &Subject) -> Vec<Finding>] =
    &[intercepted::judge, dates::judge, name::judge, refused::judge, chain::judge];

fn judge(case: &Case<'_>) -> Verdict {
    let subjects = match subject::all(case) {
        Ok(subjects) => subjects,
        Err(why) => return Verdict::fault(why),
    };
    let Some(first) = subjects.first() else { return Verdict::skipped("none is presented to this program") };
    let leaf = first.leaf();
    let detail = format!("{} until {}", leaf.title(), leaf.not_after.date());
    let all = subjects.iter().flat_map(|subject| JUDGES.iter().flat_map(|judge| judge(case, subject)));
    let mut findings: Vec<Finding> = all.collect();
    findings.extend(dates::skew(case, &subjects));
    Verdict::of(detail, findings)
}
