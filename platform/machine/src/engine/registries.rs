//! Registries whose certificates an engine does not check ("insecure registries").

use std::{collections::BTreeMap, net::IpAddr, path::Path, time::Duration};

use labtrust_plan::Endpoint;
use serde::{Deserialize, Serialize};

use super::{INFO_LIMIT, get};
use crate::{World, handshake};

const NAME_LIMIT: Duration = Duration::from_secs(2);

/// `RegistryConfig` of `GET /info` (moby, `registry.ServiceConfig`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrySettings {
    /// Registries that the engine's settings name.
    #[serde(alias = "IndexConfigs", default)]
    pub named: Option<BTreeMap<String, NamedRegistry>>,
    /// Networks whose registries are not checked, such as `127.0.0.0/8`.
    #[serde(alias = "InsecureRegistryCIDRs", default)]
    pub insecure_networks: Option<Vec<String>>,
}

/// A registry that an engine's settings name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedRegistry {
    /// Whether its certificate is checked.
    #[serde(alias = "Secure", default)]
    pub secure: bool,
}

impl RegistrySettings {
    /// The reason why the engine does not check the certificate of the registry at `endpoint`, whose name has these
    /// `addresses`; none if it checks it (moby, `registry.isSecureIndex`). The settings decide if they name the registry,
    /// otherwise its addresses.
    pub fn insecure_reason(&self, endpoint: &Endpoint, addresses: &[IpAddr]) -> Option<String> {
        let named = |name: &str| self.named.as_ref()?.get(name);
        match named(&endpoint.to_string()).or_else(|| named(&endpoint.certs_d_folder())) {
            Some(named) if named.secure => None,
            Some(_) => Some(format!("its setting insecure-registries names {endpoint}")),
            None => {
                let networks = self.insecure_networks.iter().flatten();
                let mut pairs =
                    networks.flat_map(|network| addresses.iter().map(move |address| (network, address)));
                let (network, address) = pairs.find(|(network, address)| is_in(**address, network))?;
                Some(format!("its settings list the network {network} of {address} as insecure"))
            }
        }
    }
}

/// The reason why the engine at `socket` does not check the certificate of the registry at `endpoint`; none if it checks it,
/// or does not tell.
pub(crate) fn insecure_reason(world: &World, socket: &Path, endpoint: &Endpoint) -> Option<String> {
    #[derive(Deserialize)]
    struct Info {
        #[serde(rename = "RegistryConfig")]
        registries: Option<RegistrySettings>,
    }
    let info = get(world, socket, "/info", INFO_LIMIT).ok()?;
    let registries = serde_json::from_str::<Info>(&info.body).ok()?.registries?;
    let addresses = handshake::resolve(endpoint, NAME_LIMIT).unwrap_or_default();
    let addresses: Vec<_> = addresses.iter().map(std::net::SocketAddr::ip).collect();
    registries.insecure_reason(endpoint, &addresses)
}

/// Whether `address` is in `network`, such as `10.0.0.0/8`.
fn is_in(address: IpAddr, network: &str) -> bool {
    let Some((first, length)) = network.split_once('/') else { return false };
    let (Ok(first), Ok(length)) = (first.parse::<IpAddr>(), length.parse::<u32>()) else { return false };
    match (first, address.to_canonical()) {
        (IpAddr::V4(first), IpAddr::V4(address)) => (32u32.checked_sub(length))
            .is_some_and(|rest| (u32::from(first) ^ u32::from(address)).checked_shr(rest).unwrap_or(0) == 0),
        (IpAddr::V6(first), IpAddr::V6(address)) => (128u32.checked_sub(length)).is_some_and(|rest| {
            (u128::from(first) ^ u128::from(address)).checked_shr(rest).unwrap_or(0) == 0
        }),
        _ => false,
    }
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
