//! Checks for properties that only some clients reject: the rows of [`crate::certificate::judge`], each kind with its
//! own code.

use super::{
    code::{CONSTRAINT_VIOLATED, IS_CA, NO_SERVER_AUTH, REFUSED, TOO_LONG, WEAK},
    subject::Subject,
};
use crate::{
    certificate::{About, Client, Refusal},
    doctor::{Case, Code, Finding},
};

struct RefusalRow {
    about: About,
    code: &'static Code,
    advice: &'static str,
}

const MAKE_NEW: &str = "make a new one on the server: sudo labtrust setup";

const ROWS: &[RefusalRow] = &[
    RefusalRow { about: About::Purpose, code: &NO_SERVER_AUTH, advice: MAKE_NEW },
    RefusalRow {
        about: About::Constraint,
        code: &CONSTRAINT_VIOLATED,
        advice: "have it signed by a CA that can sign for this host. Or create a next CA that can, on the \
                 server: sudo labtrust rotate start --permit DOMAIN. Clients must then trust it",
    },
    RefusalRow {
        about: About::Weakness,
        code: &WEAK,
        advice: "make a new one with a P-256 key (or RSA with at least 2048 bits) and SHA-256, on the server: sudo \
                 labtrust setup",
    },
    RefusalRow { about: About::Authority, code: &IS_CA, advice: MAKE_NEW },
    RefusalRow { about: About::Life, code: &TOO_LONG, advice: MAKE_NEW },
];

pub(super) fn judge(_: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    let refusals = subject.refusals();
    let mut found: Vec<_> = ROWS.iter().filter_map(|row| row_finding(row, &refusals, subject)).collect();
    // Other refusals count only if Docker or git makes them; `inspect` shows the rest.
    let stops = |refusal: &&Refusal| refusal.is_by(Client::Go) || refusal.is_by(Client::Curl);
    let rest = refusals.iter().filter(|refusal| matches!(refusal.about, About::Form | About::Encoding));
    if let Some(refusal) = rest.into_iter().find(stops) {
        found.push(refusal_finding(&REFUSED, MAKE_NEW, refusal, subject));
    }
    found
}

fn row_finding(row: &RefusalRow, refusals: &[Refusal], subject: &Subject) -> Option<Finding> {
    let about = || refusals.iter().filter(|refusal| refusal.about == row.about);
    let refusal = about().find(|refusal| refusal.is_by(Client::Go)).or_else(|| about().next())?;
    Some(refusal_finding(row.code, row.advice, refusal, subject))
}

fn refusal_finding(code: &'static Code, advice: &str, refusal: &Refusal, subject: &Subject) -> Finding {
    let what = format!("the certificate of {} has a problem: {}", subject.endpoint, refusal.why);
    Finding::new(code, what, format!("{} it", refusal.who_refuse())).advise(advice)
}
