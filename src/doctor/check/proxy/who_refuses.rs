//! Decides whether a proxy is the reason that a daemon does not reach a registry, and why.

use labtrust_plan::Endpoint;

use super::{
    code::{
        INEFFECTIVE, NEEDS_RESTART, NOT_BYPASSED, PORT_ONLY, UNREACHABLE, UNUSED, URL_INVALID, WRONG_SCHEME,
    },
    fix,
    view::{View, location},
    wording::Wording,
};
use crate::doctor::{
    Code, Finding,
    evidence::{Flaw, ProxySeen},
    no_proxy,
    proxy::{Proxies, winner},
};

impl View<'_, '_> {
    /// The finding, if a proxy is the reason for the daemon's `message`.
    pub(super) fn proxy_fault(&self, message: &str) -> Option<Finding> {
        // The last URL in the message failed. A registry's path begins with /v2/; other URLs are for tokens.
        let is_token = message.rsplit_once("https://").is_some_and(|(_, url)| !url.contains("/v2/"));
        let target = if is_token { self.realm() } else { self.case.endpoint() };
        match self.proxy_of(&target) {
            Some(proxy) => self.proxy_fault_at(&target, proxy, message),
            None => self.without_proxy(&target, message),
        }
    }

    /// The finding, if `proxy`, which the daemon uses for `target`, is the reason for `message`.
    pub(super) fn proxy_fault_at(&self, target: &Endpoint, proxy: &str, message: &str) -> Option<Finding> {
        let wording = Wording::of(message);
        let seen = self.engine.proxy.as_ref().filter(|_| *target == self.case.endpoint());
        if let Some(broken) = self.broken(target, proxy, wording, message) {
            return Some(self.unless_near_miss(target, broken));
        }
        // A failed connection through a proxy is the proxy's fault if a direct connection works.
        let works_directly =
            self.case.server(target.port).is_some_and(|server| server.reached.chain().is_some());
        match wording {
            Wording::Proxy => {}
            Wording::Transport if works_directly => {}
            _ => return None,
        }
        if self.is_as_far_without(target) {
            return None;
        }
        let answer = match (wording, seen.and_then(|seen| seen.answer.answer())) {
            (Wording::Proxy, _) => format!("which answers: {}", text_after_url(message)),
            (_, Some(answer)) => format!("which answers: {answer}"),
            _ => format!("but this fails: {message}"),
        };
        let what = format!("Docker connects to {target} through the proxy {proxy}, {answer}");
        Some(self.not_bypassed(target, what))
    }

    /// Whether the proxy reports that it cannot reach `target`, and a direct connection fails too.
    pub(super) fn is_as_far_without(&self, target: &Endpoint) -> bool {
        let is_unreachable = self.engine.proxy.as_ref().is_some_and(ProxySeen::cannot_reach_server);
        let server = self.case.server(target.port).filter(|server| server.endpoint == *target);
        is_unreachable && server.is_some_and(|server| !server.reached.is_open())
    }

    /// The finding, if the proxy itself cannot be used.
    fn broken(&self, target: &Endpoint, proxy: &str, wording: Wording, message: &str) -> Option<Finding> {
        let unreached = self.engine.proxy.as_ref().and_then(|seen: &ProxySeen| seen.reached.fault());
        let flaw = self.flaw_of(proxy);
        let (code, what, why) = match (wording, unreached) {
            (Wording::Transport | Wording::Unreachable | Wording::Scheme | Wording::Proxy, _)
                if flaw.is_some() =>
            {
                (
                    &URL_INVALID,
                    format!(
                        "Docker's proxy is set to {proxy}, which is not a URL: {}",
                        flaw.map_or("", Flaw::reason)
                    ),
                    "Docker ignores such a proxy and connects directly, or takes a part of it for the proxy's name",
                )
            }
            (Wording::Scheme, _) => (
                &WRONG_SCHEME,
                format!("Docker uses TLS to its proxy {proxy}, which does not: {message}"),
                "https:// in a proxy's URL is the protocol to the proxy itself; most proxies expect http://",
            ),
            (Wording::Unreachable, _) | (_, Some(_)) if is_unknown_scheme(proxy) => (
                &WRONG_SCHEME,
                format!("Docker's proxy is set to {proxy}"),
                "the URL of a proxy must begin with http://, https:// or socks5://",
            ),
            (Wording::Unreachable, _) => (
                &UNREACHABLE,
                format!("Docker cannot reach its proxy {proxy}: {message}"),
                "Docker sends every request there, except for hosts in NO_PROXY",
            ),
            (Wording::Transport, Some(why)) => (
                &UNREACHABLE,
                format!("Docker's proxy {proxy} cannot be reached: {why}"),
                "Docker sends every request there, except for hosts in NO_PROXY",
            ),
            _ => return None,
        };
        if let Some(finding) = self.needs_restart(target, Some(proxy)) {
            return Some(finding);
        }
        let finding = Finding::new(code, what, why);
        let remedy = match (flaw, code == &WRONG_SCHEME) {
            (Some(flaw), false) => Some(flaw.remedy().to_owned()),
            (_, true) => proxy.split_once("://").map(|(_, rest)| format!("write http://{rest}")),
            (None, false) => None,
        };
        Some(finding.with(fix::correct_url(self, target, remedy.as_deref())))
    }

