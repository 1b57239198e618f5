//! Whether containerd itself trusts the registry, where somebody told it of the registry: Kubernetes pulls by
//! that, and `nerdctl`.

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

pub(crate) const CHECK: Check = Check { id: "containerd", title: "containerd", codes: &[], judge };

fn judge(case: &Case<'_>) -> CheckResult {
    let certs_d = case.certs_d(CONTAINERD.as_ref());
    let names = containerd_folders(&case.endpoint());
    let found: Vec<&FolderSeen> = names.iter().filter_map(|name| folder::named(certs_d, name)).collect();
    let fault = || names.iter().find_map(|name| folder::fault(certs_d, name)).map(CheckResult::fault);
    let Some((first, later)) = found.split_first() else {
        return fault().unwrap_or_else(|| CheckResult::skipped("it has no folder for this registry"));
    };
    if case.chain.is_empty() {
        return CheckResult::skipped("no certificate is presented");
    }
    let path = format!("{CONTAINERD}/{}", first.name);
    if folder::has_settings(first) {
        return CheckResult::skipped(format!("{path}/hosts.toml says what it trusts"));
    }
    let read = RegistryFolder { path: path.clone().into(), actor: Actor::Machine };
    if let Some(fatal) = read.fatal(first, Reader::Containerd) {
        return fatal.into();
    }
    let trusts =
        |folder: &FolderSeen| folder::loaded(Some(folder)).iter().any(|root| leads_to(&case.chain, root));
    if trusts(first) {
        return CheckResult::passed(format!("in {path}"));
    }
    if system::is_trusted(case, &case.chain) {
        return CheckResult::passed("by the system store");
    }
    if let Some(fault) = fault() {
        return fault;
    }
    match later.iter().find(|folder| trusts(folder)) {
        Some(later) => Finding::new(
            &SHADOWED,
            format!("{path} is read before {CONTAINERD}/{}, and has no CA in it", later.name),
            "of the folders that may be there for a registry containerd reads the first, and no other",
        )
        .run(["sudo", "mv", &path, &format!("{path}.off")])
        .into(),
        None => CheckResult {
            state: CheckState::Failed,
            ..CheckResult::passed(format!("{path} has no CA of it either"))
        },
    }
}
