//! The order of a setup: the hosts, the registry and the names of the certificate.

use anyhow::Result;
use labtrust_plan::{DnsName, Endpoint, Target};

use super::asked::Asked;
use crate::{
    certificate::{SubjectName, profile::LEAF_DAYS},
    gitlab::{Address, Config, Known, Role},
    hint::{fail, hint},
    state::SetupRecord,
};

/// The registry's default port, as in GitLab's documentation.
const REGISTRY_PORT: u16 = 4567;

/// The hosts, names and validity of a certificate.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// GitLab itself.
    pub gitlab: Endpoint,
    /// Its registry.
    pub registry: Endpoint,
    /// Every name in the certificate: GitLab's host first.
    pub names: Vec<SubjectName>,
    /// Names of GitLab's extra hosts. The certificate gets those that the CA can sign.
    pub extra: Vec<SubjectName>,
    /// Additional domains that the CA can sign.
    pub permits: Vec<DnsName>,
    /// Validity in days.
    pub days: u32,
}

impl Order {
    /// The order from `arguments`, the endpoints and the names of the extra hosts. `earlier` has the defaults.
    pub(crate) fn new(
        arguments: &Asked<'_>,
        gitlab: &Endpoint,
        registry: &Endpoint,
        extra: Vec<SubjectName>,
        earlier: Option<&SetupRecord>,
    ) -> Self {
        let mut order = Self {
            gitlab: gitlab.clone(),
            registry: registry.clone(),
            names: Vec::new(),
            extra,
            permits: arguments.permits.to_vec(),
            days: arguments.days.or(earlier.map(|notes| notes.days)).unwrap_or(LEAF_DAYS),
        };
        order.add([gitlab, registry].map(|endpoint| SubjectName::from(endpoint.host.clone())));
        order.add(arguments.names.iter().cloned());
        order
    }

    /// The order with the names of extra hosts for which `can_sign` is true.
    pub(crate) fn within(mut self, can_sign: impl Fn(&SubjectName) -> bool) -> Self {
        let extra = std::mem::take(&mut self.extra);
        self.add(extra.into_iter().filter(can_sign));
        self
    }

    fn add(&mut self, names: impl IntoIterator<Item = SubjectName>) {
        for name in names {
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
    }

    /// The endpoints that clients trust the CA for.
    pub(crate) fn endpoints(&self) -> Vec<Endpoint> {
        vec![self.gitlab.clone(), self.registry.clone()]
    }
}

/// The endpoints of GitLab and its registry: from the arguments, else from gitlab.rb, else the defaults.
pub(crate) fn endpoints(
    host: Option<&Target>,
    registry: Option<&Target>,
    config: &Config,
) -> Result<(Endpoint, Endpoint)> {
    let said = |role| config.address(role).known();
    // The name of a computed URL has to be confirmed: the CA can sign for no other.
    let written = config.written_address(Role::Gitlab).known();
    let gitlab = match (host, written) {
        (Some(host), _) => https(said(Role::Gitlab))
            .filter(|said| said.host == host.host && host.port.is_none())
            .unwrap_or_else(|| host.or_port(443)),
        (None, Some(said)) => {
            // gitlab.rb has the host also for a GitLab that uses plain HTTP today.
            if said.https { said.endpoint } else { Endpoint::new(said.endpoint.host, 443) }
        }
        (None, None) => return Err(unnamed(config)),
    };
    let registry = match (registry, said(Role::Registry)) {
        (Some(registry), _) => registry.or_port(REGISTRY_PORT),
        // A registry that uses plain HTTP today keeps its host, and a port that somebody chose.
        (None, Some(said)) if said.https || said.endpoint.port != 80 => said.endpoint,
        (None, Some(said)) if said.endpoint.host != gitlab.host => Endpoint::new(said.endpoint.host, 443),
        (None, Some(_) | None) => Endpoint::new(gitlab.host.clone(), REGISTRY_PORT),
    };
    Ok((gitlab, registry))
}

/// The error if GitLab's host is unknown.
fn unnamed(config: &Config) -> anyhow::Error {
    let mut whys = match (config.written_address(Role::Gitlab), config.local_url()) {
        (Known::Computed(line), _) => {
            let why = config.why_no_url(Role::Gitlab);
            vec![format!("{line}, from which labtrust cannot read the host of this GitLab: {why}")]
        }
        (_, Some(line)) => {
            vec![format!("{} sets only a local variable of Ruby: `{}`", line.place(), line.text())]
        }
        _ => vec!["you gave no host, and gitlab.rb has no external_url with one".into()],
    };
    whys.extend(config.unread_files().chain(config.ruby_stopped()));
    let evaluated = config.address(Role::Gitlab).known().map(|address| address.endpoint.host.in_url());
    let hint = match evaluated {
        Some(host) => {
            hint!("Ruby computes {} now; if clients use this host, pass it: {labtrust setup {}}", host, host)
        }
        None => {
            "pass the host: {labtrust setup HOST}, {labtrust request HOST}, or {labtrust import --host HOST}"
                .into()
        }
    };
    fail(whys.join("; "), hint)
}

fn https(address: Option<Address>) -> Option<Endpoint> {
    address.filter(|address| address.https).map(|address| address.endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_hides_the_host_is_quoted() {
        for (script, expected) in [
            (
                "external_url ENV['GITLAB_URL'] || 'http://git.corp.example'",
                "gitlab.rb:1 sets `external_url ENV['GITLAB_URL'] || 'http://git.corp.example'`, from which",
            ),
            (
                "domain = 'git.corp.example'\nexternal_url \"https://#{domain}\"",
                "gitlab.rb:2 sets `external_url \"https://#{domain}\"`, from which",
            ),
            ("external_url 'https://me:hunter2@h'", "gitlab.rb:1 sets `external_url '…'`, from which"),
            (
                "external_url 'http://h' if production",
                "from which labtrust cannot read the host of this GitLab: it holds only",
            ),
            (
                "external_url \"http://#{host}\"",
                "cannot read the host of this GitLab: only Ruby can compute the value",
            ),
            (
                "external_url 'git.corp.example'",
                "cannot read the host of this GitLab: this is not a URL of a host",
            ),
            (
                "external_url = 'http://h'",
                "gitlab.rb:1 sets only a local variable of Ruby: `external_url = 'http://h'`",
            ),
            ("from_file '/etc/gitlab/site.rb'", "gitlab.rb:1 reads another file"),
            ("", "you gave no host"),
        ] {
            let error = endpoints(None, None, &Config::read("", script)).expect_err(script).to_string();
            assert!(error.contains(expected), "{script}: {error}");
        }
        let found = endpoints(None, None, &Config::read("", "external_url 'http://git_lab.corp.example'"));
        assert_eq!(found.expect("endpoints").0.to_string(), "git_lab.corp.example:443");
    }

    #[test]
    fn a_registry_in_plain_http_keeps_its_host_and_its_port() {
        for (registry, expected) in [
            ("http://git.corp.example:5050", "git.corp.example:5050"),
            ("http://registry.corp.example", "registry.corp.example:443"),
            ("http://git.corp.example", "git.corp.example:4567"),
            ("https://git.corp.example:5678", "git.corp.example:5678"),
        ] {
            let text =
                format!("external_url 'http://git.corp.example'\nregistry_external_url '{registry}'\n");
            let found = endpoints(None, None, &Config::read("", &text)).expect("endpoints");
            assert_eq!(found.1.to_string(), expected, "{registry}");
        }
    }
}
