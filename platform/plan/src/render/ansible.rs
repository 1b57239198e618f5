//! `ansible`: a collection with a role whose one task sends the shell script to each host. The script is the one that
//! `shell` renders. The plugin writes the certificates of a host's variables into it, so that a rotation is a change of variables.

use std::fmt::Write as _;

use super::{
    parts,
    rendering::{Order, Rendered, RenderedFile, Rendering, Unrenderable},
    shell,
    template::filled,
};
use crate::{Anchor, Endpoint, hint, store};

pub(super) const RENDERING: Rendering = Rendering {
    id: "ansible",
    title: "a collection for Ansible: ansible-playbook -i INVENTORY trust.yml",
    stores: shell::RENDERING.stores,
    serves: shell::RENDERING.serves,
    judged: "a fleet of hosts with SSH servers; ansible-lint (production), ansible-test sanity, molecule, yamllint",
    render,
};

/// The folder of the collection, below the folder of the rendering.
const COLLECTION: &str = "ansible_collections/labtrust/trust";

/// The files of the collection that are the same for every CA, by their paths in it.
const FILES: [(&str, &str); 14] = [
    ("galaxy.yml", include_str!("ansible/galaxy.yml")),
    ("CHANGELOG.md", include_str!("ansible/CHANGELOG.md")),
    ("meta/runtime.yml", include_str!("ansible/runtime.yml")),
    ("plugins/action/labtrust_trust.py", include_str!("ansible/action.py")),
    ("plugins/modules/labtrust_trust.py", include_str!("ansible/module.py")),
    ("plugins/plugin_utils/script.py", include_str!("ansible/script.py")),
    ("plugins/callback/jsonl.py", include_str!("ansible/callback.py")),
    ("roles/labtrust/tasks/main.yml", include_str!("ansible/tasks.yml")),
    ("roles/labtrust/meta/main.yml", include_str!("ansible/meta.yml")),
    ("roles/labtrust/meta/argument_specs.yml", include_str!("ansible/argument_specs.yml")),
    ("tests/sanity/ignore-2.19.txt", include_str!("ansible/ignore.txt")),
    ("extensions/molecule/default/molecule.yml", include_str!("ansible/molecule/molecule.yml")),
    ("extensions/molecule/default/converge.yml", include_str!("ansible/molecule/converge.yml")),
    ("extensions/molecule/default/verify.yml", include_str!("ansible/molecule/verify.yml")),
];

const NOTES: [&str; 2] = [
    "Run it from the folder of trust.yml: ANSIBLE_COLLECTIONS_PATH=. ansible-playbook -i INVENTORY trust.yml",
    shell::NOTE,
];

fn render(order: &Order<'_>) -> Result<Rendered, Unrenderable> {
    // The plugin does not know the names of a server's certificate.
    let refused = order.anchors.iter().filter(|_| !order.is_removal).find_map(store::chromium_refusal);
    if let Some((name, what)) = refused {
        return Err(Unrenderable { what, hint: hint!("name that host too: --for {}", name) });
    }
    let in_collection = |path: &str, text: String| RenderedFile::text(format!("{COLLECTION}/{path}"), text);
    let gaps = [("VERSION", env!("CARGO_PKG_VERSION")), ("STATE", state(order))];
    let mut files = vec![RenderedFile::text("trust.yml", include_str!("ansible/trust.yml"))];
    let fixed = FILES.map(|(path, text)| in_collection(path, filled(text, &gaps)));
    files.extend(fixed);
    let readme = parts::readme(&RENDERING, order, include_str!("ansible/README.md"), &gaps).contents;
    files.push(in_collection("README.md", readme.clone()));
    files.push(in_collection("roles/labtrust/README.md", readme));
    files.push(in_collection("roles/labtrust/defaults/main.yml", defaults(order)));
    files.push(in_collection("roles/labtrust/files/labtrust-trust.sh", shell::script(order)?));
    Ok(Rendered { files, notes: NOTES.map(str::to_owned).to_vec() })
}

fn state(order: &Order<'_>) -> &'static str {
    if order.is_removal { "absent" } else { "present" }
}

/// The defaults of the role: the CAs of the order.
fn defaults(order: &Order<'_>) -> String {
    let common = order.anchors.first().map(|anchor| &anchor.endpoints[..]).unwrap_or_default();
    let is_common = order.anchors.iter().all(|anchor| anchor.endpoints == common);
    let mut text = String::from(
        "---\n# The CAs, and the registries and servers for which they are trusted.\nlabtrust_anchors:\n",
    );
    for anchor in order.anchors {
        certificate(&mut text, anchor);
        if !is_common {
            endpoints(&mut text, "    endpoints", &anchor.endpoints);
        }
    }
    endpoints(&mut text, "labtrust_endpoints", if is_common { common } else { &[] });
    // Writing into a string cannot fail.
    let _ =
        write!(text, "labtrust_state: {}\nlabtrust_restart: false\nlabtrust_timeout: 120\n", state(order));
    text
}

fn certificate(text: &mut String, anchor: &Anchor) {
    let _ = writeln!(text, "  # SHA-256 {}\n  - certificate: |", anchor.sha256());
    for line in anchor.certificate.pem().lines() {
        let _ = writeln!(text, "      {line}");
    }
}

/// A list of endpoints, indented as its `name` is.
fn endpoints(text: &mut String, name: &str, endpoints: &[Endpoint]) {
    let indent = name.len() - name.trim_start().len();
    let end = if endpoints.is_empty() { " []" } else { "" };
    let _ = writeln!(text, "{name}:{end}");
    for endpoint in endpoints {
        let _ = writeln!(text, "{:indent$}  - \"{endpoint}\"", "");
    }
}
