//! Checks that the system store trusts the server's CA. curl and git read it, and the docker command when it gets the
//! token of a build.

use labtrust_plan::store::Scope;

use super::{
    anchors::{self, is_replaced, leads_to},
    chosen_root::with_trust,
    classify::replaced,
    engine_trust,
};
use crate::{
    certificate::Parsed,
    doctor::{
        Case, Code, Finding,
        check::{Check, CheckResult},
    },
};

pub(crate) const CHECK: Check =
    Check { id: "system", title: "trust: system", codes: &[&UNTRUSTED, &BUILD_UNTRUSTED], judge };

const UNTRUSTED: Code = Code::error("untrusted-system").explaining(&["build-untrusted"]);
const BUILD_UNTRUSTED: Code = Code::warning("build-untrusted");

fn judge(case: &Case<'_>) -> CheckResult {
    let chain = &case.chain;
    if chain.is_empty() {
        return CheckResult::skipped("not checked (no certificate received)");
    }
    let Some(bundle) = &case.evidence.trust.system else {
        return CheckResult::skipped("not checked (no known system store)");
    };
    if let Some(why) = anchors::fault(Some(bundle)) {
        return CheckResult::fault(why);
    }
    let shown = bundle.path.display();
    let roots = anchors::of_system(Some(bundle));
    if roots.iter().any(|root| leads_to(chain, root)) {
        return CheckResult::passed(format!("CA in {shown}"));
    }
    let with_trust = |finding| with_trust(case, finding, Scope::Everything, chain, &case.endpoint());
    let is_enough_for_docker = engine_trust::is_trusted(case);
    let old = roots.iter().find(|root| is_replaced(chain, root));
    if let Some(old) = old.filter(|_| is_enough_for_docker) {
        return with_trust(replaced(case, old)).into();
    }
    let mut findings = Vec::new();
    // A user who names the registry's port wants Docker to work; GitLab's own port is for curl and git.
    let is_for_all = case.evidence.port.is_none() || case.registry == 443;
    if !is_enough_for_docker || is_for_all || engine_trust::pulls_by_system(case) {
        findings.push(untrusted(case, &bundle.path.display().to_string()));
    }
    if is_enough_for_docker {
        let what = format!(
            "docker login to {} works, but docker build will fail: the CA is not in {shown}",
            case.endpoint()
        );
        let why = "docker build gets its token with the docker command, which reads only the system store, as curl \
                   and git do";
        findings.push(Finding::new(&BUILD_UNTRUSTED, what, why));
    }
    CheckResult::of("", findings.into_iter().map(with_trust).collect())
}

fn untrusted(case: &Case<'_>, shown: &str) -> Finding {
    let why = if engine_trust::pulls_by_system(case) {
        "curl, git and docker build read this store, and so does docker pull for its token (containerd image store)"
    } else {
        "curl, git and docker build read this store"
    };
    let what = format!("the CA that signed the certificate of {} is not in {shown}", case.endpoint());
    Finding::new(&UNTRUSTED, what, why)
}

/// Whether `chain` leads to a CA in the system store.
pub(super) fn is_trusted(case: &Case<'_>, chain: &[Parsed]) -> bool {
    anchors::of_system(case.evidence.trust.system.as_ref()).iter().any(|root| leads_to(chain, root))
}
