//! URLs that somebody changed in gitlab.rb after a setup: GitLab then serves another host or port than clients were told.

use std::fmt;

use labtrust_plan::Endpoint;

use super::{
    config::{Address, Config, url},
    layout::Layout,
    role::Role,
};

/// A URL of gitlab.rb that is not the one of the setup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    /// The server that it names.
    pub role: Role,
    /// The endpoint of the setup.
    pub from: Endpoint,
    /// The URL in gitlab.rb.
    pub to: Address,
}

/// The URLs of `config` that differ from `endpoints`, those of a setup: GitLab's own first, its registry's last.
pub(crate) fn moved(config: &Config, endpoints: &[Endpoint]) -> Vec<Moved> {
    let known = [(Role::Gitlab, endpoints.first()), (Role::Registry, endpoints.last())];
    let moved = |(role, from): (Role, Option<&Endpoint>)| {
        let to = config.final_address(role).filter(|_| !config.is_off(role))?;
        let from = from?.clone();
        (!to.https || to.endpoint != from).then_some(Moved { role, from, to })
    };
    known.into_iter().filter_map(moved).collect()
}

impl Moved {
    /// Whether only the port is another one: the same certificate is right there.
    pub(crate) fn is_port_of_same_host(&self) -> bool {
        self.to.https && self.to.endpoint.host == self.from.host
    }
}

impl Layout {
    /// Drops what GitLab's settings contradict: an endpoint that `moved` to another host. Only another setup follows it.
    pub(crate) fn leave_moved(&mut self, moved: &[Moved]) {
        if !moved.is_empty() {
            self.promises.retain(|promise| moved.iter().all(|moved| moved.from != promise.endpoint));
            self.is_reconfigured = false;
        }
    }
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, from, to } = self;
        let now = if to.https { url(&to.endpoint) } else { format!("http://{}", to.endpoint) };
        write!(f, "gitlab.rb sets {} to {now}, but setup was for {}", role.url(), url(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_is_not_the_one_of_the_setup_is_named() {
        let endpoints: Vec<Endpoint> =
            ["git.example.com:443", "git.example.com:4567"].map(|text| text.parse().expect(text)).into();
        for (script, expected) in [
            (
                "external_url 'https://git.example.com'\nregistry_external_url 'https://git.example.com:4567'",
                "",
            ),
            ("external_url 'https://git.example.com'", ""),
            ("external_url ENV['URL']", ""),
            (
                "registry_external_url 'https://git.example.com:5050'",
                "gitlab.rb sets registry_external_url to https://git.example.com:5050, but setup was for https://git.example.com:4567",
            ),
            (
                "external_url 'https://new.example.com'",
                "gitlab.rb sets external_url to https://new.example.com, but setup was for https://git.example.com",
            ),
            (
                "external_url 'http://git.example.com'",
                "gitlab.rb sets external_url to http://git.example.com:80, but setup was for https://git.example.com",
            ),
            ("registry_external_url 'https://git.example.com:5050'\nregistry['enable'] = false", ""),
            // A file that only Ruby finds may set the URL again.
            ("external_url 'http://git.example.com'\nfrom_file file", ""),
            (
                "from_file file\nexternal_url 'https://new.example.com'",
                "gitlab.rb sets external_url to https://new.example.com, but setup was for https://git.example.com",
            ),
        ] {
            let found: Vec<_> =
                moved(&Config::read("", script), &endpoints).iter().map(Moved::to_string).collect();
            assert_eq!(found.join("; "), expected, "{script}");
        }
    }
}
