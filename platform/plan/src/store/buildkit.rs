//! Builders of `docker buildx` that run in a container of their own. They read no folder of this machine: buildx copies the
//! certificates that `buildkitd.toml` names into the container when it creates the builder (buildx, `confutil/config.go`). The
//! builder of the engine itself reads Docker's `certs.d`.

use std::path::Path;

use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde_json::Value;

use super::{
    row::{About, ByHand, Done, Group, Look, Planned, Scope, Store, Tried},
    system,
};
use crate::{Anchor, Certificate, Endpoint, Facts, Hint, Proof, Prose, ShellLine, hint, text};

pub(super) const STORE: Store = Store {
    id: "buildkit",
    title: "builders of docker buildx",
    group: Group::Containers,
    about: About {
        writes: "nothing: the lines of `buildkitd.toml` and the commands are printed",
        proof: "buildx's record of the builder contains the certificate",
        tried: Tried::Documentation,
    },
    plan,
    looks: || vec![Look::HomeText(".docker/buildx/instances/*"), Look::Engines],
    scope: Scope::PerEndpoint,
    reads_also: |_| Vec::new(),
};

/// The folder of buildx's records of its builders, below the home folder.
const RECORDS: &str = ".docker/buildx/instances";

/// The driver of a builder in a container.
const DRIVER: &str = "docker-container";

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    let is_record =
        |path: &&std::path::PathBuf| path.parent().is_some_and(|folder| folder.ends_with(RECORDS));
    let records = facts.texts.iter().filter(|(path, _)| is_record(path));
    let builders = records.filter_map(|(_, text)| serde_json::from_str::<Value>(text.as_str()).ok());
    let builders: Vec<_> = builders.filter(|builder| builder["Driver"] == DRIVER).collect();
    if builders.is_empty() {
        return Planned::Absent("nobody here has a builder in a container".into());
    }
    if anchor.endpoints.is_empty() {
        return Planned::without_endpoint(
            "a builder trusts a CA for one registry at a time, and no registry is known",
        );
    }
    let rest = builders.iter().map(|builder| step(facts, anchor, builder)).collect();
    Planned::Partly { changes: Vec::new(), rest }
}

/// The step that creates `builder` again with the CA.
fn step(facts: &Facts, anchor: &Anchor, builder: &Value) -> ByHand {
    let name = builder["Name"].as_str().unwrap_or("default");
    let has_ca = files(builder).any(|file| Certificate::read_all(&file).0.contains(&anchor.certificate));
    let endpoint = anchor.endpoints.first();
    let engine = facts.engines.iter().find(|engine| engine.has_folder_here() && !engine.kind.is_podman());
    let dockers = engine.zip(endpoint);
    let dockers =
        dockers.map(|(engine, one)| engine.certs_d.join(one.certs_d_folder()).join(anchor.file_name()));
    let file =
        dockers.or_else(|| system::anchor_file(facts, anchor)).unwrap_or_else(|| "labtrust.crt".into());
    let advice = if has_settings(builder) {
        hint!("add these lines to the buildkitd.toml of the builder {}, then create it again:", name)
    } else {
        hint!("create the builder {} again, with these lines in buildkitd.toml:", name)
    };
    let entry = |advice: Hint, registry: String| {
        let line = hint!("[registry.\"{}\"]", Prose(registry));
        advice.line(line).line(hint!("  ca = [\"{}\"]", Prose(Path::new(&file).display())))
    };
    let registries = anchor.endpoints.iter().map(Endpoint::certs_d_folder);
    let create =
        ["docker", "buildx", "create", "--name", name, "--driver", DRIVER, "--config", "buildkitd.toml"];
    let why = if has_ca {
        format!("the builder {} has the CA among its files", text::in_line(name))
    } else {
        format!("the builder {} runs in a container with files of its own", text::in_line(name))
    };
    ByHand {
        commands: vec![ShellLine::of(["docker", "buildx", "rm", name]), ShellLine::of(create)],
        // The record was read already.
        done: has_ca.then(|| Done::Proven(Proof::Files { files: Vec::new() })),
        is_optional: true,
        ..ByHand::new(why, registries.fold(advice, entry))
    }
}

/// Whether `builder` was created with settings, which it loses if it is created again without them.
fn has_settings(builder: &Value) -> bool {
    let nodes = builder["Nodes"].as_array().into_iter().flatten();
    let mut names = nodes.filter_map(|node| node["Files"].as_object()).flat_map(|files| files.keys());
    names.any(|name| name == "buildkitd.toml")
}

/// The files of `builder` that buildx copies into its containers.
fn files(builder: &Value) -> impl Iterator<Item = Vec<u8>> {
    let nodes = builder["Nodes"].as_array().into_iter().flatten();
    let files = nodes.filter_map(|node| node["Files"].as_object()).flat_map(|files| files.values());
    files.filter_map(|file| decoded(file.as_str()?))
}

/// The bytes of a text in base64, which is the inside of a PEM block.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let block = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    Some(CertificateDer::from_pem_slice(block.as_bytes()).ok()?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_ca_is_found_among_the_files_of_a_builder() {
        let record = json!({ "Nodes": [{ "Files": { "buildkitd.toml": "W3JlZ2lzdHJ5XQo=", "certs/h/ca.crt": "YWJj" } }] });
        let found: Vec<_> = files(&record).collect();
        assert_eq!(found, [b"[registry]\n".to_vec(), b"abc".to_vec()]);
        assert_eq!(files(&json!({ "Nodes": null })).count(), 0);
        assert!(has_settings(&record) && !has_settings(&json!({ "Nodes": [{}] })));
        assert_eq!(decoded("not base64"), None);
    }
}