    /// The finding that the proxy works, but refuses `target`, and the daemon does not bypass it.
    fn not_bypassed(&self, target: &Endpoint, what: String) -> Finding {
        if let Some(finding) = self.percent_sign(&["HTTPS_PROXY", "NO_PROXY"], &what) {
            return finding;
        }
        if let Some(finding) = self.needs_restart(target, self.proxy_of(target)) {
            return finding;
        }
        let finding = if let Some((code, why)) = self.near_miss(target) {
            Finding::new(code, what, why)
        } else if let Some((source, setting)) = self.unread(|told| told.of_request(target, self.go).is_none())
        {
            let why = format!(
                "NO_PROXY names the host in {}, but Docker does not read that file",
                location(source, setting)
            );
            Finding::new(&UNUSED, what, why)
        } else {
            Finding::new(&NOT_BYPASSED, what, format!("{} is not in Docker's NO_PROXY", target.host))
        };
        finding.with(fix::bypass(self, target))
    }

    /// `broken`, the finding of an unusable proxy; or, if an entry of `NO_PROXY` was written for `target`, that entry
    /// as the cause.
    fn unless_near_miss(&self, target: &Endpoint, broken: Finding) -> Finding {
        match self.near_miss(target) {
            Some((code, why)) if [UNREACHABLE.id, WRONG_SCHEME.id].contains(&broken.code.id) => {
                let mut finding = Finding::new(code, &broken.what, why).with(fix::bypass(self, target));
                finding.consequences.push(broken);
                finding
            }
            _ => broken,
        }
    }

    /// An entry of `NO_PROXY` that was written for `target` but does not cover it: its code and the reason.
    fn near_miss(&self, target: &Endpoint) -> Option<(&'static Code, String)> {
        let registry = self.case.endpoint();
        let is_limited = |entry: &&str| {
            let entry = no_proxy::Entry::parse(entry);
            entry.port().is_some() && entry.matches(&registry) && target.host == registry.host
        };
        if let Some(entry) = no_proxy::entries(&self.told.no).find(is_limited) {
            let why =
                format!("{entry} in NO_PROXY covers that port only, and Docker gets the token from {target}");
            return Some((&PORT_ONLY, why));
        }
        if let Some(why) = self.shadowed_list(target) {
            return Some((&INEFFECTIVE, why));
        }
        let near_miss = no_proxy::near_miss(&self.told.no, target, &self.addresses())?;
        let why =
            format!("NO_PROXY seems to name {}, but \"{}\" {}", target.host, near_miss.entry, near_miss.why);
        Some((&INEFFECTIVE, why))
    }

    /// The finding, if the daemon uses no proxy but needs one.
    fn without_proxy(&self, target: &Endpoint, message: &str) -> Option<Finding> {
        if !matches!(Wording::of(message), Wording::Transport) {
            return None;
        }
        if let Some(finding) = self.needs_restart(target, None) {
            return Some(finding);
        }
        // A proxy is missing only if the proxy reaches the target and a direct connection does not.
        let is_open = self.case.server(target.port).is_some_and(|server| server.reached.is_open());
        if is_open || !self.engine.proxy.as_ref().is_some_and(ProxySeen::lets_through) {
            return None;
        }
        let what = format!("Docker uses no proxy and cannot reach {target}: {message}");
        if let Some(finding) = self.percent_sign(&["HTTPS_PROXY"], &what) {
            return Some(finding);
        }
        let unread = self.unread(|told| told.of_request(target, self.go).is_some());
        let why = if let Some((source, setting)) = unread {
            format!("the proxy is set in {}, but Docker does not read that file", location(source, setting))
        } else {
            let (source, setting) = self.proxy_for_all()?;
            format!(
                "the proxy is set as {} in {}, but Docker reads only HTTPS_PROXY and HTTP_PROXY",
                setting.name,
                location(source, setting)
            )
        };
        Some(Finding::new(&UNUSED, what, why).with(fix::unused(self)))
    }

    /// The finding, if the daemon's files differ from the settings of the running daemon.
    fn needs_restart(&self, target: &Endpoint, now: Option<&str>) -> Option<Finding> {
        let sources = &self.engine.sources;
        let is_known = sources.iter().any(|source| source.is_read)
            && sources.iter().all(|source| !source.is_read || source.fault.is_none());
        let then = Proxies::of(sources);
        let next = then.of_request(target, self.go);
        if !is_known || next == now {
            return None;
        }
        let says =
            |proxy: Option<&str>| proxy.map_or("no proxy".to_owned(), |proxy| format!("the proxy {proxy}"));
        let set = winner(sources, if next.is_none() && now.is_some() { "NO_PROXY" } else { "HTTPS_PROXY" });
        let by =
            set.map_or("Docker's configuration".to_owned(), |(source, setting)| location(source, setting));
        let what =
            format!("{by} sets {} for this host, but Docker was started with other settings", says(next));
        let why = format!("Docker reads its proxy settings when it starts; now it uses {}", says(now));
        Some(Finding::new(&NEEDS_RESTART, what, why).with(fix::restart(self)))
    }
}

/// Whether Go does not support the scheme of this proxy URL.
fn is_unknown_scheme(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, _)| !["http", "https", "socks5", "socks5h"].contains(&scheme))
}

/// The text after the URL in the daemon's message.
fn text_after_url(message: &str) -> &str {
    message.rsplit_once("\": ").map_or(message, |(_, words)| words)
}
