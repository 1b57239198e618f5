//! What some clients refuse and others take: the rows of [`crate::certificate::judge`], each kind under a
//! code of its own.

use super::{CONSTRAINT_VIOLATED, IS_CA, NO_SERVER_AUTH, TOO_LONG, WEAK, subject::Subject};
use crate::{
    certificate::{About, Client, KnownFrom, Refusal, judge as refusals},
    doctor::{Case, Code, Finding},
};

struct Row {
    about: About,
    code: &'static Code,
    advice: &'static str,
}

const ANEW: &str = "have it made again; on the server: labtrust setup";

const ROWS: &[Row] = &[
    Row { about: About::Purpose, code: &NO_SERVER_AUTH, advice: ANEW },
    Row {
        about: About::Constraint,
        code: &CONSTRAINT_VIOLATED,
        advice: "have it signed by a CA that may sign for this host; on the server, labtrust setup --name adds a name to \
                 those that its own CA may sign for, and makes a new CA, which clients must trust anew",
    },
    Row {
        about: About::Weakness,
        code: &WEAK,
        advice: "have it made again with a key of today (P-256, or RSA with 2048 bits at least) and SHA-256; on the \
                 server: labtrust setup",
    },
    Row { about: About::Authority, code: &IS_CA, advice: ANEW },
    Row { about: About::Life, code: &TOO_LONG, advice: ANEW },
];

pub fn judge(_: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    let mut refusals = refusals(&subject.all(), None, subject.now);
    // One that has no names is taken for a CA's that is inspected; here it is what a server presents.
    if subject.leaf().is_ca() && subject.leaf().names.is_empty() {
        let why = "it is a CA's own, not a server's".to_owned();
        refusals.push(Refusal {
            by: Client::all().map(Client::any).collect(),
            why,
            about: About::Authority,
            known_from: KnownFrom::Documentation,
        });
    }
    ROWS.iter().filter_map(|row| finding(row, &refusals, subject)).collect()
}

fn finding(row: &Row, refusals: &[Refusal], subject: &Subject) -> Option<Finding> {
    let first = refusals.iter().find(|one| one.about == row.about)?;
    let what = format!("the certificate of {} will not do: {}", subject.endpoint, first.why);
    Some(Finding::new(row.code, what, format!("{} it", first.clients_refuse())).advise(row.advice))
}
