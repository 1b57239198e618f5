//! Whether the engine's requests go where they should: through a proxy that serves, or past it.

use super::{Check, Verdict};
use crate::doctor::Case;

pub const CHECK: Check = Check { id: "proxy", title: "proxy", codes: &[], judge };

fn judge(case: &Case<'_>) -> Verdict {
    let info = case.evidence.engines.iter().find_map(|engine| engine.info.answer());
    match info {
        None => Verdict::skipped("no engine answers"),
        Some(info) if info.https_proxy.is_empty() => Verdict::passed("the engine uses none"),
        Some(info) => Verdict::passed(format!("the engine uses {}", info.https_proxy)),
    }
}
