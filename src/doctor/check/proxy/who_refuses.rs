//! Whether it is a proxy's fault that an engine does not reach a registry, and which.

use labtrust_plan::Endpoint;

use super::{
    code::{INEFFECTIVE, NEEDS_RESTART, NOT_BYPASSED, PORT_ONLY, UNREACHABLE, UNUSED, WRONG_SCHEME},
    fix,
    view::{View, location},
    wording::Wording,
};
use crate::doctor::{
    Code, Finding,
    evidence::ProxySeen,
    no_proxy,
    proxy::{Proxies, winner},
};

impl View<'_, '_> {
    /// The finding, if it is a proxy's fault that the engine says `message` instead of reaching the registry.
    pub(super) fn proxy_fault(&self, message: &str) -> Option<Finding> {
        // The last URL is the one that failed: a registry's begins with /v2/, and others are for tokens.
        let is_token = message.rsplit_once("https://").is_some_and(|(_, url)| !url.contains("/v2/"));
        let target = if is_token { self.realm() } else { self.case.endpoint() };
        match self.proxy_of(&target) {
            Some(proxy) => self.proxy_fault_at(&target, proxy, message),
            None => self.without_proxy(&target, message),
        }
    }

    /// The engine goes through `proxy` to `target`.
    pub(super) fn proxy_fault_at(&self, target: &Endpoint, proxy: &str, message: &str) -> Option<Finding> {
        let wording = Wording::of(message);
        let seen = self.engine.proxy.as_ref().filter(|_| *target == self.case.endpoint());
        if let Some(broken) = self.broken(target, proxy, wording, message) {
            return Some(self.unless_near_miss(target, broken));
        }
        // What fails on the way through a proxy is its fault if there is no trouble without it.
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
            _ => format!("and does not get there: {message}"),
        };
        let what = format!("the engine asks {proxy} for {target}, {answer}");
        Some(self.not_bypassed(target, what))
    }

    /// Whether the proxy says that it does not get to `target`, and neither does anybody who goes past it.
    pub(super) fn is_as_far_without(&self, target: &Endpoint) -> bool {
        let status = self.engine.proxy.as_ref().and_then(ProxySeen::status);
        let server = self.case.server(target.port).filter(|server| server.endpoint == *target);
        matches!(status, Some(500..=599)) && server.is_some_and(|server| !server.reached.is_open())
    }

    /// The proxy itself cannot be used.
    fn broken(&self, target: &Endpoint, proxy: &str, wording: Wording, message: &str) -> Option<Finding> {
        let unreached = self.engine.proxy.as_ref().and_then(|seen: &ProxySeen| seen.reached.fault());
        let (code, what, why) = match (wording, unreached) {
            (Wording::Scheme, _) => (
                &WRONG_SCHEME,
                format!("the engine speaks TLS with {proxy}, which does not: {message}"),
                "https:// before a proxy's name says how the proxy itself is spoken with, not what for",
            ),
            (Wording::Unreachable, _) | (_, Some(_)) if is_unknown_scheme(proxy) => (
                &WRONG_SCHEME,
                format!("the engine is told to use {proxy}"),
                "proxies are spoken with by http://, https:// or socks5://, and nothing else",
            ),
            (Wording::Unreachable, _) => (
                &UNREACHABLE,
                format!("the engine cannot reach its proxy {proxy}: {message}"),
                "all that is not named in NO_PROXY goes there",
            ),
            (Wording::Transport, Some(why)) => (
                &UNREACHABLE,
                format!("the engine's proxy {proxy} cannot be reached: {why}"),
                "all that is not named in NO_PROXY goes there",
            ),
            _ => return None,
        };
        if let Some(finding) = self.needs_restart(target, Some(proxy)) {
            return Some(finding);
        }
        let finding = Finding::new(code, what, why);
        let is_scheme = code == &WRONG_SCHEME;
        Some(finding.with(fix::correct_url(self, target, proxy, is_scheme)))
    }

    /// The proxy serves, but not for this; and the engine is not told to go past it.
    fn not_bypassed(&self, target: &Endpoint, what: String) -> Finding {
        if let Some(finding) = self.needs_restart(target, self.proxy_of(target)) {
            return finding;
        }
        let finding = if let Some((code, why)) = self.near_miss(target) {
            Finding::new(code, what, why)
        } else if let Some((source, setting)) = self.unread(|told| told.of_request(target, self.go).is_none())
        {
            let why =
                format!("NO_PROXY names it in {}, which the engine does not read", location(source, setting));
            Finding::new(&UNUSED, what, why)
        } else {
            Finding::new(&NOT_BYPASSED, what, format!("{} is not in the engine's NO_PROXY", target.host))
        };
        finding.with(fix::bypass(self, target))
    }

    /// `broken`, of a proxy that cannot be used; but where `NO_PROXY` is meant to name `target`, that is the cause.
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

    /// What is wrong with an entry of `NO_PROXY` that is meant for `target`, if there is one.
    fn near_miss(&self, target: &Endpoint) -> Option<(&'static Code, String)> {
        let registry = self.case.endpoint();
        let is_limited = |entry: &&str| {
            let entry = no_proxy::Entry::parse(entry);
            entry.port().is_some() && entry.matches(&registry) && target.host == registry.host
        };
        if let Some(entry) = no_proxy::entries(&self.told.no).find(is_limited) {
            let why =
                format!("{entry} in NO_PROXY is for that port alone, and the token comes from {target}");
            return Some((&PORT_ONLY, why));
        }
        let near_miss = no_proxy::near_miss(&self.told.no, target, &self.addresses())?;
        let why = format!(
            "NO_PROXY is meant to name {}, but \"{}\" {}",
            target.host, near_miss.entry, near_miss.why
        );
        Some((&INEFFECTIVE, why))
    }

    /// The engine goes there directly, and does not get there.
    fn without_proxy(&self, target: &Endpoint, message: &str) -> Option<Finding> {
        if !matches!(Wording::of(message), Wording::Transport) {
            return None;
        }
        if let Some(finding) = self.needs_restart(target, None) {
            return Some(finding);
        }
        // Only a proxy that gets there, where nobody else does, is one that is missing.
        let is_open = self.case.server(target.port).is_some_and(|server| server.reached.is_open());
        let status = self.engine.proxy.as_ref().and_then(ProxySeen::status);
        if is_open || !matches!(status, Some(200..=299 | 407)) {
            return None;
        }
        let (source, setting) = self.unread(|told| told.of_request(target, self.go).is_some())?;
        let what = format!("the engine uses no proxy, and does not reach {target}: {message}");
        let why =
            format!("the proxy is set in {}, which the engine does not read", location(source, setting));
        Some(Finding::new(&UNUSED, what, why).with(fix::unused(self)))
    }

    /// What the engine's files say is not what the engine that runs was told.
    fn needs_restart(&self, target: &Endpoint, now: Option<&str>) -> Option<Finding> {
        let sources = &self.engine.sources;
        let is_known = sources.iter().any(|source| source.is_read)
            && sources.iter().all(|source| !source.is_read || source.fault.is_none());
        let then = Proxies::of(sources);
        let next = then.of_request(target, self.go);
        if !is_known || next == now {
            return None;
        }
        let says = |proxy: Option<&str>| {
            proxy.map_or("go there directly".to_owned(), |proxy| format!("go through {proxy}"))
        };
        let set = winner(sources, if next.is_none() && now.is_some() { "NO_PROXY" } else { "HTTPS_PROXY" });
        let by = set.map_or("its settings".to_owned(), |(source, setting)| location(source, setting));
        let what = format!("by {by}, the engine is to {}; it is running with other settings", says(next));
        let why = format!("the engine reads them when it starts, and was told to {}", says(now));
        Some(Finding::new(&NEEDS_RESTART, what, why).with(fix::restart(self)))
    }
}

/// Whether Go knows no way to speak with a proxy of this URL.
fn is_unknown_scheme(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, _)| !["http", "https", "socks5", "socks5h"].contains(&scheme))
}

/// What follows the URL that the engine asked for.
fn text_after_url(message: &str) -> &str {
    message.rsplit_once("\": ").map_or(message, |(_, words)| words)
}
