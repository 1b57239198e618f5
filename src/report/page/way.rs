//! The ways to install the CA, one for each kind of system.

use labtrust_plan::{Anchor, Fingerprint};

use super::{
    parts::{Parts, part},
    program::Program,
    site::SiteFile,
    subject::Subject,
};
use crate::report::html::{self, fill};

const WAYS: &str = include_str!("ways.html");

/// The name of the certificate's file as DER: its SHA-256 is the fingerprint.
pub(super) fn der_name(anchor: &Anchor) -> String {
    format!("{}.cer", anchor.file_stem())
}

/// All ways, with the words of `texts`.
pub(super) fn ways(texts: &Parts, subject: &Subject<'_>, downloads: &[SiteFile]) -> String {
    let text = |name| part(texts, name);
    let named = |ending: &str| {
        let file = downloads.iter().find(|file| file.path.ends_with(ending));
        file.map(|file| file.path.clone()).unwrap_or_default()
    };
    let file = |ending: &str| {
        let file = downloads.iter().find(|file| file.path.ends_with(ending));
        file.map(listed).unwrap_or_default()
    };
    let (sh, ps1, profile) = (named(".sh"), named(".ps1"), named(".mobileconfig"));
    let certutil =
        subject.anchors.iter().map(|anchor| format!("certutil -hashfile {} SHA256", der_name(anchor)));
    let buttons = subject.anchors.iter().zip(subject.certificates).map(|(anchor, certificate)| {
        let name = der_name(anchor);
        // Among several, each has its name.
        let which = match subject.anchors {
            [_] => String::new(),
            _ => format!(
                " <small>{}</small>",
                html::text(certificate.common_name.as_deref().unwrap_or_default())
            ),
        };
        format!("<a class=\"button\" href=\"{name}\" download>{}{which}</a>", text("get_certificate"))
    });
    let pem = subject.anchors.iter().map(|anchor| {
        let name = anchor.file_name();
        format!("<a href=\"{name}\" download>{name}</a>")
    });
    let command = html::text(&subject.command.clone().after("sudo").to_string());
    let programs = |id| programs(text("programs"), subject.programs, id);
    let mut parts = texts.clone();
    parts.extend([
        ("cer_buttons", buttons.collect()),
        ("profile_button", format!("<a class=\"button\" href=\"{profile}\">{}</a>", text("get_profile"))),
        ("pem_links", pem.collect::<Vec<_>>().join(", ")),
        ("sh_file", file(".sh")),
        ("ps1_file", file(".ps1")),
        ("sh", sh),
        ("ps1", ps1),
        ("certutil", certutil.collect::<Vec<_>>().join("\n")),
        ("windows_programs", programs("windows")),
        ("mac_programs", programs("mac")),
        ("linux_programs", programs("linux")),
        (
            "command",
            format!(
                "<div class=\"command\"><pre><code>{command}</code></pre><button class=\"copy\" type=\"button\" \
                 data-text=\"{command}\" data-done=\"{}\" hidden>{}</button></div>",
                text("copied"),
                text("copy")
            ),
        ),
    ]);
    fill(WAYS, &parts)
}

/// The programs for the system `id`.
fn programs(heading: &str, programs: &[Program], id: &str) -> String {
    let files: String = programs.iter().filter(|one| one.is_for(id)).map(|one| listed(&one.file())).collect();
    if files.is_empty() { String::new() } else { format!("<p>{heading}</p>{files}") }
}

/// A link to `file`, with its SHA-256.
fn listed(file: &SiteFile) -> String {
    let (name, sha256) = (&file.path, Fingerprint::of(&file.contents));
    format!(
        "<p class=\"file\"><a href=\"{name}\" download>{name}</a> <span class=\"hash\">SHA-256 <code \
         translate=\"no\">{sha256}</code></span></p>"
    )
}
