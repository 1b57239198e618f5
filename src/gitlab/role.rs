//! The servers of GitLab's nginx, one row each: the settings of gitlab.rb that describe it
//! (omnibus-gitlab: `registry.rb`, `gitlab_pages.rb`, `gitlab_kas.rb`, until 18.11 `gitlab_mattermost.rb`).

/// One of the servers of GitLab's nginx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// GitLab itself, with the token realm.
    Gitlab,
    /// The container registry.
    Registry,
    /// The static sites of projects.
    Pages,
    /// The agent server for Kubernetes, where it has a host of its own.
    Kas,
    /// The chat server that packages before 19.0 contain.
    Mattermost,
}

/// The settings of a [`Role`].
#[derive(Debug)]
pub(super) struct RoleRow {
    role: Role,
    /// Its name in messages.
    pub title: &'static str,
    /// The setting that names its URL.
    pub url: &'static str,
    /// The URL schemes with TLS, and those without.
    pub schemes: [&'static [&'static str]; 2],
    /// The path of its nginx settings, since 19.2 and before; the newer one wins if both are set.
    pub nginx: [&'static [&'static str]; 2],
    /// The nginx setting that names the port.
    pub port: &'static str,
    /// The default of that setting; none if it is the URL's port.
    pub usual_port: Option<u16>,
    /// The setting that disables the service.
    pub enable: Option<[&'static str; 2]>,
}

const WEB: [&[&str]; 2] = [&["https"], &["http"]];

const ROWS: [RoleRow; 5] = [
    RoleRow {
        role: Role::Gitlab,
        title: "GitLab",
        url: "external_url",
        schemes: WEB,
        nginx: [&["gitlab_rails", "nginx"], &["nginx"]],
        port: "listen_port",
        usual_port: None,
        enable: None,
    },
    RoleRow {
        role: Role::Registry,
        title: "the registry",
        url: "registry_external_url",
        schemes: WEB,
        nginx: [&["registry", "nginx"], &["registry_nginx"]],
        port: "listen_port",
        usual_port: None,
        enable: Some(["registry", "enable"]),
    },
    RoleRow {
        role: Role::Pages,
        title: "Pages",
        url: "pages_external_url",
        schemes: WEB,
        nginx: [&["gitlab_pages", "nginx"], &["pages_nginx"]],
        port: "listen_port",
        usual_port: None,
        enable: Some(["gitlab_pages", "enable"]),
    },
    RoleRow {
        role: Role::Kas,
        title: "KAS",
        url: "gitlab_kas_external_url",
        schemes: [&["wss", "https", "grpcs"], &["ws", "http", "grpc"]],
        nginx: [&["gitlab_kas", "nginx"], &["gitlab_kas_nginx"]],
        port: "port",
        usual_port: Some(443),
        enable: Some(["gitlab_kas", "enable"]),
    },
    RoleRow {
        role: Role::Mattermost,
        title: "Mattermost",
        url: "mattermost_external_url",
        schemes: WEB,
        nginx: [&["mattermost", "nginx"], &["mattermost_nginx"]],
        port: "listen_port",
        usual_port: None,
        enable: Some(["mattermost", "enable"]),
    },
];

impl Role {
    /// All roles.
    pub(crate) const ALL: [Self; 5] =
        [Self::Gitlab, Self::Registry, Self::Pages, Self::Kas, Self::Mattermost];

    /// The roles other than GitLab itself and its registry.
    pub(crate) const EXTRA: [Self; 3] = [Self::Pages, Self::Kas, Self::Mattermost];

    /// Its name in messages.
    pub(crate) fn title(self) -> &'static str {
        self.row().title
    }

    /// The setting that names its URL.
    pub(crate) fn url(self) -> &'static str {
        self.row().url
    }

    pub(super) fn row(self) -> &'static RoleRow {
        // Every role has its row (tested).
        ROWS.iter().find(|row| row.role == self).unwrap_or(&ROWS[0])
    }
}

/// The paths of every setting about certificates.
pub(super) fn setting_paths() -> Vec<Vec<&'static str>> {
    const NGINX: [&str; 5] =
        ["enable", "listen_https", "ssl_certificate", "ssl_certificate_key", "redirect_http_to_https"];
    const MORE: [&[&str]; 5] = [
        &["letsencrypt", "enable"],
        &["gitlab_rails", "registry_enabled"],
        &["gitlab_rails", "registry_host"],
        &["gitlab_rails", "gitlab_shell_ssh_port"],
        &["gitlab_pages", "namespace_in_path"],
    ];
    let mut paths: Vec<Vec<&str>> = MORE.iter().map(|path| path.to_vec()).collect();
    for row in &ROWS {
        paths.push(vec![row.url]);
        paths.extend(row.enable.map(|path| path.to_vec()));
        for service in row.nginx {
            let names = NGINX.iter().chain([&row.port]);
            paths.extend(names.map(|name| [service, &[*name]].concat()));
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::gitlab::ruby::HASHES;

    #[test]
    fn every_hash_with_a_setting_is_looked_for_in_ruby() {
        let paths = setting_paths();
        let hashes: BTreeSet<&str> = paths.iter().filter(|path| path.len() > 1).map(|path| path[0]).collect();
        assert_eq!(hashes, BTreeSet::from(HASHES));
    }

    #[test]
    fn every_role_has_its_row() {
        for role in Role::ALL {
            assert_eq!(role.row().role, role);
        }
        assert_eq!(ROWS.len(), Role::ALL.len());
    }
}
