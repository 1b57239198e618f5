//! Whether the token service that the registry names serves: a login is two requests, and the second
//! one goes there.

use labtrust_machine::reach::{Reached, Step, Tls};
use labtrust_plan::{Endpoint, store::Scope};

use super::{
    Check, CheckResult,
    trust::{with_trust, would_trust},
};
use crate::doctor::{
    Case, Code, Finding,
    case::chain,
    evidence::{Asked, Http, RealmSeen},
};

pub(crate) const CHECK: Check = Check {
    id: "realm",
    title: "token realm",
    codes: &[&INSECURE, &UNREACHABLE, &NOT_JSON, &UNTRUSTED],
    judge,
};

const INSECURE: Code = Code::error("realm-insecure");
const UNREACHABLE: Code = Code::error("realm-unreachable");
const NOT_JSON: Code = Code::error("realm-not-json");
const UNTRUSTED: Code = Code::error("realm-untrusted");

const SETTING: &str = "on the server, correct external_url in gitlab.rb (or registry['token_realm']), then: gitlab-ctl reconfigure";

fn judge(case: &Case<'_>) -> CheckResult {
    let Some(realm) = &case.evidence.realm else { return CheckResult::skipped("the registry names none") };
    if realm.url.to_lowercase().starts_with("http://") {
        return Finding::new(
            &INSECURE,
            format!("the registry sends one to {} for a token", realm.url),
            "docker login would send the password there without encryption",
        )
        .advise(format!("do not log in there before it is fixed: {SETTING}"))
        .into();
    }
    let unreachable = |what: String| {
        let why = "the registry accepts nobody without a token, and this is who gives it out";
        Finding::new(&UNREACHABLE, what, why)
    };
    let Some(endpoint) = &realm.endpoint else {
        let what = format!("the registry names {:?} for a token, which is no https:// URL", realm.url);
        return unreachable(what).advise(SETTING).into();
    };
    match &realm.answer {
        Asked::Not => CheckResult::fault("it was not asked"),
        Asked::Failed(_) if case.is_accepted() => CheckResult::passed("the engine reaches it"),
        Asked::Failed(why) => {
            let why = case.reached(endpoint).and_then(obstacle).unwrap_or(why);
            unreachable(format!("{} cannot be reached: {why}", realm.url))
                .advise(format!(
                    "on the server, see that GitLab runs there, that {endpoint} is published and that no firewall drops \
                     it; if GitLab is elsewhere: {SETTING}"
                ))
                .into()
        }
        Asked::Answered(answer) if answer.status >= 500 => {
            unreachable(format!("{} answers {}: GitLab itself does not run", realm.url, answer.status))
                .advise("on the server: gitlab-ctl status; after a start GitLab takes some minutes")
                .into()
        }
        Asked::Answered(answer) if !is_json(answer) => not_json(realm, answer),
        Asked::Answered(answer) if answer.status == 404 => {
            unreachable(format!("{} answers 404: {}", realm.url, answer.body.trim()))
                .advise("on the server, set registry_external_url in gitlab.rb, then: gitlab-ctl reconfigure")
                .into()
        }
        Asked::Answered(_) => trusted(case, realm, endpoint),
    }
}

/// Why one came no further, in words.
fn obstacle(reached: &Reached) -> Option<&str> {
    match reached {
        Reached::Nowhere(why) => Some(why),
        Reached::Addresses(addresses) => addresses.iter().find_map(|(_, step)| match step {
            Step::Refused => Some("connection refused"),
            Step::Unreachable => Some("no way leads there from this machine"),
            Step::TimedOut | Step::Connected(Tls::TimedOut) => Some("it did not answer in time"),
            Step::Connected(Tls::NotTls) => Some("it does not speak TLS"),
            Step::Connected(Tls::Closed) => Some("it closed the connection"),
            Step::Failed(why) | Step::Connected(Tls::Failed(why)) => Some(why),
            Step::Connected(Tls::Chain(_)) => None,
        }),
    }
}

/// A token, or an error as the token specification of distribution has it, is a JSON object.
fn is_json(answer: &Http) -> bool {
    answer.body.trim_start().starts_with('{')
}

fn not_json(realm: &RealmSeen, answer: &Http) -> CheckResult {
    let what = match answer.headers.get("location") {
        Some(location) => format!("{} sends one on to {location} instead of giving a token", realm.url),
        None => format!("{} answers {} with a page instead of a token", realm.url, answer.status),
    };
    Finding::new(&NOT_JSON, what, "docker login expects JSON there and cannot read anything else")
        .advise(format!(
            "the URL is not GitLab's, or something in front of it (a sign-in page, a portal) answers: {SETTING}"
        ))
        .into()
}

/// Whether an engine that believes the registry believes it too: in its own words, or else by its files.
fn trusted(case: &Case<'_>, realm: &RealmSeen, endpoint: &Endpoint) -> CheckResult {
    let chain = chain(case.reached(endpoint));
    let is_silent = case.evidence.engines.iter().all(|engine| case.reach_of(engine).is_none());
    let what = match case.refusal_of(&realm.url) {
        Some(message) => format!("the engine does not believe {}: {message}", realm.url),
        None if is_silent && would_trust(case, &case.chain) && !would_trust(case, &chain) => {
            format!("{} presents a certificate of a CA that Docker does not know", realm.url)
        }
        None => return CheckResult::passed(&realm.url),
    };
    let why = "it presents another certificate than the registry, and docker login goes there too";
    with_trust(case, Finding::new(&UNTRUSTED, what, why), Scope::PerEndpoint, &chain, endpoint).into()
}
