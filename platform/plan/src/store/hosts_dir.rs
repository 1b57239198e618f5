//! A folder of registries as containerd reads it at each pull (containerd, docs/hosts.md). Of the folders for a registry, the
//! first that exists is read, even if it is empty. Its `*.crt` files count, unless it holds a `hosts.toml`: then only the
//! certificates that this file names do, at its top for the registry itself, and in the block of a host for that host.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{
    Anchor, Contents, Edit, Endpoint, Facts, Proof, Step,
    edit::{TomlChange, TomlKey, toml_values},
};

/// The settings of a registry in its folder.
const HOSTS: &str = "hosts.toml";

/// The key of a list of CA certificates.
const CA: &str = "ca";

/// The folder that is read for registries without one of their own.
const DEFAULT: &str = "_default";

/// A registry's folder, and what makes containerd trust an anchor by it.
pub(super) struct RegistryFolder {
    /// The folder.
    pub path: PathBuf,
    /// The file `hosts.toml` with the keys of the lists that must name our file.
    hosts: Option<(PathBuf, Vec<Vec<TomlKey>>)>,
    /// A `hosts.toml` that could not be read.
    pub unreadable: Option<PathBuf>,
    /// The folder for other registries, if this registry's folder is new and hides it.
    pub hidden_default: Option<PathBuf>,
}

impl RegistryFolder {
    /// The folder that is read for `endpoint` below `base`.
    pub(super) fn new(facts: &Facts, base: &Path, endpoint: &Endpoint) -> Self {
        let known = existing(facts, base, endpoint);
        let default = base.join(DEFAULT);
        let hidden_default = (known.is_none() && facts.has(&default)).then_some(default);
        let path = known.unwrap_or_else(|| base.join(endpoint.certs_d_folder()));
        let hosts = path.join(HOSTS);
        let text = facts.text(&hosts);
        let unreadable = (facts.has(&hosts) && text.is_none()).then(|| hosts.clone());
        // containerd ignores a file that is no TOML or empty, and reads the certificates beside it.
        let values = text
            .and_then(|text| toml_values(text).ok())
            .filter(|values| *values != Value::Object(<_>::default()));
        Self {
            hosts: values.map(|values| (hosts, lists(&values, endpoint))),
            path,
            unreadable,
            hidden_default,
        }
    }

    /// The steps that make containerd trust `anchor` for the registry.
    pub(super) fn steps(&self, anchor: &Anchor) -> Vec<Step> {
        let put = Step::Put {
            path: self.path.join(anchor.file_name()),
            contents: Contents::Public(anchor.certificate.pem().into_bytes()),
            mode: 0o644,
        };
        let edits = self.edits(anchor).map(|(path, edit)| Step::Edit { path, edit, mode: 0o644 });
        [put].into_iter().chain(edits).collect()
    }

    /// `proof`, and the proofs that this folder holds the anchor and that `hosts.toml` names our file, as far as `proof` does
    /// not show that.
    pub(super) fn proof(&self, anchor: &Anchor, proof: Proof) -> Proof {
        let is_shown = matches!(&proof, Proof::CertsD { folder, .. } if *folder == self.path);
        let held = (!is_shown).then(|| Proof::Folder { folder: self.path.clone(), sha256: anchor.sha256() });
        let edited = self.edits(anchor).map(|(path, edit)| Proof::Edited { path, edit });
        let further: Vec<_> = held.into_iter().chain(edited).collect();
        if further.is_empty() { proof } else { Proof::All([vec![proof], further].concat()) }
    }

    fn edits(&self, anchor: &Anchor) -> impl Iterator<Item = (PathBuf, Edit)> {
        let item = Value::String(anchor.file_name());
        let lists = self.hosts.iter().flat_map(|(path, lists)| lists.iter().map(move |keys| (path, keys)));
        lists.map(move |(path, keys)| {
            let change = TomlChange::Include(item.clone());
            (path.clone(), Edit::Toml { keys: keys.clone(), change })
        })
    }
}

/// The folder for `endpoint` below `base` that exists and is read.
pub(super) fn existing(facts: &Facts, base: &Path, endpoint: &Endpoint) -> Option<PathBuf> {
    names(endpoint).map(|name| base.join(name)).find(|folder| facts.has(folder))
}

/// Whether `base` has a folder that is read for `endpoint`: the registry's own, or the one for all others. Folders after `base`
/// are then not read.
pub(super) fn answers(facts: &Facts, base: &Path, endpoint: &Endpoint) -> bool {
    existing(facts, base, endpoint).is_some() || facts.has(base.join(DEFAULT))
}

/// The names of a registry's folder, in the order in which they are tried (containerd, `config/hosts_unix.go`, `hostPaths`).
pub(crate) fn names(endpoint: &Endpoint) -> impl Iterator<Item = String> {
    let usual = endpoint.certs_d_folder();
    let portable = usual.rsplit_once(':').map(|(host, port)| format!("{host}_{port}_"));
    portable.into_iter().chain([usual])
}

/// The patterns of the paths and files that a [`RegistryFolder`] below `base` needs to know.
pub(super) fn patterns(base: &Path) -> [PathBuf; 2] {
    [base.join("*"), base.join("*").join(HOSTS)]
}

/// The keys of the lists in `hosts.toml` that must name a CA of `endpoint`: the list at the top, and that in the block of the
/// registry itself, if there is one (measured with 1.6 and 2.1: without the second, the block makes pulls fail; without the
/// first, a missing image does).
fn lists(values: &Value, endpoint: &Endpoint) -> Vec<Vec<TomlKey>> {
    let is_registry = |url: &str| {
        let authority = url.strip_prefix("https://").unwrap_or(url).split('/').next().unwrap_or_default();
        [endpoint.to_string(), endpoint.certs_d_folder()]
            .iter()
            .any(|name| authority.eq_ignore_ascii_case(name))
    };
    let hosts = values.get("host").and_then(Value::as_object).into_iter().flatten();
    let blocks = hosts
        .filter(|(url, _)| is_registry(url))
        .map(|(url, _)| vec!["host".into(), url.as_str().into(), CA.into()]);
    [vec![CA.into()]].into_iter().chain(blocks).collect()
}
