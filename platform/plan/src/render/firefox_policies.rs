//! `firefox-policies`: policies.json with which Firefox and Thunderbird follow the system store. They contain no CA: one that a
//! policy imports (`Certificates.Install`) stays in every profile when the policy is gone.

use serde_json::{Value, json};

use super::{
    parts,
    rendering::{Order, Rendered, RenderedFile, Rendering},
};
use crate::store;

pub(super) const RENDERING: Rendering = Rendering {
    id: "firefox-policies",
    title: "policies.json, with which Firefox follows the system store",
    stores: &["firefox-policy"],
    serves: "Firefox and Thunderbird for every user, where the system store contains the CA",
    judged: "firefox-esr 153 obeys it, and its removal; on Windows and macOS it was not run",
    render: |order| Ok(rendered(order)),
};

/// The name of p11-kit's module among the security devices. labtrust's own policy has another name, so `labtrust trust` leaves
/// this module as somebody else's.
const DEVICE: &str = "p11-kit-trust";

/// The architectures of Debian, as folders of libraries.
const ARCHITECTURES: [&str; 2] = ["x86_64-linux-gnu", "aarch64-linux-gnu"];

fn rendered(order: &Order<'_>) -> Rendered {
    let mut files = Vec::new();
    let mut rows = Vec::new();
    let mut add = |folder: &str, machines: &str, policies: &Value| {
        let path = format!("{folder}/policies.json");
        rows.push(format!("| `{path}` | {machines} |"));
        files.push(RenderedFile::text(path, format!("{:#}\n", json!({ "policies": policies }))));
    };
    for module in store::p11_kit_modules() {
        if module.contains('*') {
            for architecture in ARCHITECTURES {
                let module = module.replace('*', architecture);
                let short = architecture.split('-').next().unwrap_or_default();
                add(
                    &format!("debian-{short}"),
                    "Debian, Ubuntu and their relatives, with the package p11-kit-modules",
                    &device(&module, order.is_removal),
                );
            }
        } else {
            let folder = if module.contains("lib64") { "lib64" } else { "lib" };
            add(
                folder,
                &format!("other distributions whose p11-kit is `{module}`"),
                &device(module, order.is_removal),
            );
        }
    }
    if !order.is_removal {
        let policies = json!({ "Certificates": { "ImportEnterpriseRoots": true } });
        add("windows-macos", "Windows and macOS; from Firefox 120 on it is the default", &policies);
    }
    let places: Vec<_> =
        store::firefox_settings().map(|(program, path)| format!("- {program}: `{path}`")).collect();
    let values = [
        ("FILES", rows.join("\n")),
        ("PLACES", places.join("\n")),
        ("LINKED", store::firefox_reads_system_store().join(", ")),
        ("DEVICE", DEVICE.to_owned()),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    files.push(parts::readme(&RENDERING, order, include_str!("firefox_policies/README.md"), &values));
    let notes = vec![
        "Firefox follows the system store: bring the CA there too, with another rendering or `labtrust trust`."
            .into(),
    ];
    Rendered { files, notes }
}

fn device(module: &str, is_removal: bool) -> Value {
    // The module stays in each profile unless a policy deletes it.
    if is_removal {
        json!({ "SecurityDevices": { "Delete": [DEVICE] } })
    } else {
        json!({ "SecurityDevices": { "Add": { (DEVICE): module } } })
    }
}
