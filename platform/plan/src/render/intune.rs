//! `intune`: the script of `powershell` as the two scripts of a remediation, the certificates for a profile, and how the same is
//! done by a group policy.

use super::{
    parts,
    powershell::{Start, script},
    rendering::{Order, Rendered, RenderedFile, Rendering},
};

pub(super) const RENDERING: Rendering = Rendering {
    id: "intune",
    title: "a remediation for Microsoft Intune, and the way by group policy",
    stores: &[],
    serves: "the Root store of Windows machines, by Microsoft Intune or by group policy",
    judged: "tree-sitter's grammar of PowerShell; not run on Windows",
    render: |order| Ok(rendered(order)),
};

fn rendered(order: &Order<'_>) -> Rendered {
    let (action, check) = if order.is_removal { ("remove", "untrusted") } else { ("apply", "trusted") };
    // Intune takes every other exit code for a fault.
    let remediate = Start { action, check, restart: "0" };
    let detect = Start { action: "check", ..remediate };
    let mut files = vec![
        RenderedFile::text("detect.ps1", script(order.anchors, &detect)),
        RenderedFile::text("remediate.ps1", script(order.anchors, &remediate)),
    ];
    if !order.is_removal {
        let certificate = |anchor: &crate::Anchor| {
            RenderedFile::text(format!("{}.cer", anchor.file_stem()), anchor.certificate.pem())
        };
        files.extend(order.anchors.iter().map(certificate));
    }
    let does = if order.is_removal { "removes" } else { "adds" };
    let commands: Vec<_> = order.anchors.iter().map(|anchor| {
        if order.is_removal {
            format!("certutil -viewdelstore \"ldap:///CN=Certification Authorities,CN=Public Key Services,CN=Services,CN=Configuration,DC=example,DC=com\"  # SHA-256 {}", anchor.sha256())
        } else {
            format!("certutil -dspublish -f {}.cer RootCA", anchor.file_stem())
        }
    }).collect();
    files.push(parts::readme(
        &RENDERING,
        order,
        include_str!("intune/README.md"),
        &[("DOES", does), ("DSPUBLISH", &commands.join("\n"))],
    ));
    let notes = vec!["The scripts were parsed by a grammar of PowerShell and not run on Windows: assign them to a test group first.".into()];
    Rendered { files, notes }
}
