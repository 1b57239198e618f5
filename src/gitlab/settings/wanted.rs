//! What gitlab.rb is to say so that GitLab serves HTTPS by itself, a row each.

use labtrust_plan::Endpoint;

use super::written::literal;
use crate::gitlab::ruby::Value;

/// A setting of gitlab.rb.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SettingRow {
    /// Its spellings: the first that is set holds, the last is the one that every version reads.
    pub paths: &'static [&'static [&'static str]],
    /// The values that Omnibus's template has in its place, commented out or not: nobody chose them
    /// (omnibus-gitlab, gitlab.rb.template, and what its package's `postinst` makes of it).
    pub templates: &'static [&'static str],
    /// Whether another value is somebody's choice that does no harm, and stays.
    pub is_choice: bool,
}

/// A setting, and what it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Which.
    pub row: &'static SettingRow,
    /// What it is to be.
    pub value: Wish,
    /// Whether what Ruby computes for it was seen to hold already.
    pub is_served: bool,
}

/// What a setting is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A URL that leads there in https.
    Url(Endpoint),
    /// A literal.
    Literal(Value),
}

/// GitLab's own URL.
pub(crate) static GITLAB: SettingRow = SettingRow {
    paths: &[&["external_url"]],
    templates: &["GENERATED_EXTERNAL_URL", "http://gitlab.example.com", "https://gitlab.example.com"],
    is_choice: false,
};

/// The registry's URL.
pub(crate) static REGISTRY: SettingRow = SettingRow {
    paths: &[&["registry_external_url"]],
    templates: &["https://registry.example.com", "https://registry.gitlab.example.com"],
    is_choice: false,
};

/// Left unset, it turns itself on when the pair is missing, or has ended.
pub(super) static LETS_ENCRYPT: SettingRow =
    SettingRow { paths: &[&["letsencrypt", "enable"]], templates: &["nil"], is_choice: false };

/// Port 80 sends people on to https. Since 19.2 it belongs to `gitlab_rails`; the older spelling is still read.
pub(crate) static REDIRECT: SettingRow = SettingRow {
    paths: &[&["gitlab_rails", "nginx", "redirect_http_to_https"], &["nginx", "redirect_http_to_https"]],
    templates: &["false"],
    is_choice: true,
};

/// The port on which nginx listens for GitLab, where it is not the URL's.
pub(crate) static GITLAB_PORT: SettingRow = SettingRow {
    paths: &[&["gitlab_rails", "nginx", "listen_port"], &["nginx", "listen_port"]],
    templates: &["nil"],
    is_choice: false,
};

/// The same for the registry.
pub(crate) static REGISTRY_PORT: SettingRow = SettingRow {
    paths: &[&["registry", "nginx", "listen_port"], &["registry_nginx", "listen_port"]],
    templates: &["nil", "5050"],
    is_choice: false,
};

/// The port that GitLab names in its SSH addresses.
pub(crate) static SSH_PORT: SettingRow =
    SettingRow { paths: &[&["gitlab_rails", "gitlab_shell_ssh_port"]], templates: &["22"], is_choice: true };

impl Wanted {
    /// What every GitLab and its registry need.
    pub(crate) fn usual(gitlab: &Endpoint, registry: &Endpoint) -> Vec<Self> {
        vec![
            Self::url(&GITLAB, gitlab),
            Self::url(&REGISTRY, registry),
            Self::literal(&LETS_ENCRYPT, Value::Switch(false)),
        ]
    }

    /// `row` is to lead to `endpoint`.
    pub(crate) fn url(row: &'static SettingRow, endpoint: &Endpoint) -> Self {
        Self { row, value: Wish::Url(endpoint.clone()), is_served: false }
    }

    /// `row` is to be `value`.
    pub(crate) fn literal(row: &'static SettingRow, value: Value) -> Self {
        Self { row, value: Wish::Literal(value), is_served: false }
    }
}

impl SettingRow {
    /// The line that sets it to `value`.
    pub(crate) fn line(&self, value: &Value) -> String {
        format!("{}{}", self.left_side(), literal(value, ""))
    }

    /// How it is written in every version: `nginx['redirect_http_to_https'] = `, `external_url `.
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
