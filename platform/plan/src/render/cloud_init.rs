//! `cloud-init`: user data with which a new machine trusts the CAs at its first start: `ca_certs` for the system store, and
//! `write_files` for the registries of Docker and podman.

use std::fmt::Write as _;

use super::{
    parts,
    rendering::{Order, Rendered, RenderedFile, Rendering, Unrenderable},
};
use crate::store::PODMAN_MACHINE;

pub(super) const RENDERING: Rendering = Rendering {
    id: "cloud-init",
    title: "user data for new machines: ca_certs and write_files",
    stores: &["system", "docker", "podman"],
    serves: "the system store, and the registries of Docker and podman, at a machine's first start",
    judged: "cloud-init schema",
    render,
};

/// The most bytes that Amazon EC2 takes as user data, before they are encoded.
const MOST_BYTES: usize = 16 * 1024;

fn render(order: &Order<'_>) -> Result<Rendered, Unrenderable> {
    if order.is_removal {
        return Err(Unrenderable::removal(
            "cloud-init acts at a machine's first start, so it removes nothing",
            "remove it with the script: {labtrust render --as shell --remove}",
        ));
    }
    let user_data = user_data(order)?;
    let mut notes = vec!["cloud-init proves nothing: ask a new machine, as the README shows.".to_owned()];
    if user_data.len() > MOST_BYTES {
        notes.push(format!(
            "The user data has {} bytes, and Amazon EC2 takes {MOST_BYTES}: compress it with gzip, or name fewer endpoints.",
            user_data.len()
        ));
    }
    let readme = parts::readme(&RENDERING, order, include_str!("cloud_init/README.md"), &[]);
    Ok(Rendered { files: vec![RenderedFile::text("user-data.yaml", user_data), readme], notes })
}

fn user_data(order: &Order<'_>) -> Result<String, Unrenderable> {
    let mut text = String::from(
        "#cloud-config\n# Trusts the CA of a private GitLab. Rendered by labtrust; the certificates are public.\nca_certs:\n  trusted:\n",
    );
    for anchor in order.anchors {
        text.push_str("    - |\n");
        lines(&mut text, "      ", &anchor.certificate.pem());
    }
    let registries = parts::registries(order)?;
    if !registries.is_empty() {
        text.push_str("write_files:\n");
    }
    for (anchor, _, folder) in registries {
        for certs_d in PODMAN_MACHINE {
            let path = super::template::quoted(&format!("{certs_d}/{folder}/{}", anchor.file_name()));
            // Writing into a string cannot fail.
            let _ = write!(
                text,
                "  - path: {path}\n    owner: 'root:root'\n    permissions: '0644'\n    content: |\n"
            );
            lines(&mut text, "      ", &anchor.certificate.pem());
        }
    }
    Ok(text)
}

fn lines(text: &mut String, margin: &str, lines: &str) {
    for line in lines.lines() {
        text.push_str(margin);
        text.push_str(line);
        text.push('\n');
    }
}
