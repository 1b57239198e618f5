//! `devcontainer`: a feature of Dev Containers that runs the script of `shell` when the container's image is made.

use serde_json::json;

use super::{
    parts,
    rendering::{Order, Rendered, RenderedFile, Rendering, Unrenderable},
    shell,
};

pub(super) const RENDERING: Rendering = Rendering {
    id: "devcontainer",
    title: "a feature of Dev Containers",
    stores: &["system", "docker", "podman", "containerd"],
    serves: "the stores that the script of `shell` serves, in the image of a development container",
    judged: "what judges `shell`; the devcontainer CLI packages the feature and resolves it",
    render,
};

fn render(order: &Order<'_>) -> Result<Rendered, Unrenderable> {
    if order.is_removal {
        return Err(Unrenderable::removal(
            "the image of a development container is made again, and not changed",
            "remove \"./labtrust\" from the features in devcontainer.json, and rebuild the container",
        ));
    }
    let names: Vec<_> = order.anchors.iter().map(|anchor| anchor.sha256().to_string()).collect();
    let feature = json!({
        "id": "labtrust",
        "version": "1.0.0",
        "name": "CA of a private GitLab",
        "description": format!("Trusts {} in the image", names.join(", ")),
        // Node.js from 23.8 on; others ignore it.
        "containerEnv": { "NODE_USE_SYSTEM_CA": "1" },
    });
    let example = json!({
        "name": "with the CA of a private GitLab",
        "image": "mcr.microsoft.com/devcontainers/base:debian",
        "features": { "./labtrust": {} },
    });
    let files = vec![
        RenderedFile::text(".devcontainer/labtrust/devcontainer-feature.json", format!("{feature:#}\n")),
        RenderedFile::program(".devcontainer/labtrust/install.sh", shell::script(order)?),
        RenderedFile::text(".devcontainer/labtrust/devcontainer.example.json", format!("{example:#}\n")),
        RenderedFile {
            path: ".devcontainer/labtrust/README.md".into(),
            ..parts::readme(&RENDERING, order, include_str!("devcontainer/README.md"), &[])
        },
    ];
    Ok(Rendered {
        files,
        notes: vec!["Add \"./labtrust\": {} to the features in .devcontainer/devcontainer.json.".into()],
    })
}
