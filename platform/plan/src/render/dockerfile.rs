//! `dockerfile`: images that trust the CAs: a stage that builds with them, and a stage that runs with the same bundle.

use super::{
    parts,
    rendering::{Order, Rendered, RenderedFile, Rendering, Unrenderable},
    system_store::SystemStore,
    template::filled,
};
use crate::Anchor;

pub(super) const RENDERING: Rendering = Rendering {
    id: "dockerfile",
    title: "Dockerfiles for images based on Debian, Alpine and RHEL",
    stores: &["system"],
    serves: "the system store of images that are based on Debian, Alpine or RHEL, in the stage that builds and in the one that runs",
    judged: "hadolint; Docker builds the one for Debian",
    render,
};

/// A kind of base image.
struct Base {
    /// Its distribution's id.
    id: &'static str,
    /// For people.
    title: &'static str,
    /// The image that is used unless another is named.
    image: &'static str,
    /// Installs the updater where it is missing.
    install: &'static str,
    /// The rules of hadolint that do not hold here: the package of CAs must be the newest.
    rule: &'static str,
}

const BASES: [Base; 3] = [
    Base {
        id: "debian",
        title: "Debian and Ubuntu",
        image: "debian:12-slim",
        install: "apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*",
        rule: "DL3008",
    },
    Base {
        id: "alpine",
        title: "Alpine",
        image: "alpine:3.22",
        install: "apk add --no-cache ca-certificates",
        rule: "DL3018",
    },
    Base {
        id: "rhel",
        title: "RHEL, UBI, Fedora and their relatives",
        image: "registry.access.redhat.com/ubi9/ubi:9.6",
        install: "dnf install -y ca-certificates && dnf clean all",
        rule: "DL3041",
    },
];

fn render(order: &Order<'_>) -> Result<Rendered, Unrenderable> {
    if order.is_removal {
        return Err(Unrenderable::removal(
            "an image is not changed after it was made",
            "leave the lines out of the Dockerfile, and build the image again",
        ));
    }
    let mut files = Vec::new();
    let mut rows = Vec::new();
    for base in &BASES {
        let Some(store) = SystemStore::of(base.id) else { continue };
        let path = format!("Dockerfile.{}", base.id);
        rows.push(format!("| `{path}` | {} | `{}` |", base.title, base.image));
        files.push(RenderedFile::text(path, dockerfile(order, base, &store)));
    }
    files.extend(parts::certificates(order));
    files.push(parts::readme(
        &RENDERING,
        order,
        include_str!("dockerfile/README.md"),
        &[("ROWS", &rows.join("\n"))],
    ));
    let notes = vec![
        "Each Dockerfile is a beginning: put your own lines into its stages, or copy its lines into yours."
            .into(),
    ];
    Ok(Rendered { files, notes })
}

fn dockerfile(order: &Order<'_>, base: &Base, store: &SystemStore) -> String {
    let names: Vec<_> = order.anchors.iter().map(Anchor::file_name).collect();
    let copies =
        order.anchors.iter().map(|anchor| format!("COPY {} {}", anchor.file_name(), store.file(anchor)));
    let values = [
        ("TITLE", base.title),
        ("BASE", base.image),
        ("RULE", base.rule),
        ("ID", base.id),
        ("TOOL", &store.tool),
        ("INSTALL", base.install),
        ("COPIES", &copies.collect::<Vec<_>>().join("\n")),
        ("UPDATE", &store.update),
        ("BUNDLE", &store.bundle),
        ("FILES", &store.files(order).join(" ")),
        ("NAMES", &names.join(" ")),
        ("FOLDER", &store.folder),
    ];
    filled(include_str!("dockerfile/Dockerfile"), &values)
}
