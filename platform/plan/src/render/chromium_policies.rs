//! `chromium-policies`: the managed policy that names the CAs, as the store `chromium-policy` writes it.

use super::{
    parts,
    rendering::{Order, Rendered, RenderedFile, Rendering, Unrenderable},
};
use crate::{Hint, store};

pub(super) const RENDERING: Rendering = Rendering {
    id: "chromium-policies",
    title: "the managed policy of Chromium, Chrome and Brave",
    stores: &["chromium-policy"],
    serves: "Chromium, Chrome and Brave for every user of a Linux machine; on Windows and macOS the same value as a policy",
    judged: "chromium 156 obeys it",
    render,
};

const FILE: &str = "labtrust.json";

fn render(order: &Order<'_>) -> Result<Rendered, Unrenderable> {
    let (policies, folders) = store::chromium_policies(if order.is_removal { &[] } else { order.anchors })
        .map_err(|what| Unrenderable { what, hint: "name each server: --for HOST:PORT".into() })?;
    if order.is_removal {
        let lines =
            folders.iter().map(|(_, folder)| crate::shell_line!("sudo rm -f {}", format!("{folder}/{FILE}")));
        return Err(Unrenderable::removal(
            "a policy is removed with its file",
            Hint::from("remove the file from each machine:").lines(lines),
        ));
    }
    let places: Vec<_> =
        folders.iter().map(|(title, folder)| format!("| {title} | `{folder}/{FILE}` |")).collect();
    let keys: Vec<_> =
        policies.as_object().into_iter().flatten().map(|(key, _)| format!("`{key}`")).collect();
    let values = [("PLACES", places.join("\n")), ("KEYS", keys.join(" and "))];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let files = vec![
        RenderedFile::text(FILE, format!("{policies:#}\n")),
        parts::readme(&RENDERING, order, include_str!("chromium_policies/README.md"), &values),
    ];
    Ok(Rendered {
        files,
        notes: vec!["Of several policy files with one key, a browser uses one alone: see README.md.".into()],
    })
}
