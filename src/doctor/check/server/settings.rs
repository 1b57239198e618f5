//! Checks gitlab.rb: lines without effect, and a missing line that lets Let's Encrypt replace the certificate.

use labtrust_plan::ShellLine;

use super::subject::Server;
use crate::{
    certificate::Parsed,
    doctor::{
        Code, Finding,
        evidence::{LetsEncrypt, SiteSeen},
    },
};

pub(super) const IGNORED: Code = Code::warning("setting-ignored").explaining(&["letsencrypt-will-take-over"]);
pub(super) const LETS_ENCRYPT: Code = Code::warning("letsencrypt-will-take-over");

pub(super) fn findings(server: Server<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for remark in &server.settings.ignored {
        let what = format!("in {}, {remark}", server.gitlab.gitlab_rb.display());
        let why =
            "gitlab.rb is a Ruby program: the line is valid, but has no effect, and GitLab reports no error";
        findings.push(
            Finding::new(&IGNORED, what, why).advise("correct the line, then:").command(server.reconfigure()),
        );
    }
    findings.extend(lets_encrypt(server));
    findings
}

/// The line of a file that labtrust cannot follow, if there is one: that file may set anything.
pub(super) fn unread(server: Server<'_>) -> Option<String> {
    server.settings.unread.first().map(ToString::to_string)
}

fn lets_encrypt(server: Server<'_>) -> Option<Finding> {
    let site = server.settings.sites.first()?;
    let is_theirs = site.in_settings.leaf().is_some_and(|leaf| {
        Parsed::from_der(leaf.der()).is_ok_and(|leaf| leaf.issuer.contains("Let's Encrypt"))
    });
    let is_missing = |site: &SiteSeen| site.in_settings.leaf().is_none() && site.in_settings.is_missing();
    let how = match server.settings.lets_encrypt {
        LetsEncrypt::On if !is_theirs => "is on",
        LetsEncrypt::Itself if !is_theirs => "was turned on by GitLab itself before",
        LetsEncrypt::WithoutPair if is_missing(site) => "turns itself on while there is no certificate",
        _ => return None,
    };
    let file = server.gitlab.gitlab_rb.display().to_string();
    let what = format!(
        "Let's Encrypt {how}: the next `{}` replaces {}, or fails",
        server.gitlab.reconfigure,
        site.in_settings.certificate.display()
    );
    let why = "unless gitlab.rb sets letsencrypt['enable'] = false, GitLab can ask Let's Encrypt for a certificate, \
               which fails on a private network";
    let finding = Finding::new(&LETS_ENCRYPT, what, why)
        .command(
            ShellLine::of(["sudo", "tee", "-a", &file]).after(r#"echo "letsencrypt['enable'] = false" |"#),
        )
        .command(server.reconfigure());
    Some(finding)
}
