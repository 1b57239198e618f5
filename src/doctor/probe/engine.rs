//! Asks a Docker daemon over its socket.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Instant,
};

use labtrust_machine::{
    World,
    engine::{SocketState, connect_state, distribution, get},
};
use labtrust_plan::{Endpoint, Facts, Service, Target, fact::Engine};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    connect, daemon,
    task::joined,
    time_budget::{LATE, TimeBudget, left},
};
use crate::doctor::{
    evidence::{Asked, EngineInfo, EngineSeen, Flaw, ProxySeen, Redacted, Setting, Source},
    proxy::ALL_PROXY,
};

/// The longest message of a daemon that is kept.
const LONGEST: usize = 4096;

/// Asks `engine` about `endpoints`, and its proxy about `registry`, one of them.
pub(super) fn ask(
    engine: &Engine,
    facts: &Facts,
    endpoints: &[Endpoint],
    registry: &Endpoint,
    budget: &TimeBudget,
) -> EngineSeen {
    let deadline = budget.deadline;
    let socket_state = engine.socket.as_deref().map_or(SocketState::Absent, connect_state);
    let mut seen = EngineSeen {
        registries: endpoints.iter().map(|endpoint| (endpoint.port, Asked::Not)).collect(),
        sources: daemon::proxy_sources(engine, facts),
        ..unasked(engine, socket_state)
    };
    let (Some(socket), SocketState::Open) = (&engine.socket, &seen.socket_state) else { return seen };
    let world = World::here();
    let text = |path: &str| get(&world, socket, path, left(deadline)).map(|answer| answer.body);
    let is_direct = AtomicBool::new(false);
    thread::scope(|scope| {
        let (text, is_direct) = (&text, &is_direct);
        for ((_, answer), endpoint) in seen.registries.iter_mut().zip(endpoints) {
            scope.spawn(move || *answer = about(endpoint, socket, is_direct, budget));
        }
        let sources = &seen.sources;
        let info = scope.spawn(move || {
            let info = info(text("/info"));
            is_direct.store(info.answer().is_some_and(EngineInfo::is_direct), Ordering::Relaxed);
            let proxy = info.answer().and_then(|info| proxy(info, sources, registry, deadline));
            (info, proxy)
        });
        seen.version = parsed(text("/version"));
        (seen.info, seen.proxy) = joined(info);
    });
    seen
}

/// The message of the daemon at `socket` after it contacted the registry at `endpoint`.
fn about(endpoint: &Endpoint, socket: &Path, is_direct: &AtomicBool, budget: &TimeBudget) -> Asked<Redacted> {
    let (socket, path) = (socket.to_owned(), distribution(endpoint));
    let question = move |limit| get(&World::here(), &socket, &path, limit).map(|answer| answer.body);
    match budget.ask_engine(endpoint, is_direct, question) {
        Some(body) => body.map(|body| Redacted::from(shortened(body))).into(),
        None => Asked::Failed(LATE.into()),
    }
}

/// The evidence about `engine` before any question, with the state of its socket.
pub(super) fn unasked(engine: &Engine, socket_state: SocketState) -> EngineSeen {
    EngineSeen {
        title: Service::engine(engine).title.into(),
        socket: engine.socket.clone(),
        socket_state,
        version: Asked::Not,
        info: Asked::Not,
        registries: BTreeMap::new(),
        sources: Vec::new(),
        proxy: None,
    }
}

/// The daemon's settings, without passwords, which the daemon itself may include.
fn info(body: labtrust_machine::Result<String>) -> Asked<EngineInfo> {
    let mut info = parsed::<EngineInfo>(body);
    if let Asked::Answered(info) = &mut info {
        info.https_flaw = Flaw::of_url(&info.https_proxy);
        info.http_proxy = Redacted::proxy(&info.http_proxy);
        info.https_proxy = Redacted::proxy(&info.https_proxy);
        info.no_proxy = Redacted::no_proxy(&info.no_proxy);
        if let Some(properties) = &mut info.image_store {
            properties.retain(|(name, _)| name == "driver-type");
        }
        if let Some(registries) = &mut info.registries {
            let is_network = |text: &String| {
                text.chars().all(|letter| letter.is_ascii_hexdigit() || ".:/".contains(letter))
            };
            registries.insecure_networks.iter_mut().for_each(|networks| networks.retain(is_network));
            let named = registries.named.iter_mut();
            named.for_each(|named| named.retain(|name, _| name.parse::<Target>().is_ok()));
        }
    }
    info
}

/// The daemon's answer, shortened: a daemon passes on everything that a server sent, at any length.
fn shortened(body: String) -> String {
    if body.len() <= LONGEST {
        return body;
    }
    let cut = |text: &str| text.chars().take(LONGEST).collect::<String>();
    match serde_json::from_str::<Value>(&body) {
        Ok(Value::Object(answer)) => match answer.get("message").and_then(Value::as_str) {
            Some(message) => serde_json::json!({ "message": cut(message) }).to_string(),
            None => body,
        },
        _ => cut(&body),
    }
}

/// The answer of the daemon's proxy, or of the proxy that it should use. Docker Desktop's proxy is inside its virtual
/// machine and is not asked.
fn proxy(info: &EngineInfo, sources: &[Source], registry: &Endpoint, deadline: Instant) -> Option<ProxySeen> {
    let unused = sources.iter().flat_map(|source| {
        let is_unused = |setting: &&Setting| !source.is_read || setting.is_dropped() || is_all(setting);
        source.settings.iter().filter(is_unused)
    });
    let is_proxy = |setting: &&Setting| setting.name.eq_ignore_ascii_case("HTTPS_PROXY") || is_all(setting);
    let unread = unused.filter(is_proxy).map(|setting| &setting.value);
    let url = [&info.https_proxy, &info.http_proxy].into_iter().chain(unread).find(|url| !url.is_empty())?;
    (!info.is_desktop()).then(|| connect::ask_proxy(url, registry, deadline))
}

fn is_all(setting: &Setting) -> bool {
    setting.name.eq_ignore_ascii_case(ALL_PROXY)
}

fn parsed<T: DeserializeOwned>(body: labtrust_machine::Result<String>) -> Asked<T> {
    match body {
        Ok(body) => {
            let parsed = serde_json::from_str(&body);
            parsed
                .map_err(|error| format!("its answer is unreadable: {}", Redacted::json_error(&error)))
                .into()
        }
        Err(error) => Asked::Failed(error.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use labtrust_machine::engine::{Reach, reach_from_answer};

    use super::*;

    #[test]
    fn of_what_an_engine_passes_on_the_beginning_is_kept() {
        let answer = |message: &str| serde_json::json!({ "message": message }).to_string();
        let short = answer("x509: certificate signed by unknown authority");
        assert_eq!(shortened(short.clone()), short);
        let long =
            shortened(answer(&format!("Get \"https://h:4567/v2/\": x509: {}", "\u{1b}ü".repeat(1 << 18))));
        assert!(long.len() < 10 * LONGEST, "{}", long.len());
        assert!(matches!(reach_from_answer(&long), Reach::Refused(_)));
        assert!(shortened("x".repeat(1 << 20)).len() <= LONGEST);
        let found = serde_json::json!({ "Descriptor": {}, "Platforms": vec!["linux"; 1 << 10] }).to_string();
        assert_eq!(reach_from_answer(&shortened(found)), Reach::Accepted);
    }
}
