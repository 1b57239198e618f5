//! Checks the proxies of the tools that people use after a login: `docker build`, and git.

use labtrust_plan::Endpoint;

use crate::doctor::check::{Check, CheckResult};
use crate::doctor::{
    Case, Code, Finding,
    case::WEB,
    evidence::{Tool, ToolSeen},
    no_proxy,
};

pub(crate) const CHECK: Check = Check { id: "tools", title: "tools' proxy", codes: &[&CLI, &GIT], judge };

const CLI: Code = Code::warning("cli-proxy-not-bypassed");
const GIT: Code = Code::warning("git-proxy-not-bypassed");

fn judge(case: &Case<'_>) -> CheckResult {
    let tools = &case.evidence.client.tools;
    if tools.is_empty() {
        return CheckResult::skipped("no proxy is set");
    }
    let web = Endpoint::new(case.host().clone(), WEB);
    let names: Vec<_> = tools.iter().map(|tool| &*tool.told_by).collect();
    let names = names.join(" and ");
    let findings: Vec<_> = tools.iter().filter_map(|tool| refused_by_proxy(tool, &web)).collect();
    // If the server does not answer, the proxy is not the reason.
    if !findings.is_empty() && !case.server(WEB).is_some_and(|server| server.reached.is_open()) {
        return CheckResult::skipped(format!(
            "not checked ({web} does not answer; a proxy is set by {names})"
        ));
    }
    CheckResult::of(format!("set by {names}; it does not block {web}"), findings)
}

/// The finding, if the proxy of the tool `told` refuses `web`.
fn refused_by_proxy(told: &ToolSeen, web: &Endpoint) -> Option<Finding> {
    let is_bypassed = match told.tool {
        Tool::Docker => no_proxy::is_bypassed(&told.no_proxy, web),
        Tool::Git => no_proxy::curl::is_bypassed(&told.no_proxy, web),
        // Programs in containers have either rules: one match is enough.
        Tool::Containers => {
            no_proxy::is_bypassed(&told.no_proxy, web) || no_proxy::curl::is_bypassed(&told.no_proxy, web)
        }
    };
    let said = refusal(told).filter(|_| !is_bypassed)?;
    let host = &web.host;
    let what =
        format!("{} makes {} use the proxy {} for {host}: {said}", told.told_by, name(told.tool), told.proxy);
    let list = no_proxy::with(&told.no_proxy, host);
    Some(match told.tool {
        Tool::Docker => Finding::new(
            &CLI,
            what,
            "docker build gets its token with the docker command, which uses this proxy",
        )
        .advise("bypass the proxy for this host, also where the variable is set for every shell:")
        .run(["export", &format!("NO_PROXY={list}")]),
        Tool::Containers => Finding::new(&CLI, what, "Docker passes this proxy on to containers and builds")
            .advise(format!("set \"noProxy\": \"{list}\" beside \"httpsProxy\" in that file")),
        Tool::Git => Finding::new(&GIT, what, "git clone uses this proxy")
            .advise("make git bypass the proxy for this host:")
            .run(["git", "config", "--global", &format!("http.https://{}/.proxy", web.host.in_url()), ""]),
    })
}

fn name(tool: Tool) -> &'static str {
    match tool {
        Tool::Docker => "the docker command",
        Tool::Containers => "containers and builds",
        Tool::Git => "git",
    }
}

/// Why the proxy does not work; none if it works, or if that is not known.
fn refusal(told: &ToolSeen) -> Option<String> {
    let seen = told.seen.as_ref()?;
    if let Some(why) = seen.reached.fault() {
        return Some(format!("it cannot be reached ({why})"));
    }
    let is_known = told.proxy.contains('@');
    let answer = match (seen.answer.answer(), seen.answer.fault()) {
        (Some(answer), _) => answer,
        // labtrust does not send the password of a SOCKS proxy either.
        (None, _) if is_known && told.proxy.starts_with("socks") => return None,
        (None, why) => return why.map(str::to_owned),
    };
    // labtrust does not send the proxy's password, which may be correct.
    let serves = seen.lets_through() && (is_known || seen.status() != Some(407));
    (!serves).then(|| format!("it answers {answer}"))
}
