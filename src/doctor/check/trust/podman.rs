//! Checks that podman, buildah and skopeo get what they want from the registry: they read the system store, and the first
//! folder that exists. One of them is asked; if that is not possible, their files are judged.

mod answer;

use std::path::{Path, PathBuf};

use labtrust_plan::{
    Actor, Change, Contents, Proof, Reload, Step, StoreId, fact::User, store::podman_folders,
};

use self::answer::{Answer, BLOCKED, BROKEN, PROXY, REWRITTEN, ROOTS};
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
        Case, CheckState, Code, Finding,
        certs_d::has_podmans_family,
        check::{Check, CheckResult},
        evidence::{CertsDSeen, FolderSeen},
    },
};

pub(crate) const CHECK: Check = Check {
    id: "podman",
    title: "trust: podman",
    codes: &[&BLOCKED, &BROKEN, &REWRITTEN, &PROXY, &ROOTS, &UNTRUSTED],
    judge,
};

/// A CA that no store trusts is one cause, not two.
const UNTRUSTED: Code = Code::error("untrusted-podman").explaining(&["untrusted-system"]);

fn judge(case: &Case<'_>) -> CheckResult {
    if !has_podmans_family(&case.evidence.facts) {
        return CheckResult::skipped("not installed");
    }
    let answer = Answer::of(case);
    if let Some(finding) = answer.as_ref().and_then(Answer::finding) {
        return finding.into();
    }
    let files = judge_people(case, answer.as_ref().filter(|answer| answer.is_accepted()));
    let Some(answer) = answer.filter(|answer| !answer.is_accepted()) else { return files };
    if let Some(finding) = answer.replaced_roots(files.state == CheckState::Passed) {
        return finding.into();
    }
    if !answer.is_refused() || !files.findings.is_empty() || case.chain.is_empty() {
        return files;
    }
    unlisted(case, &answer).unwrap_or_else(|| untrusted(case, &answer)).into()
}

/// The finding that the user who was asked may not look into the first folder for the registry.
fn unlisted(case: &Case<'_>, answer: &Answer<'_, '_>) -> Option<Finding> {
    let mut people = podman_folders(&case.evidence.facts).into_iter();
    let (user, paths) = people.find(|(user, _)| answer.is_for(user))?;
    let mut folders = paths.iter().filter_map(|path| {
        let seen = case.certs_d(path)?;
        Some((seen, folder::exact(Some(seen), &case.endpoint())?))
    });
    let (seen, folder) = folders.next()?;
    let is_forbidden =
        folder.files.fault().is_some_and(|why| why.to_lowercase().contains("permission denied"));
    is_forbidden.then(|| answer::forbidden(user, &seen.path.join(&folder.name), true))
}

/// The finding that no file that the tool reads holds the CA.
fn untrusted(case: &Case<'_>, answer: &Answer<'_, '_>) -> Finding {
    let what = format!("{} reports: {}", answer.tool.program, answer.message);
    let why = "podman, buildah and skopeo read the system store, and the first certs.d folder for the registry that exists";
    chosen_root::with_command(case, Finding::new(&UNTRUSTED, what, why))
}

/// The result for each person: by `accepted` for the person who was asked, for the others by the files that these programs read.
fn judge_people(case: &Case<'_>, accepted: Option<&Answer<'_, '_>>) -> CheckResult {
    let people = podman_folders(&case.evidence.facts);
    let results =
        people.into_iter().filter_map(|(user, paths)| match accepted.filter(|answer| answer.is_for(user)) {
            Some(Answer { tool, .. }) => {
                Some(CheckResult::passed(format!("{} accepts {}", tool.program, tool.endpoint)))
            }
            None => (!case.chain.is_empty()).then(|| judge_user(case, user, &paths)),
        });
    results
        .reduce(
            |first, next| if first.state == CheckState::Passed { next } else { first.with(next.findings) },
        )
        .unwrap_or_else(|| CheckResult::skipped("not checked (no certificate received)"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{
        Evidence, diagnose,
        evidence::{Asked, FileForm, FileSeen},
    };

    /// A machine on which alice calls sudo: the machine's folder holds the CA, and her own folder, which is empty, hides it.
    fn with_sudo() -> Evidence {
        let text = include_str!("../../../../tests/evidence/untrusted-podman.json");
        let mut evidence: Evidence = serde_json::from_str(text).expect("evidence");
        let alice = User { name: "alice".into(), uid: 1000, gid: 1000, home: "/home/alice".into() };
        let path = alice.home.join(".config/containers/certs.d");
        evidence.facts.invoker = Some(alice);
        let name = Case::new(&evidence).endpoint().certs_d_folder();
        let chain = evidence.servers.iter().find_map(|server| server.reached.chain()).expect("a chain");
        let certificates = chain.last().cloned().into_iter().collect();
        let file = FileSeen { name: "ca.crt".into(), form: FileForm::Pem, certificates, hidden: Vec::new() };
        let folder =
            |files| Asked::Answered(vec![FolderSeen { name: name.clone(), files: Asked::Answered(files) }]);
        evidence.trust.certs_d[1].folders = folder(vec![file]);
        evidence.trust.certs_d.push(CertsDSeen { path, folders: folder(Vec::new()) });
        evidence
    }

    #[test]
    fn an_acceptance_counts_for_the_person_who_was_asked() {
        for (user, expected) in [(None, vec!["certsd-masked"]), (Some("alice"), vec![])] {
            let mut evidence = with_sudo();
            let tool = evidence.client.containers.as_mut().expect("a tool");
            tool.answer = Asked::Answered("".into());
            tool.user = user.map(str::to_owned);
            let findings = diagnose(&evidence).findings;
            let codes = findings.iter().map(|finding| finding.code.id);
            let codes: Vec<_> = codes.filter(|code| *code != "untrusted-system").collect();
            assert_eq!(codes, expected, "{user:?}: {findings:?}");
        }
    }
}
