//! Whether an engine looks at the registry's certificate at all.

use crate::doctor::{Case, Code, Finding, evidence::EngineSeen, no_proxy::is_in};

pub const INSECURE: Code = Code::warning("registry-insecure");

/// That `engine` does not, if so (moby, `registry.isSecureIndex`): what is named in its settings comes
/// first, then the networks of all addresses that the name has.
pub fn finding(case: &Case<'_>, engine: &EngineSeen) -> Option<Finding> {
    let settings = engine.info.answer()?.registries.as_ref()?;
    let endpoint = case.endpoint().to_string();
    let because = match settings.named.as_ref().and_then(|named| named.get(&endpoint)) {
        Some(named) if named.secure => return None,
        Some(_) => format!("insecure-registries of its settings names {endpoint}"),
        None => {
            let addresses =
                case.registry_server().map(|server| server.reached.addresses()).unwrap_or_default();
            let networks = settings.insecure_networks.iter().flatten();
            let mut pairs = networks
                .flat_map(|network| addresses.iter().map(move |(address, _)| (network, address.ip())));
            let (network, address) = pairs.find(|(network, address)| is_in(*address, network))?;
            format!("{address} is in {network}, which it takes for insecure")
        }
    };
    Some(
        Finding::new(
            &INSECURE,
            format!("{} does not look at the certificate of {endpoint}: {because}", engine.title),
            "whoever answers in the registry's place is believed, and gets the password",
        )
        .advise(
            "take it out of insecure-registries in the engine's daemon.json, and restart the engine; of a name that leads to \
             this machine's own loopback address that is always so",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        for (address, network, expected) in [
            ("127.0.1.1", "127.0.0.0/8", true),
            ("128.0.0.1", "127.0.0.0/8", false),
            ("192.0.2.10", "192.0.2.10/32", true),
            ("192.0.2.11", "192.0.2.10/32", false),
            ("192.0.2.11", "0.0.0.0/0", true),
            ("::1", "::1/128", true),
            ("::1", "127.0.0.0/8", false),
            ("192.0.2.10", "192.0.2.0/33", false),
            ("192.0.2.10", "everything", false),
        ] {
            let is_in = address.parse().is_ok_and(|address| is_in(address, network));
            assert_eq!(is_in, expected, "{address} {network}");
        }
    }
}
