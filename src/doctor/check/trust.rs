//! Whether the stores of this machine trust what is served.

use labtrust_platform::{Certificate, handshake::leads_to, world::engine};

use super::{Check, Verdict};
use crate::doctor::{Case, Code, Finding, Severity, evidence::Asked};

pub const SYSTEM: Check = Check { id: "system", title: "system", codes: &[&UNTRUSTED_SYSTEM], judge: system };
pub const DOCKER: Check = Check { id: "docker", title: "docker", codes: &[&UNTRUSTED_DOCKER], judge: docker };

const UNTRUSTED_SYSTEM: Code = Code { id: "untrusted-system", severity: Severity::Error, explains: &[] };
const UNTRUSTED_DOCKER: Code = Code { id: "untrusted-docker", severity: Severity::Error, explains: &[] };

/// The chain that the registry presents, as it was sent.
fn served<'e>(case: &Case<'e>) -> Option<&'e [Certificate]> {
    case.registry_server().and_then(|server| server.reached.chain())
}

fn system(case: &Case<'_>) -> Verdict {
    let Some(chain) = served(case) else { return Verdict::skipped("no certificate is presented") };
    let Some(bundle) = &case.evidence.trust.system else { return Verdict::skipped("it is not known where") };
    let candidates = match &bundle.candidates {
        Asked::Answered(candidates) => candidates,
        Asked::Failed(why) => return Verdict::fault(why.clone()),
        Asked::Not => return Verdict::fault("it was not read"),
    };
    if candidates.iter().any(|root| leads_to(chain, root, case.host())) {
        return Verdict::passed(format!("in {}", bundle.path.display()));
    }
    Finding::new(
        &UNTRUSTED_SYSTEM,
        format!("the certificate of {} leads to no CA in {}", case.endpoint(), bundle.path.display()),
        "curl, git and docker build read this store",
    )
    .command(format!("labtrust trust {} --fingerprint SHA256", case.endpoint()))
    .into()
}

fn docker(case: &Case<'_>) -> Verdict {
    let Some(engine) = case.evidence.engines.first() else { return Verdict::skipped("no engine") };
    match engine.registries.get(&case.registry) {
        None | Some(Asked::Not) => Verdict::skipped("the engine was not asked"),
        Some(Asked::Failed(why)) => Verdict::fault(why.clone()),
        Some(Asked::Answered(body)) => match engine::judge(body) {
            engine::Reach::Accepted => Verdict::passed(format!("the engine accepts {}", case.endpoint())),
            engine::Reach::Refused(message) => Finding::new(
                &UNTRUSTED_DOCKER,
                format!("the engine says: {message}"),
                "Docker has its own idea of trust",
            )
            .command(format!("labtrust trust {} --fingerprint SHA256", case.endpoint()))
            .into(),
            engine::Reach::Unknown(message) => Verdict::fault(format!("the engine says: {message}")),
        },
    }
}
