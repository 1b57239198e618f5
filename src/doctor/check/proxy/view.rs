//! The subject of the proxy check: the daemon and its proxy settings.

use labtrust_plan::{Endpoint, fact::Engine};

use crate::doctor::{
    Case,
    case::WEB,
    check::CheckResult,
    evidence::{EngineSeen, Form, Setting, Source},
    proxy::Proxies,
};

/// The subject of the proxy check: the daemon and its proxy settings.
pub(super) struct View<'c, 'e> {
    pub case: &'c Case<'e>,
    pub engine: &'e EngineSeen,
    pub fact: Option<&'e Engine>,
    /// The settings of the running daemon.
    pub told: Proxies,
    /// The version of Go that the daemon was built with.
    pub go: &'e str,
}

impl View<'_, '_> {
    pub(super) fn proxy_of(&self, endpoint: &Endpoint) -> Option<&str> {
        self.told.of_request(endpoint, self.go)
    }

    /// The endpoint of the token service; GitLab's web server if the registry names none.
    pub(super) fn realm(&self) -> Endpoint {
        let named = self.case.evidence.realm.as_ref().and_then(|realm| realm.endpoint.clone());
        named.unwrap_or_else(|| Endpoint::new(self.case.host().clone(), WEB))
    }

    /// The result if there is no finding.
    pub(super) fn summary(&self) -> CheckResult {
        let registry = self.case.endpoint();
        CheckResult::passed(match (self.proxy_of(&registry), self.told.https.as_str()) {
            (Some(proxy), _) if self.is_as_far_without(&registry) => {
                return CheckResult::skipped(format!(
                    "{proxy} cannot reach the registry, and neither can this machine"
                ));
            }
            (Some(proxy), _) => format!("Docker uses the proxy {proxy}"),
            (None, "") => "Docker uses no proxy".into(),
            (None, proxy) => format!("Docker bypasses its proxy {proxy} for this host"),
        })
    }

    /// A setting in a source that the daemon does not read, and that `would_suffice` if it did.
    pub(super) fn unread(&self, would_suffice: impl Fn(&Proxies) -> bool) -> Option<(&Source, &Setting)> {
        let unread = self.engine.sources.iter().filter(|source| !source.is_read);
        unread.into_iter().find_map(|source| {
            let read = [Source { is_read: true, ..source.clone() }];
            let mut told = Proxies::of(&read);
            if told.https.is_empty() {
                told.https.clone_from(&self.told.https);
            }
            let is_about = |setting: &&Setting| {
                let bypass = told.of_request(&self.case.endpoint(), self.go).is_none();
                setting.name.eq_ignore_ascii_case(if bypass { "NO_PROXY" } else { "HTTPS_PROXY" })
            };
            would_suffice(&told)
                .then(|| source.settings.iter().find(is_about))
                .flatten()
                .map(|setting| (source, setting))
        })
    }

    pub(super) fn addresses(&self) -> Vec<std::net::IpAddr> {
        let seen = self.case.registry_server().map(|server| server.reached.addresses()).unwrap_or_default();
        seen.iter().map(|(address, _)| address.ip()).collect()
    }
}

/// The file and line of a setting.
pub(super) fn location(source: &Source, setting: &Setting) -> String {
    match setting.line {
        _ if source.form == Form::Process => "the environment in which Docker was started".into(),
        0 => format!("the command line of {}", source.path.display()),
        line => format!("{}, line {line}", source.path.display()),
    }
}
