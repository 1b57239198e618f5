//! Whether the engine's requests go where they should: through a proxy that serves, or past it.

mod blame;
mod fix;
mod intercepted;
mod tools;
mod words;

use labtrust_platform::{Endpoint, fact::Engine, world::engine};

pub use self::tools::CHECK as TOOLS;
use super::{Check, Verdict, engine::remote};
use crate::doctor::{
    Case, Code,
    case::WEB,
    evidence::{Asked, EngineSeen, Setting, Source},
    proxy::Proxies,
};

pub const CHECK: Check = Check {
    id: "proxy",
    title: "proxy",
    codes: &[
        &WRONG_SCHEME,
        &UNREACHABLE,
        &NEEDS_RESTART,
        &PORT_ONLY,
        &INEFFECTIVE,
        &UNUSED,
        &NOT_BYPASSED,
        &INTERCEPTED,
    ],
    judge,
};

const WRONG_SCHEME: Code = Code::error("proxy-wrong-scheme");
const UNREACHABLE: Code = Code::error("proxy-unreachable");
const NEEDS_RESTART: Code = Code::error("proxy-needs-restart");
const PORT_ONLY: Code = Code::error("no-proxy-port-only");
const INEFFECTIVE: Code = Code::error("no-proxy-ineffective");
const UNUSED: Code = Code::error("proxy-config-unused");
const NOT_BYPASSED: Code = Code::error("proxy-not-bypassed");

/// Found also where the certificate is looked at: who signs anew need be no proxy.
pub const INTERCEPTED: Code =
    Code::error("tls-intercepted").explaining(&["chain-incomplete", "untrusted-docker", "untrusted-system"]);

fn judge(case: &Case<'_>) -> Verdict {
    if let Some(at) = remote(case) {
        return Verdict::skipped(format!("the docker command uses the engine at {at}"));
    }
    let Some((place, engine)) = case.engine() else { return Verdict::skipped("no engine") };
    let info = match &engine.info {
        Asked::Answered(info) => info,
        Asked::Failed(why) => return Verdict::fault(why.clone()),
        Asked::Not => return Verdict::skipped("the engine comes first"),
    };
    if info.is_desktop() {
        return Verdict::passed("Docker Desktop has one of its own, which follows its settings");
    }
    let go = engine.version.answer().map_or("", |version| &version.go);
    let view = View { case, engine, fact: case.evidence.facts.engines.get(place), told: info.into(), go };
    let finding = match engine.registries.get(&case.registry) {
        None | Some(Asked::Not) => None,
        Some(Asked::Failed(why)) => view.blame(why),
        Some(Asked::Answered(body)) => match engine::judge(body) {
            // It speaks TLS with the registry: the proxy, if there is one, serves.
            engine::Reach::Accepted | engine::Reach::GaveUp(_) => None,
            engine::Reach::Refused(_) => intercepted::finding(&view),
            engine::Reach::Unknown(message) => view.blame(&message),
        },
    };
    finding.map_or_else(|| view.said(), Verdict::from)
}

/// What is judged: the engine, and what it is told of proxies.
struct View<'c, 'e> {
    case: &'c Case<'e>,
    engine: &'e EngineSeen,
    fact: Option<&'e Engine>,
    /// What the engine that runs is told.
    told: Proxies,
    /// The version of Go that it was built with.
    go: &'e str,
}

impl View<'_, '_> {
    fn proxy_of(&self, endpoint: &Endpoint) -> Option<&str> {
        self.told.of_request(endpoint, self.go)
    }

    /// Where the registry sends one for a token, or where GitLab has it.
    fn realm(&self) -> Endpoint {
        let named = self.case.evidence.realm.as_ref().and_then(|realm| realm.endpoint.clone());
        named.unwrap_or_else(|| Endpoint::new(self.case.host().clone(), WEB))
    }

    /// What is said where nothing was found.
    fn said(&self) -> Verdict {
        let registry = self.case.endpoint();
        Verdict::passed(match (self.proxy_of(&registry), self.told.https.as_str()) {
            (Some(proxy), _) if self.is_as_far_without(&registry) => {
                return Verdict::skipped(format!("{proxy} does not get there, and nobody else does either"));
            }
            (Some(proxy), _) => format!("the engine goes through {proxy}"),
            (None, "") => "the engine uses none".into(),
            (None, proxy) => format!("the engine goes past {proxy}"),
        })
    }

    /// A source that the engine does not read, and in which it would be told what `is_meant`.
    fn unread(&self, is_meant: impl Fn(&Proxies) -> bool) -> Option<(&Source, &Setting)> {
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
            is_meant(&told)
                .then(|| source.settings.iter().find(is_about))
                .flatten()
                .map(|setting| (source, setting))
        })
    }

    fn addresses(&self) -> Vec<std::net::IpAddr> {
        let seen = self.case.registry_server().map(|server| server.reached.addresses()).unwrap_or_default();
        seen.iter().map(|(address, _)| address.ip()).collect()
    }
}

/// A file and line, as editors take it.
fn place(source: &Source, setting: &Setting) -> String {
    match setting.line {
        0 => format!("the command line of {}", source.path.display()),
        line => format!("{}, line {line}", source.path.display()),
    }
}

#[cfg(test)]
mod tests;
