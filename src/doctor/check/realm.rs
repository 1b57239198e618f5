//! Whether the token service that the registry names serves.

use super::{Check, Verdict};
use crate::doctor::{Case, Code, Finding, Severity};

pub const CHECK: Check = Check { id: "realm", title: "token realm", codes: &[&INSECURE], judge };

const INSECURE: Code = Code { id: "realm-insecure", severity: Severity::Error, explains: &[] };

fn judge(case: &Case<'_>) -> Verdict {
    let Some(realm) = &case.evidence.realm else { return Verdict::skipped("the registry names none") };
    if !realm.url.starts_with("https://") {
        return Finding::new(
            &INSECURE,
            format!("the registry sends one to {} for a token", realm.url),
            "docker login would send the password there without encryption",
        )
        .into();
    }
    Verdict::passed(&realm.url)
}
