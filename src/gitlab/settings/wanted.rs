//! The settings of gitlab.rb that GitLab needs to serve HTTPS, one row each.

use std::collections::BTreeSet;

use labtrust_plan::Endpoint;

use super::written::literal;
use crate::gitlab::ruby::Value;

/// A setting of gitlab.rb.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SettingRow {
    /// Its spellings: the first one that is set wins; every version reads the last one.
    pub paths: &'static [&'static [&'static str]],
    /// The values in Omnibus's template, commented out or not: nobody chose them
    /// (omnibus-gitlab, gitlab.rb.template, and what its package's `postinst` makes of it).
    pub templates: &'static [&'static str],
    /// Whether another value is a harmless choice, and stays.
    pub is_choice: bool,
    /// The option of a setup that decides it.
    pub owner: Owner,
}

/// The option of `setup` that decides a setting; `--replace` decides every setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The host.
    Host,
    /// `--registry`.
    Registry,
    /// `--out`, for a server in front of GitLab.
    Front,
    /// None.
    Nobody,
}

/// A setting, and its wanted value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The setting.
    pub row: &'static SettingRow,
    /// The wanted value.
    pub value: Wish,
    /// Whether the running server already shows the wanted value, so that a computed one is correct.
    pub is_served: bool,
}

/// The wanted value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// An https URL of this endpoint.
    Url(Endpoint),
    /// A literal.
    Literal(Value),
}

/// GitLab's own URL.
pub(crate) static GITLAB: SettingRow = SettingRow {
    paths: &[&["external_url"]],
    templates: &["GENERATED_EXTERNAL_URL", "http://gitlab.example.com", "https://gitlab.example.com"],
    is_choice: false,
    owner: Owner::Host,
};

/// The registry's URL.
pub(crate) static REGISTRY: SettingRow = SettingRow {
    paths: &[&["registry_external_url"]],
    templates: &["https://registry.example.com", "https://registry.gitlab.example.com"],
    is_choice: false,
    owner: Owner::Registry,
};

/// Let's Encrypt. If this is unset, GitLab enables it when the certificate is missing or expired.
pub(super) static LETS_ENCRYPT: SettingRow = SettingRow {
    paths: &[&["letsencrypt", "enable"]],
    templates: &["nil"],
    is_choice: false,
    owner: Owner::Nobody,
};

/// The redirect from port 80 to https. Since 19.2 it belongs to `gitlab_rails`; GitLab still reads the older spelling.
pub(crate) static REDIRECT: SettingRow = SettingRow {
    paths: &[&["gitlab_rails", "nginx", "redirect_http_to_https"], &["nginx", "redirect_http_to_https"]],
    templates: &["false"],
    is_choice: true,
    owner: Owner::Nobody,
};

/// The port on which nginx listens for GitLab, if it is not the URL's.
pub(crate) static GITLAB_PORT: SettingRow = SettingRow {
    paths: &[&["gitlab_rails", "nginx", "listen_port"], &["nginx", "listen_port"]],
    templates: &["nil"],
    is_choice: false,
    owner: Owner::Front,
};

/// The port on which nginx listens for the registry, if it is not the URL's.
pub(crate) static REGISTRY_PORT: SettingRow = SettingRow {
    paths: &[&["registry", "nginx", "listen_port"], &["registry_nginx", "listen_port"]],
    templates: &["nil", "5050"],
    is_choice: false,
    owner: Owner::Front,
};

/// The port in GitLab's SSH addresses.
pub(crate) static SSH_PORT: SettingRow = SettingRow {
    paths: &[&["gitlab_rails", "gitlab_shell_ssh_port"]],
    templates: &["22"],
    is_choice: true,
    owner: Owner::Nobody,
};

impl Wanted {
    /// The settings that every GitLab and its registry need.
    pub(crate) fn usual(gitlab: &Endpoint, registry: &Endpoint) -> Vec<Self> {
        vec![
            Self::url(&GITLAB, gitlab),
            Self::url(&REGISTRY, registry),
            Self::literal(&LETS_ENCRYPT, Value::Switch(false)),
        ]
    }

    /// The wanted URL of `endpoint` for `row`.
    pub(crate) fn url(row: &'static SettingRow, endpoint: &Endpoint) -> Self {
        Self { row, value: Wish::Url(endpoint.clone()), is_served: false }
    }

    /// The wanted `value` for `row`.
    pub(crate) fn literal(row: &'static SettingRow, value: Value) -> Self {
        Self { row, value: Wish::Literal(value), is_served: false }
    }
}

impl SettingRow {
    /// The line that sets it to `value` in a file with these local variables.
    pub(crate) fn line(&self, value: &Value, locals: &BTreeSet<String>) -> String {
        let left = self.left_side();
        let name = self.paths.last().and_then(|path| path.first()).copied().unwrap_or_default();
        // A local variable hides the setting of its name.
        let receiver = if locals.contains(name) && left.contains('[') { "self." } else { "" };
        format!("{receiver}{left}{}", literal(value, ""))
    }

    /// Its left side, in the spelling that every version reads: `nginx['redirect_http_to_https'] = `, `external_url `.
    pub(crate) fn left_side(&self) -> String {
        let path = self.paths.last().copied().unwrap_or_default();
        match path.split_first() {
            Some((name, [])) => format!("{name} "),
            Some((name, keys)) => {
                let keys: String = keys.iter().map(|key| format!("['{key}']")).collect();
                format!("{name}{keys} = ")
            }
            None => String::new(),
        }
    }
}
