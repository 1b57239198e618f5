//! Whether an engine engines at the registry's certificate at all.

use crate::doctor::{Case, Code, Finding, evidence::EngineSeen};

pub(super) const INSECURE: Code = Code::warning("registry-insecure");

/// That `engine` does not, if so.
pub(super) fn finding(case: &Case<'_>, engine: &EngineSeen) -> Option<Finding> {
    let settings = engine.info.answer()?.registries.as_ref()?;
    let endpoint = case.endpoint();
    let addresses = case.registry_server().map(|server| server.reached.addresses()).unwrap_or_default();
    let addresses: Vec<_> = addresses.iter().map(|(address, _)| address.ip()).collect();
    let because = settings.ignores(&endpoint, &addresses)?;
    Some(
        Finding::new(
            &INSECURE,
            format!("{} does not look at the certificate of {endpoint}: {because}", engine.title),
            "any program that answers in the registry's place is believed, and gets the password",
        )
        .advise(
            "take it out of insecure-registries in the engine's daemon.json, and restart the engine; of a name that leads to \
             this machine's own loopback address that is always so",
        ),
    )
}
