//! Whether the certificate that is served would be accepted, once its root is trusted.

use super::{Check, Verdict};
use crate::doctor::{Case, Code, Finding, Severity};

pub const CHECK: Check = Check { id: "certificate", title: "certificate", codes: &[&EXPIRED], judge };

const EXPIRED: Code = Code { id: "cert-expired", severity: Severity::Error, explains: &[] };

fn judge(case: &Case<'_>) -> Verdict {
    let Some(leaf) = case.chain.first() else { return Verdict::skipped("none is presented") };
    let mut findings = Vec::new();
    if leaf.not_after < case.evidence.at {
        let what = format!("the certificate of {} expired on {}", case.endpoint(), leaf.not_after.date());
        findings.push(Finding::new(&EXPIRED, what, "every client refuses a certificate after its last day"));
    }
    Verdict::of(format!("{} until {}", leaf.subject, leaf.not_after.date()), findings)
}
