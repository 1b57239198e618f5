//! Finds the proxies that the docker command, its builds and git use.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    thread,
    time::Instant,
};

use labtrust_machine::probe::{docker_config, variable};
use labtrust_plan::{Endpoint, Facts, text};

use super::git;
use crate::doctor::{
    Question,
    case::WEB,
    evidence::{ProxySeen, Redacted, Tool, ToolSeen},
    probe::{connect, daemon, task::joined},
};

/// The tools that use a proxy, with the answers of the proxies. Each proxy is asked once.
pub(super) fn tools(question: &Question<'_>, deadline: Instant) -> Vec<ToolSeen> {
    let web = Endpoint::new(question.host.clone(), WEB);
    let has_docker = question.facts.tools.contains_key("docker");
    let told = [docker().filter(|_| has_docker), containers(question.facts), git(question)];
    let mut tools: Vec<ToolSeen> = told.into_iter().flatten().collect();
    let urls: HashMap<String, ProxySeen> = thread::scope(|scope| {
        let mut asked: HashMap<String, _> = HashMap::new();
        for tool in &tools {
            let ask = || scope.spawn(|| connect::ask_proxy(&tool.proxy, &web, deadline));
            asked.entry(tool.proxy.to_string()).or_insert_with(ask);
        }
        asked.into_iter().map(|(url, task)| (url, joined(task))).collect()
    });
    for tool in &mut tools {
        tool.seen = urls.get(&*tool.proxy).cloned();
    }
    tools
}

/// The first of the variables `names` that is not empty, with its value.
fn first_set(names: &[&str]) -> Option<(String, String)> {
    names.iter().find_map(|name| Some(((*name).to_owned(), variable(name)?)))
}

fn told(tool: Tool, told_by: &str, proxy: &str, no_proxy: Option<&str>) -> ToolSeen {
    let no_proxy = Redacted::no_proxy(no_proxy.unwrap_or_default());
    ToolSeen { tool, told_by: told_by.into(), proxy: Redacted::proxy(proxy), no_proxy, seen: None }
}

/// The proxy of the docker command, a Go program: variables in capitals come first.
fn docker() -> Option<ToolSeen> {
    let (name, proxy) = first_set(&["HTTPS_PROXY", "https_proxy"])?;
    let no_proxy = first_set(&["NO_PROXY", "no_proxy"]).map(|(_, list)| list);
    Some(told(Tool::Docker, &name, &proxy, no_proxy.as_deref()))
}

/// The proxy that the docker command passes on to containers and builds.
fn containers(facts: &Facts) -> Option<ToolSeen> {
    let path = docker_config(facts).join("config.json");
    let settings = daemon::client_settings(&read(&path)?).ok()?;
    let value =
        |name: &str| settings.iter().find(|setting| setting.name == name && !setting.value.is_empty());
    let proxy = value("HTTPS_PROXY")?;
    let told_by = format!("{}, line {}", text::path(&path), proxy.line);
    Some(told(Tool::Containers, &told_by, &proxy.value, value("NO_PROXY").map(|setting| &*setting.value)))
}

/// The proxy of git. Its own settings come before the variables, and small letters before capitals (git's `http.c`).
fn git(question: &Question<'_>) -> Option<ToolSeen> {
    let no_proxy = first_set(&["no_proxy", "NO_PROXY"]).map(|(_, list)| list);
    let home = &question.facts.person().home;
    let files = ["/etc/gitconfig".into(), home.join(".config/git/config"), home.join(".gitconfig")];
    let mut found: Option<(PathBuf, git::Proxy)> = None;
    for path in files {
        let Some(proxy) = read(&path).and_then(|text| git::proxy(&text, question.host)) else { continue };
        if proxy.is_own || found.as_ref().is_none_or(|(_, before)| !before.is_own) {
            found = Some((path, proxy));
        }
    }
    if let Some((path, proxy)) = found {
        let told_by = format!("{}, line {}", text::path(&path), proxy.line);
        return (!proxy.url.is_empty()).then(|| told(Tool::Git, &told_by, &proxy.url, no_proxy.as_deref()));
    }
    let (name, proxy) = first_set(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?;
    Some(told(Tool::Git, &name, &proxy, no_proxy.as_deref()))
}

fn read(path: &Path) -> Option<String> {
    daemon::text(path).ok().flatten()
}
