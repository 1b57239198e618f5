//! `helm`: values for GitLab's chart and for the runner's chart, and the objects with the CAs that they name. A key is never
//! rendered: the command that makes its Secret is in the README.

use std::collections::BTreeSet;

use super::{
    parts,
    rendering::{Order, Rendered, RenderedFile, Rendering, Unrenderable},
    template::{filled, literal},
};
use crate::Host;

pub(super) const RENDERING: Rendering = Rendering {
    id: "helm",
    title: "values for GitLab's chart and for the runner's chart",
    stores: &["runner"],
    serves: "the pods of GitLab's chart (`global.certificates.customCAs`) and of the runner's chart (`certsSecretName`)",
    judged: "helm lint and helm template with a chart that reads the same values; kubernetes-validate --strict",
    render,
};

/// The longest key of a Secret (Kubernetes, `IsConfigMapKey`).
const LONGEST_KEY: usize = 253;

fn render(order: &Order<'_>) -> Result<Rendered, Unrenderable> {
    if order.is_removal {
        return Err(Unrenderable::removal(
            "values do not remove what other values set",
            "leave the files out of helm upgrade, then: kubectl delete secret/labtrust-ca secret/labtrust-gitlab-runner",
        ));
    }
    let mut notes = vec!["A key is never rendered: README.md has the command that makes the Secret of the server's certificate.".to_owned()];
    let hosts: BTreeSet<&Host> = parts::endpoints(order).into_iter().map(|endpoint| &endpoint.host).collect();
    let mut files_of_runner = String::new();
    let mut left_out = Vec::new();
    for host in hosts {
        let key = format!("{host}.crt");
        if key.len() > LONGEST_KEY || key.contains(':') {
            left_out.push(format!("- `{host}`: a Secret cannot have the key `{key}`, which the runner's chart needs. Name the server by another name."));
            continue;
        }
        let trusted = order.anchors.iter().filter(|anchor| parts::is_for(anchor, host));
        files_of_runner.push_str(&literal(&key, &parts::bundle(trusted)));
    }
    notes.extend(left_out.iter().map(|line| line.trim_start_matches("- ").to_owned()));
    let certificates: String =
        order.anchors.iter().map(|anchor| literal(&anchor.file_name(), &anchor.certificate.pem())).collect();
    let secret = |name: &str| {
        RenderedFile::text(
            name,
            filled(include_str!("helm/runner-certificates.yaml"), &[("FILES", &files_of_runner)]),
        )
    };
    let values = [("CERTIFICATES", certificates.as_str())];
    let mut files =
        vec![RenderedFile::text("labtrust-ca.yaml", filled(include_str!("helm/labtrust-ca.yaml"), &values))];
    if files_of_runner.is_empty() {
        notes.push("No server was named, so there are no values for runners: --for HOST".into());
        files.push(RenderedFile::text(
            "gitlab-values.yaml",
            filled(include_str!("helm/gitlab-values.yaml"), &values),
        ));
    } else {
        let with_runner = format!(
            "{}{}",
            include_str!("helm/gitlab-values.yaml"),
            include_str!("helm/bundled-runner.yaml")
        );
        files.push(RenderedFile::text("gitlab-values.yaml", filled(&with_runner, &values)));
        files.push(secret("runner-certificates.yaml"));
        files.push(RenderedFile::text(
            "gitlab-runner-values.yaml",
            include_str!("helm/gitlab-runner-values.yaml"),
        ));
    }
    let left_out = left_out.join("\n");
    files.push(parts::readme(&RENDERING, order, include_str!("helm/README.md"), &[("LEFT-OUT", &left_out)]));
    Ok(Rendered { files, notes })
}
