//! Checks that the registry accepts the key and the issuer of GitLab's tokens.

use super::subject::Server;
use crate::doctor::{Code, Finding, evidence::Asked};

pub(super) const KEY_MISMATCH: Code = Code::error("token-key-mismatch").explaining(FOLLOWS);
pub(super) const ISSUER_MISMATCH: Code = Code::error("token-issuer-mismatch").explaining(FOLLOWS);

const FOLLOWS: &[&str] = &["token-refused"];

pub(super) fn findings(server: Server<'_>) -> Vec<Finding> {
    let Some(keys) = &server.gitlab.token_keys else { return Vec::new() };
    let mut findings = Vec::new();
    if keys.fits == Asked::Answered(Some(false)) {
        let (key, certificate) = (keys.key.display(), keys.certificate.display());
        let what = format!("{key} is not the key of a certificate in {certificate}");
        let why = "GitLab signs the tokens of docker login with this key, and the registry accepts only tokens signed by \
                   the key of this certificate";
        findings.push(
            Finding::new(&KEY_MISMATCH, what, why)
                .advise(
                    "reconfigure writes both from /etc/gitlab/gitlab-secrets.json (registry: internal_key, \
                     internal_certificate). If that file comes from another server, restore it from the backup of this \
                     one; a registry on a machine of its own needs a copy of the certificate. Then:",
                )
                .command(server.reconfigure())
                .command(server.control(&["restart", "registry"])),
        );
    }
    if let (Some(signs), Some(accepts)) = (&keys.gitlab_issuer, &keys.registry_issuer)
        && signs != accepts
    {
        let what =
            format!("GitLab signs its tokens as {signs}, and the registry accepts only tokens of {accepts}");
        let why = "the registry refuses every token of another issuer, and so every login";
        findings.push(
            Finding::new(&ISSUER_MISMATCH, what, why)
                .advise(format!(
                    "set gitlab_rails['registry_issuer'] = '{accepts}' in {}; for a registry of its own, give its issuer \
                     (REGISTRY_AUTH_TOKEN_ISSUER) this value instead. Then:",
                    server.gitlab.gitlab_rb.display()
                ))
                .command(server.reconfigure()),
        );
    }
    findings
}
