//! Checks that a daemon verifies the registry's certificate.

use crate::doctor::{Case, Code, Finding, evidence::EngineSeen};

pub(super) const INSECURE: Code = Code::warning("registry-insecure");

/// The finding that `engine` does not verify it, if so.
pub(super) fn finding(case: &Case<'_>, engine: &EngineSeen) -> Option<Finding> {
    let settings = engine.info.answer()?.registries.as_ref()?;
    let endpoint = case.endpoint();
    let addresses = case.registry_server().map(|server| server.reached.addresses()).unwrap_or_default();
    let addresses: Vec<_> = addresses.iter().map(|(address, _)| address.ip()).collect();
    let because = settings.insecure_reason(&endpoint, &addresses)?;
    Some(
        Finding::new(
            &INSECURE,
            format!("{} does not check the certificate of {endpoint}: {because}", engine.title),
            "any server that answers at this address is accepted, and receives the password",
        )
        .advise(
            "remove the entry from insecure-registries in Docker's daemon.json, and restart Docker. For a name with a \
             loopback address, Docker never checks the certificate",
        ),
    )
}
