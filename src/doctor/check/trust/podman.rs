//! Checks that podman trusts the registry: it reads the system store, and the first folder that exists.

use std::path::{Path, PathBuf};

use labtrust_plan::{
    Actor, Change, Contents, Proof, Reload, Step, StoreId, fact::User, store::podman_folders,
};

use super::{
    anchors::leads_to,
    chosen_root,
    fatal::RegistryFolder,
    folder::{self, Reader},
    image_store::SHADOWED,
    system,
};
use crate::{
    certificate::Parsed,
    doctor::{
        Case, CheckState, Finding,
        check::{Check, CheckResult},
        evidence::{CertsDSeen, FolderSeen},
    },
};

pub(crate) const CHECK: Check = Check { id: "podman", title: "trust: podman", codes: &[], judge };

fn judge(case: &Case<'_>) -> CheckResult {
    if !case.evidence.facts.tools.contains_key("podman") {
        return CheckResult::skipped("not installed");
    }
    if case.chain.is_empty() {
        return CheckResult::skipped("not checked (no certificate received)");
    }
    let people = podman_folders(&case.evidence.facts);
    let results = people.into_iter().map(|(user, paths)| judge_user(case, user, &paths));
    results
        .reduce(
            |first, next| if first.state == CheckState::Passed { next } else { first.with(next.findings) },
        )
        .unwrap_or_else(|| CheckResult::skipped("not used by anyone"))
}

fn judge_user(case: &Case<'_>, user: &User, paths: &[PathBuf]) -> CheckResult {
    let chain = &case.chain;
    let found: Vec<(&CertsDSeen, &FolderSeen)> = (paths.iter())
        .filter_map(|path| {
            let seen = case.certs_d(path)?;
            Some((seen, folder::exact(Some(seen), &case.endpoint())?))
        })
        .collect();
    let read = found.first().map(|(seen, folder)| seen.path.join(&folder.name));
    if let (Some(path), Some((_, folder))) = (&read, found.first())
        && let Some(fatal) =
            (RegistryFolder { path: path.clone(), actor: actor(user, path) }).fatal(folder, Reader::Podman)
    {
        return fatal.into();
    }
    let trusting =
        |folder: &FolderSeen| folder::loaded(Some(folder)).into_iter().find(|root| leads_to(chain, root));
    if let Some((seen, folder)) = found.first().filter(|(_, folder)| trusting(folder).is_some()) {
        return CheckResult::passed(format!("CA in {}", seen.path.join(&folder.name).display()));
    }
    if system::is_trusted(case, chain) {
        return CheckResult::passed("CA in the system store");
    }
    let later = found.iter().skip(1).find_map(|(seen, folder)| Some((seen, trusting(folder)?)));
    match (read, later) {
        (Some(path), Some((later, root))) => shadowed(case, user, &path, later, &root).into(),
        // The checks of those stores report the findings.
        _ => CheckResult { state: CheckState::Failed, ..CheckResult::passed("podman does not find the CA") },
    }
}

/// The rights that a change below `path`, which podman reads for `user`, needs.
fn actor(user: &User, path: &Path) -> Actor {
    if path.starts_with("/etc") || user.uid == 0 { Actor::Machine } else { Actor::User(user.clone()) }
}

fn shadowed(case: &Case<'_>, user: &User, path: &Path, later: &CertsDSeen, root: &Parsed) -> Finding {
    let anchor = chosen_root::anchor(case, root);
    let mut finding = Finding::new(
        &SHADOWED,
        format!(
            "podman reads {}, which does not hold the CA, instead of {}",
            path.display(),
            later.path.display()
        ),
        "if several folders exist for a registry, podman reads only the first",
    );
    finding.fix.changes = vec![Change {
        store: StoreId::new("podman"),
        subject: path.display().to_string(),
        actor: actor(user, path),
        steps: vec![Step::Put {
            path: path.join(format!("{}.crt", anchor.file_stem())),
            contents: Contents::Public(anchor.certificate.pem().into_bytes()),
            mode: 0o644,
        }],
        reload: Reload::default(),
        proof: Proof::Folder { folder: path.to_owned(), sha256: anchor.sha256() },
        serves: None,
    }];
    finding.fix.anchor = Some(anchor);
    finding
}
