//! Whether the host's name has an address.

use labtrust_machine::reach::Reached;
use labtrust_plan::Host;

use super::{
    code::{AT_NAME, NOT_RESOLVED},
    engine,
};
use crate::doctor::{Case, Finding, check::CheckResult};

pub(super) fn judge(case: &Case<'_>) -> CheckResult {
    let Some(server) = case.registry_server() else { return CheckResult::fault("it was not asked") };
    match &server.reached {
        Reached::Nowhere(why) if engine::gets_there(case) => {
            CheckResult::passed(format!("the engine gets there; for this program: {why}"))
        }
        Reached::Nowhere(why) => {
            let host = case.host();
            Finding::new(&NOT_RESOLVED, why, "without an address nothing can be reached")
                .advise(format!(
                    "ask the administrator of DNS for an entry of {host}, or add a line with its address to /etc/hosts; if \
                     other machines know it, this one asks another DNS server (a VPN that is down?)"
                ))
                .into()
        }
        Reached::Addresses(_) if matches!(case.host(), Host::Ip(_)) => CheckResult::passed("is an address"),
        Reached::Addresses(addresses) => {
            let list: Vec<_> = addresses.iter().map(|(address, _)| address.ip().to_string()).collect();
            let detail = list.join(", ");
            CheckResult::of(detail, engine::obstacle(case, AT_NAME).into_iter().collect())
        }
    }
}
