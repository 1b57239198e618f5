//! Parts of many renderings: the certificates as files, the registries' folders, and the README.

use std::collections::BTreeMap;

use super::{
    rendering::{Order, RenderedFile, Rendering, Unrenderable},
    template::filled,
};
use crate::{Anchor, Endpoint, Host, hint, store::STORES};

/// The longest name of a file in a file system of Linux, in bytes.
pub(super) const LONGEST_NAME: usize = 255;

/// Each CA with each of its registries, and the name of the registry's folder.
pub(super) fn registries<'o>(
    order: &Order<'o>,
) -> Result<Vec<(&'o Anchor, &'o Endpoint, String)>, Unrenderable> {
    let pairs = order
        .anchors
        .iter()
        .flat_map(|anchor| anchor.endpoints.iter().map(move |endpoint| (anchor, endpoint)));
    pairs.map(|(anchor, endpoint)| Ok((anchor, endpoint, folder(endpoint)?))).collect()
}

/// The registries of all CAs, each once, in the order in which they come.
pub(super) fn endpoints<'o>(order: &Order<'o>) -> Vec<&'o Endpoint> {
    let mut endpoints: Vec<&Endpoint> = Vec::new();
    for endpoint in order.anchors.iter().flat_map(|anchor| &anchor.endpoints) {
        if !endpoints.contains(&endpoint) {
            endpoints.push(endpoint);
        }
    }
    endpoints
}

/// The CAs that are trusted for `endpoint`.
pub(super) fn trusted_for<'o>(order: &Order<'o>, endpoint: &Endpoint) -> Vec<&'o Anchor> {
    order.anchors.iter().filter(|anchor| anchor.endpoints.contains(endpoint)).collect()
}

fn folder(endpoint: &Endpoint) -> Result<String, Unrenderable> {
    let folder = endpoint.certs_d_folder();
    if folder.len() > LONGEST_NAME {
        return Err(Unrenderable {
            what: format!(
                "the folder of the registry {endpoint} would have a name longer than {LONGEST_NAME} bytes"
            ),
            hint: hint!(
                "no container tool can read it: name the registry with a shorter host, or on port 443: --for {}",
                endpoint.host
            ),
        });
    }
    Ok(folder)
}

/// The file of each CA.
pub(super) fn certificates(order: &Order<'_>) -> Vec<RenderedFile> {
    order
        .anchors
        .iter()
        .map(|anchor| RenderedFile::text(anchor.file_name(), anchor.certificate.pem()))
        .collect()
}

/// Whether `anchor` is trusted for `host`, on any port.
pub(super) fn is_for(anchor: &Anchor, host: &Host) -> bool {
    anchor.endpoints.iter().any(|endpoint| endpoint.host == *host)
}

/// The certificates under the names by which OpenSSL finds them in a folder: a hash of the subject, and a number.
pub(super) fn hashed(order: &Order<'_>) -> Vec<(String, String)> {
    let mut numbers = BTreeMap::<String, usize>::new();
    let named = order.anchors.iter().filter_map(|anchor| {
        let hash = anchor.certificate.subject_hash()?;
        let number = numbers.entry(hash.clone()).or_default();
        let name = format!("{hash}.{number}");
        *number += 1;
        Some((name, anchor.certificate.pem()))
    });
    named.collect()
}

/// All certificates in one PEM text.
pub(super) fn bundle<'a>(anchors: impl IntoIterator<Item = &'a Anchor>) -> String {
    anchors.into_iter().map(|anchor| anchor.certificate.pem()).collect()
}

/// The file README.md: `template` with the CAs, the stores that `rendering` does not serve, and `values`.
pub(super) fn readme(
    rendering: &Rendering,
    order: &Order<'_>,
    template: &str,
    values: &[(&str, &str)],
) -> RenderedFile {
    let authorities: Vec<_> = order.anchors.iter().map(authority).collect();
    let others: Vec<_> = STORES
        .iter()
        .filter(|store| !rendering.stores.contains(&store.id))
        .map(|store| format!("- `{}`: {}", store.id, store.title))
        .collect();
    let (authorities, others) = (authorities.join("\n"), others.join("\n"));
    let own =
        [("AUTHORITIES", authorities.as_str()), ("OTHER-STORES", &others), ("SERVES", rendering.serves)];
    RenderedFile::text("README.md", filled(template, &[&own, values].concat()))
}

fn authority(anchor: &Anchor) -> String {
    let endpoints: Vec<_> = anchor.endpoints.iter().map(|endpoint| format!("`{endpoint}`")).collect();
    let whom = if endpoints.is_empty() { String::new() } else { format!(", for {}", endpoints.join(", ")) };
    format!("- `{}`: SHA-256 `{}`{whom}", anchor.file_name(), anchor.sha256())
}
