//! `gitlab-ci`: hidden jobs that others extend: the job's own image, Docker in Docker, kaniko, buildah and `BuildKit`; and the
//! runner's `config.toml`.

use std::fmt::Write as _;

use super::{
    parts,
    rendering::{Order, Rendered, RenderedFile, Rendering, Unrenderable},
    system_store::SystemStore,
    template::{filled, quoted, stripped},
};
use crate::{shell_word, store::PODMAN_MACHINE};

pub(super) const RENDERING: Rendering = Rendering {
    id: "gitlab-ci",
    title: "hidden jobs for .gitlab-ci.yml, and the runner's config.toml",
    stores: &["system", "docker", "podman", "buildkit"],
    serves: "in CI jobs: the system store of the job's image, Docker in Docker, kaniko, buildah and BuildKit",
    judged: "check-jsonschema with the schema of GitLab CI; shellcheck; the scripts run in dash, bash and busybox, and a Docker daemon trusts what the service wrote",
    render,
};

/// Distributions, one of each family that images are based on.
const DISTRIBUTIONS: [&str; 4] = ["debian", "rhel", "suse", "arch"];

/// Where `BuildKit` in a container reads its CAs.
const BUILDKIT: &str = "$HOME/.config/buildkit";

fn render(order: &Order<'_>) -> Result<Rendered, Unrenderable> {
    if order.is_removal {
        return Err(Unrenderable::removal(
            "a job starts in a new container each time, so there is nothing to remove",
            "leave the file out of include, and the jobs out of extends",
        ));
    }
    let registries = parts::registries(order)?;
    let variable = |anchor: &crate::Anchor| {
        let at = order.anchors.iter().position(|other| other.sha256() == anchor.sha256()).unwrap_or_default();
        format!("LABTRUST_CA_{}", at + 1)
    };
    let certificates: String =
        order.anchors.iter().map(|anchor| stripped(&variable(anchor), &anchor.certificate.pem())).collect();
    let all: Vec<_> = order.anchors.iter().map(|anchor| format!("\"${}\"", variable(anchor))).collect();
    let all = all.join(" ");
    // The lines that write the folders of registries below `folder`.
    let folders = |certs_d: &str| {
        registries
            .iter()
            .map(|(anchor, _, folder)| {
                let folder = shell_word(&format!("{certs_d}/{folder}"));
                let file = format!("{folder}/{}", anchor.file_name());
                format!("mkdir -p {folder} && printf '%s\\n' \"${}\" >{file}", variable(anchor))
            })
            .collect::<Vec<_>>()
    };
    let docker =
        [folders(PODMAN_MACHINE[1]), vec!["exec dockerd-entrypoint.sh".to_owned()]].concat().join(" && ");
    let mut buildkit = String::new();
    for endpoint in parts::endpoints(order) {
        let file = format!("{BUILDKIT}/{}.crt", endpoint.to_string().replace(['[', ']', ':'], "_"));
        let trusted: Vec<_> = parts::trusted_for(order, endpoint)
            .into_iter()
            .map(|anchor| format!("\"${}\"", variable(anchor)))
            .collect();
        let name = endpoint.without_default_port();
        // Writing into a string cannot fail.
        let _ = writeln!(buildkit, "printf '%s\\n' {} >\"{file}\"", trusted.join(" "));
        let _ = writeln!(
            buildkit,
            "printf '[registry.\"%s\"]\\n  ca = [\"%s\"]\\n' {} \"{file}\" >>\"{BUILDKIT}/buildkitd.toml\"",
            shell_word(&name)
        );
    }
    let stores = DISTRIBUTIONS.iter().filter_map(|id| SystemStore::of(id));
    let rows = stores.map(|store| {
        let words = [&store.tool, &store.folder, &store.ending, &store.bundle, &store.update]
            .map(|word| shell_word(word));
        format!("labtrust_try {}", words.join(" "))
    });
    let files_of: Vec<_> = order
        .anchors
        .iter()
        .map(|anchor| format!("printf '%s\\n' \"${}\" >\"$2/{}.$3\"", variable(anchor), anchor.file_stem()))
        .collect();
    let names: Vec<_> =
        order.anchors.iter().map(|anchor| format!("\"$2/{}.$3\"", anchor.file_stem())).collect();
    let job = filled(
        include_str!("gitlab_ci/job.sh"),
        &[
            ("ROWS", &rows.collect::<Vec<_>>().join("\n")),
            ("FILES", &files_of.join("\n")),
            ("NAMES", &names.join(" ")),
        ],
    );
    let podman = folders(PODMAN_MACHINE[0]).join("\n");
    let mut template = String::from(include_str!("gitlab_ci/labtrust.gitlab-ci.yml"));
    if !registries.is_empty() {
        template.push_str(include_str!("gitlab_ci/registries.gitlab-ci.yml"));
    }
    let values = [
        ("CERTIFICATES", certificates.as_str()),
        ("JOB", &job),
        ("ALL", &all),
        ("DOCKER", &quoted(&docker)),
        ("PODMAN", &podman),
        ("BUILDKIT-FOLDER", BUILDKIT),
        ("BUILDKIT", &buildkit),
    ];
    let mut files = vec![RenderedFile::text("labtrust.gitlab-ci.yml", filled(&template, &values))];
    files.push(RenderedFile::text("runner-config.toml", include_str!("gitlab_ci/runner-config.toml")));
    files.push(parts::readme(&RENDERING, order, include_str!("gitlab_ci/README.md"), &[]));
    let mut notes = Vec::new();
    if registries.is_empty() {
        notes.push("No server was named, so there are no jobs for Docker in Docker, buildah and BuildKit: --for HOST:PORT".to_owned());
    }
    Ok(Rendered { files, notes })
}
