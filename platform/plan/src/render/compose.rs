//! `compose`: an override for Docker Compose: a program, Docker in Docker and a GitLab runner that trust the CAs.

use std::collections::BTreeSet;

use super::{
    parts,
    rendering::{Order, Rendered, RenderedFile, Rendering, Unrenderable},
};
use crate::Host;

pub(super) const RENDERING: Rendering = Rendering {
    id: "compose",
    title: "an override for Docker Compose: a program, Docker in Docker, a runner",
    stores: &["docker", "runner"],
    serves: "in containers of Compose: programs on OpenSSL, Go and Node.js, a Docker daemon, and GitLab Runner",
    judged: "check-jsonschema with the schema of Compose; Compose merges it; OpenSSL, curl and a Docker daemon trust by its folders",
    render,
};

fn render(order: &Order<'_>) -> Result<Rendered, Unrenderable> {
    if order.is_removal {
        return Err(Unrenderable::removal(
            "an override of Compose removes nothing from containers",
            "leave the file out, and create the containers again: docker compose up -d --force-recreate",
        ));
    }
    let mut files = vec![
        RenderedFile::text("compose.labtrust.yaml", include_str!("compose/compose.labtrust.yaml")),
        RenderedFile::text("labtrust/ca.crt", parts::bundle(order.anchors)),
    ];
    for (name, pem) in parts::hashed(order) {
        files.push(RenderedFile::text(format!("labtrust/{name}"), pem));
    }
    for (anchor, _, folder) in parts::registries(order)? {
        let path = format!("certs.d/{folder}/{}", anchor.file_name());
        files.push(RenderedFile::text(path, anchor.certificate.pem()));
    }
    let hosts: BTreeSet<&Host> = parts::endpoints(order).into_iter().map(|endpoint| &endpoint.host).collect();
    let mut notes =
        vec!["The override has three services as examples: give them the names of yours.".to_owned()];
    for host in hosts {
        let name = format!("{host}.crt");
        if name.contains(':') || name.len() > parts::LONGEST_NAME {
            notes.push(format!("GitLab Runner reads no file for {host}: its name cannot be one of a file. Name the server by another name."));
            continue;
        }
        let trusted = order.anchors.iter().filter(|anchor| parts::is_for(anchor, host));
        files.push(RenderedFile::text(format!("runner/{name}"), parts::bundle(trusted)));
    }
    files.push(parts::readme(&RENDERING, order, include_str!("compose/README.md"), &[]));
    let mut notes =
        vec!["The override has three services as examples: give them the names of yours.".to_owned()];
    if parts::endpoints(order).is_empty() {
        notes.push("No server was named, so certs.d and runner are missing: --for HOST:PORT".into());
    }
    Ok(Rendered { files, notes })
}
