//! Checks that containerd itself trusts the registry, if it has a folder for it: Kubernetes and `nerdctl` pull with
//! it.

use labtrust_plan::Actor;

use super::{
    anchors::leads_to,
    fatal::RegistryFolder,
    folder::{self, Reader},
    image_store::SHADOWED,
    system,
};
use crate::doctor::{
    Case, CheckState, Finding,
    certs_d::{CONTAINERD, containerd_folders},
    check::{Check, CheckResult},
    evidence::FolderSeen,
};

pub(crate) const CHECK: Check = Check { id: "containerd", title: "trust: containerd", codes: &[], judge };

fn judge(case: &Case<'_>) -> CheckResult {
    let certs_d = case.certs_d(CONTAINERD.as_ref());
    let names = containerd_folders(&case.endpoint());
    let found: Vec<&FolderSeen> = names.iter().filter_map(|name| folder::named(certs_d, name)).collect();
    let fault = || names.iter().find_map(|name| folder::fault(certs_d, name)).map(CheckResult::fault);
    let Some((first, later)) = found.split_first() else {
        return fault().unwrap_or_else(|| CheckResult::skipped("not set up (no folder for this registry)"));
    };
    if case.chain.is_empty() {
        return CheckResult::skipped("not checked (no certificate received)");
    }
    let path = format!("{CONTAINERD}/{}", first.name);
    if folder::has_settings(first) {
        return CheckResult::skipped(format!("not checked ({path}/hosts.toml sets what it trusts)"));
    }
    let read = RegistryFolder { path: path.clone().into(), actor: Actor::Machine };
    if let Some(fatal) = read.fatal(first, Reader::Containerd) {
        return fatal.into();
    }
    let trusts =
        |folder: &FolderSeen| folder::loaded(Some(folder)).iter().any(|root| leads_to(&case.chain, root));
    if trusts(first) {
        return CheckResult::passed(format!("CA in {path}"));
    }
    if system::is_trusted(case, &case.chain) {
        return CheckResult::passed("CA in the system store");
    }
    if let Some(fault) = fault() {
        return fault;
    }
    match later.iter().find(|folder| trusts(folder)) {
        Some(later) => Finding::new(
            &SHADOWED,
            format!(
                "containerd reads {path}, which does not hold the CA, instead of {CONTAINERD}/{}",
                later.name
            ),
            "if several folders exist for a registry, containerd reads only the first",
        )
        .run(["sudo", "mv", &path, &format!("{path}.off")])
        .into(),
        None => CheckResult {
            state: CheckState::Failed,
            ..CheckResult::passed(format!("{path} does not hold the CA"))
        },
    }
}
