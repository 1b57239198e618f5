//! `kubernetes`: a `DaemonSet` that writes the CAs into containerd's folder of registries on each node, without privileges, and
//! the CAs for programs in pods. containerd loads the `*.crt` of a folder without `hosts.toml`; a new `hosts.toml` would hide what
//! others put there.

use super::{
    parts,
    rendering::{Order, Rendered, RenderedFile, Rendering, Unrenderable},
    template::{filled, literal},
};
use crate::{Anchor, Fingerprint, shell_word, store};

pub(super) const RENDERING: Rendering = Rendering {
    id: "kubernetes",
    title: "a DaemonSet for nodes, a ConfigMap or Bundle for pods",
    stores: &["containerd"],
    serves: "containerd on each node, and programs in pods that are pointed to the ConfigMap",
    judged: "kubernetes-validate --strict; containerd 1.6 and 2.1 pull with what the init container wrote; of the Bundle, only the documentation was read",
    render,
};

/// The folder of registries that containerd's settings name.
const FOLDER: &str = "/etc/containerd/certs.d";

fn render(order: &Order<'_>) -> Result<Rendered, Unrenderable> {
    let registries = if order.is_removal { Vec::new() } else { parts::registries(order)? };
    if registries.is_empty() && !order.is_removal {
        return Err(Unrenderable {
            what: "containerd trusts a CA for one registry at a time, and no registry is known".into(),
            hint: "name it: --for HOST:PORT".into(),
        });
    }
    let rows = registries.iter().map(|(anchor, endpoint, folder)| {
        let first = store::registry_folders(endpoint).find(|name| name != folder).unwrap_or_default();
        let words = [folder.as_str(), &first, &endpoint.to_string(), &anchor.file_name()].map(shell_word);
        format!("registry {}", words.join(" "))
    });
    let rows = rows.collect::<Vec<_>>().join("\n");
    let names: Vec<_> = order.anchors.iter().map(Anchor::file_name).collect();
    let only = shell_word(&if order.is_removal { names.join(" ") } else { String::new() });
    let script = filled(include_str!("kubernetes/install.sh"), &[("REGISTRIES", &rows), ("ONLY", &only)]);
    let mut certificates = String::new();
    if !order.is_removal {
        for anchor in order.anchors {
            certificates.push_str(&literal(&anchor.file_name(), &anchor.certificate.pem()));
        }
    }
    let checksum = Fingerprint::of(format!("{certificates}{script}").as_bytes()).to_string();
    let values = [
        ("CERTIFICATES", certificates.as_str()),
        ("SCRIPT", &script),
        ("CHECKSUM", &checksum),
        ("FOLDER", FOLDER),
    ];
    let mut files =
        vec![RenderedFile::text("labtrust.yaml", filled(include_str!("kubernetes/labtrust.yaml"), &values))];
    if !order.is_removal {
        files.extend(for_pods(order));
    }
    files.push(parts::readme(&RENDERING, order, include_str!("kubernetes/README.md"), &values[3..]));
    Ok(Rendered {
        files,
        notes: vec![format!("containerd must name the folder {FOLDER} in its settings: see README.md.")],
    })
}

/// The CAs for programs in pods, as a `ConfigMap` and as a Bundle.
fn for_pods(order: &Order<'_>) -> [RenderedFile; 2] {
    let bundle = parts::bundle(order.anchors);
    let hashed: String = parts::hashed(order).iter().map(|(name, pem)| literal(name, pem)).collect();
    let values = [("BUNDLE", bundle.as_str()), ("HASHED", &hashed)];
    [
        RenderedFile::text("pods.yaml", filled(include_str!("kubernetes/pods.yaml"), &values)),
        RenderedFile::text("bundle.yaml", filled(include_str!("kubernetes/bundle.yaml"), &values)),
    ]
}
