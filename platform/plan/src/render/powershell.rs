//! `powershell`: one script for Windows that needs no program of ours. It serves the Root store of the machine, by the SHA-256 of
//! each certificate, and ends with the same JSON document as the script of `shell`.

use super::{
    rendering::{Order, Rendered, RenderedFile, Rendering},
    template::filled,
};
use crate::Anchor;

pub(super) const RENDERING: Rendering = Rendering {
    id: "powershell",
    title: "one script for Windows: labtrust-trust.ps1",
    stores: &[],
    serves: "the Root store of a Windows machine, which Edge, Chrome, Firefox from 120 on, .NET, curl and Docker Desktop read",
    judged: "tree-sitter's grammar of PowerShell; not run on Windows",
    render: |order| Ok(rendered(order)),
};

const NOTES: [&str; 2] = [
    "The script was parsed by a grammar of PowerShell and not run on Windows: try it on one machine first, with the word check.",
    "It serves the machine's Root store. It names Docker Desktop, WSL and Java, and leaves them to a restart, to the shell script and to the program.",
];

/// What a script does when it is started without words.
pub(super) struct Start {
    /// The word that is meant.
    pub action: &'static str,
    /// The state for which `check` asks.
    pub check: &'static str,
    /// The exit code when a restart is left.
    pub restart: &'static str,
}

fn rendered(order: &Order<'_>) -> Rendered {
    let action = if order.is_removal { "remove" } else { "apply" };
    let script = script(order.anchors, &Start { action, check: "trusted", restart: "4" });
    let files = vec![RenderedFile::text("labtrust-trust.ps1", script)];
    Rendered { files, notes: NOTES.map(str::to_owned).to_vec() }
}

/// The script for `anchors`.
pub(super) fn script(anchors: &[Anchor], start: &Start) -> String {
    let rows = anchors.iter().map(|anchor| {
        let (sha256, name) = (anchor.sha256(), anchor.file_stem());
        format!(
            "@{{ Sha256 = '{sha256}'; Name = '{name}'; Bytes = $null; Base64 = '{}' }}",
            anchor.certificate.base64()
        )
    });
    let rows = rows.collect::<Vec<_>>().join("\n");
    let values =
        [("ACTION", start.action), ("CHECK", start.check), ("RESTART", start.restart), ("ANCHORS", &rows)];
    filled(include_str!("powershell/labtrust-trust.ps1"), &values)
}
