//! Whether the system's store trusts what is served: curl and git read it, and the docker command when
//! it fetches a token for a build.

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
    Check { id: "system", title: "system", codes: &[&UNTRUSTED, &BUILD_UNTRUSTED], judge };

const UNTRUSTED: Code = Code::error("untrusted-system").explaining(&["build-untrusted"]);
const BUILD_UNTRUSTED: Code = Code::warning("build-untrusted");

fn judge(case: &Case<'_>) -> CheckResult {
    let chain = &case.chain;
    if chain.is_empty() {
        return CheckResult::skipped("no certificate is presented");
    }
    let Some(bundle) = &case.evidence.trust.system else {
        return CheckResult::skipped("it is not known where");
    };
    if let Some(why) = anchors::fault(Some(bundle)) {
        return CheckResult::fault(why);
    }
    let shown = bundle.path.display();
    let roots = anchors::of_system(Some(bundle));
    if roots.iter().any(|root| leads_to(chain, root)) {
        return CheckResult::passed(format!("in {shown}"));
    }
    let with_trust = |finding| with_trust(case, finding, Scope::Everything, chain, &case.endpoint());
    let is_enough_for_docker = engine_trust::is_trusted(case);
    let old = roots.iter().find(|root| is_replaced(chain, root));
    if let Some(old) = old.filter(|_| is_enough_for_docker) {
        return with_trust(replaced(case, old)).into();
    }
    let mut findings = Vec::new();
    // Whoever asks for the registry alone wants docker to work; GitLab itself is for curl and git.
    let is_for_all = case.evidence.port.is_none() || case.registry == 443;
    if !is_enough_for_docker || is_for_all || engine_trust::pulls_by_system(case) {
        findings.push(untrusted(case, &bundle.path.display().to_string()));
    }
    if is_enough_for_docker {
        let what = format!(
            "docker login to {} works, and docker build will not: the CA is not in {shown}",
            case.endpoint()
        );
        let why = "for a build the docker command fetches the token itself, and reads the system store alone, as curl and git do";
        findings.push(Finding::new(&BUILD_UNTRUSTED, what, why));
    }
    CheckResult::of("", findings.into_iter().map(with_trust).collect())
}

fn untrusted(case: &Case<'_>, shown: &str) -> Finding {
    let why = if engine_trust::pulls_by_system(case) {
        "curl, git and docker build read this store, and docker pull for its token, since images are kept in containerd"
    } else {
        "curl, git and docker build read this store"
    };
    let what = format!("the certificate of {} leads to no CA in {shown}", case.endpoint());
    Finding::new(&UNTRUSTED, what, why)
}

/// Whether `chain` leads to a CA of the system's store.
pub(super) fn is_trusted(case: &Case<'_>, chain: &[Parsed]) -> bool {
    anchors::of_system(case.evidence.trust.system.as_ref()).iter().any(|root| leads_to(chain, root))
}
