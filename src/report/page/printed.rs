//! What `page` prints: where the page is, and what the administrator tells people in another way.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use labtrust_plan::Fingerprint;
use serde_json::{Value, json};

use super::{
    site::{Site, SiteFile},
    subject::Subject,
};
use crate::context::Context;

/// The site was written into `folder`, in place of what was `removed`.
pub(crate) fn written(
    context: &Context<'_>,
    subject: &Subject<'_>,
    site: &Site,
    (folder, removed): (&Path, &[PathBuf]),
    notes: &[String],
) {
    for file in &site.files {
        context.printer.say(format_args!("written: {}", folder.join(&file.path).display()));
    }
    for path in removed {
        context.printer.say(format_args!("removed: {}", path.display()));
    }
    tell(context, subject, site, notes);
    let path = |file: &SiteFile| json!(folder.join(&file.path));
    context.printer.document(&document(subject, site, notes, path, removed, None));
}

/// The site is served at `address` from now on.
pub(crate) fn serving(
    context: &Context<'_>,
    subject: &Subject<'_>,
    site: &Site,
    address: SocketAddr,
    notes: &[String],
) {
    let url = format!("http://{address}/");
    context.printer.say(format_args!("serving: {url}"));
    tell(context, subject, site, notes);
    context.printer.say("The page is served until you press Ctrl-C.");
    let path = |file: &SiteFile| json!(file.path);
    context.printer.document(&document(subject, site, notes, path, &[], Some(&url)));
}

/// What people need from the administrator, and not from the page.
fn tell(context: &Context<'_>, subject: &Subject<'_>, site: &Site, notes: &[String]) {
    let printer = context.printer;
    for note in notes {
        printer.aside(note);
    }
    printer.heading("Tell people these in another way, such as in person or in a chat that they trust:");
    for anchor in subject.anchors {
        printer.say(format_args!("  fingerprint            {}", anchor.sha256()));
    }
    for file in site.files.iter().filter(|file| is_script(file)) {
        printer.say(format_args!("  {:<22} SHA-256 {}", file.path, Fingerprint::of(&file.contents)));
    }
}

fn is_script(file: &SiteFile) -> bool {
    [".sh", ".ps1"].iter().any(|ending| file.path.ends_with(ending))
}

fn document(
    subject: &Subject<'_>,
    site: &Site,
    notes: &[String],
    path: impl Fn(&SiteFile) -> Value,
    removed: &[PathBuf],
    url: Option<&str>,
) -> Value {
    let anchors = subject.anchors.iter();
    let anchors = anchors.map(|anchor| json!({ "sha256": anchor.sha256(), "endpoints": anchor.endpoints }));
    let files = site.files.iter().map(|file| {
        json!({ "path": path(file), "media_type": file.media_type, "sha256": Fingerprint::of(&file.contents) })
    });
    json!({
        "anchors": anchors.collect::<Vec<_>>(),
        "files": files.collect::<Vec<_>>(),
        "removed": removed,
        "url": url,
        "notes": notes,
    })
}
