//! Checks that the host name has an address.

use labtrust_machine::reach::Reached;
use labtrust_plan::Host;

use super::{
    code::{AT_NAME, NOT_RESOLVED},
    engine,
};
use crate::doctor::{Case, Finding, check::CheckResult};

pub(super) fn judge(case: &Case<'_>) -> CheckResult {
    let Some(server) = case.registry_server() else { return CheckResult::fault("not checked") };
    match &server.reached {
        Reached::Nowhere(why) if engine::gets_there(case) => {
            CheckResult::passed(format!("Docker reaches it; labtrust does not: {why}"))
        }
        Reached::Nowhere(why) => {
            let host = case.host();
            Finding::new(&NOT_RESOLVED, why, "a client needs the host's address to connect to it")
                .advise(format!(
                    "ask the DNS administrator for an entry for {host}, or add a line with its address to \
                     /etc/hosts. If other machines can resolve it, this machine uses another DNS server (is the VPN \
                     down?)"
                ))
                .into()
        }
        Reached::Addresses(_) if matches!(case.host(), Host::Ip(_)) => CheckResult::passed(
            "an address, with no \
                         name to look up",
        ),
        Reached::Addresses(addresses) => {
            let list: Vec<_> = addresses.iter().map(|(address, _)| address.ip().to_string()).collect();
            let detail = list.join(", ");
            CheckResult::of(detail, engine::obstacle(case, AT_NAME).into_iter().collect())
        }
    }
}
