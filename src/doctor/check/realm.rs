//! Checks the token service that the registry names: a login is two requests, and the second goes there.

use labtrust_machine::{
    handshake::WANTS_CERTIFICATE,
    reach::{Reached, Step, Tls},
};
use labtrust_plan::{Endpoint, Host, store::Scope};

use super::{
    Check, CheckResult,
    answer::{self, Exchange},
    forwarded,
    token::{self, NO_TOKEN, REFUSED},
    trust::{is_about_ca, with_trust, would_trust},
};
use crate::{
    certificate::{SubjectName, name::list_to},
    doctor::{
        Case, Code, Finding,
        case::chain,
        evidence::{Asked, Http, RealmSeen},
    },
};

pub(crate) const CHECK: Check = Check {
    id: "realm",
    title: "token service",
    codes: &[&INSECURE, &WRONG_HOST, &UNREACHABLE, &NOT_JSON, &NO_TOKEN, &UNTRUSTED, &REFUSED],
    judge,
};

const INSECURE: Code = Code::error("realm-insecure");
/// A client that rejects the name reports no other problem of the token service.
const WRONG_HOST: Code = Code::error("realm-wrong-host").explaining(&["realm-untrusted"]);
const UNREACHABLE: Code = Code::error("realm-unreachable");
const NOT_JSON: Code = Code::error("realm-not-json");
const UNTRUSTED: Code = Code::error("realm-untrusted");

const SETTING: &str = "on the server, correct external_url in gitlab.rb (or registry['token_realm']), then: sudo \
                       gitlab-ctl reconfigure";

fn judge(case: &Case<'_>) -> CheckResult {
    let Some(realm) = &case.evidence.realm else {
        return CheckResult::skipped(
            "not checked (the registry names no \
                         token service)",
        );
    };
    if let Some(finding) = forwarded::of_realm(case, realm) {
        return finding.into();
    }
    if realm.url.to_lowercase().starts_with("http://") {
        return Finding::new(
            &INSECURE,
            format!("the registry sends clients to {} for a token", realm.url),
            "docker login would send the password there unencrypted",
        )
        .advise(format!("do not log in until this is fixed: {SETTING}"))
        .into();
    }
    let unreachable = |what: String| {
        let why = "docker login gets its token at this URL and cannot work without a token";
        Finding::new(&UNREACHABLE, what, why)
    };
    let Some(endpoint) = &realm.endpoint else {
        let what = format!(
            "the registry sends clients to {:?} for a token, which is not an https:// URL",
            realm.url
        );
        return unreachable(what).advise(SETTING).into();
    };
    if let Some(finding) = wrong_host(case, realm, endpoint) {
        return finding.into();
    }
    match &realm.answer {
        Asked::Not => CheckResult::fault("not checked"),
        asked if asked.wants_certificate() => {
            answer::result(case, answer::certificate_wanted(case, &realm.url))
        }
        Asked::Failed(_) if case.is_accepted() => CheckResult::passed("Docker reaches it"),
        Asked::Failed(why) => {
            let why = case.reached(endpoint).and_then(obstacle).unwrap_or(why);
            unreachable(format!("{} cannot be reached: {why}", realm.url))
                .advise(format!(
                    "on the server, check that GitLab is running, that {endpoint} is published and that no firewall \
                     blocks it. If GitLab has another address: {SETTING}"
                ))
                .into()
        }
        Asked::Answered(answer) if answer.status >= 500 => {
            unreachable(format!("{} answers {}: GitLab itself is not running", realm.url, answer.status))
                .advise("on the server: sudo gitlab-ctl status. After a start, GitLab needs some minutes")
                .into()
        }
        Asked::Answered(answer) if !is_json(answer) => not_json(case, realm, answer),
        Asked::Answered(answer) if answer.status == 404 => unreachable(format!(
            "{} answers 404: {}",
            realm.url,
            answer.body.trim()
        ))
        .advise("on the server, set registry_external_url in gitlab.rb, then: sudo gitlab-ctl reconfigure")
        .into(),
        Asked::Answered(answer) => {
            let of_token = token::finding(case, realm, answer).or_else(|| forwarded::of_front_page(realm));
            match trusted(case, realm, endpoint) {
                trusted if trusted.findings.is_empty() => of_token.map_or(trusted, CheckResult::from),
                untrusted => untrusted.with(of_token.into_iter().collect()),
            }
        }
    }
}

/// The finding that the URL names another host than the user and than the certificate of the server there.
fn wrong_host(case: &Case<'_>, realm: &RealmSeen, endpoint: &Endpoint) -> Option<Finding> {
    let chain = chain(case.reached(endpoint));
    let leaf = chain.first().filter(|leaf| endpoint.host != *case.host() && !leaf.covers(&endpoint.host))?;
    let what = format!(
        "the registry sends clients to {} for a token, and the certificate there is for {}, not for {}",
        realm.url,
        list_to(4, &leaf.names),
        endpoint.host
    );
    let why = "this URL comes from the server's settings, not from what you typed, and every client checks its name";
    let of_leaf = leaf.names.iter().find_map(|name| match name {
        SubjectName::Dns(name) => Some(Host::Dns(name.clone())),
        _ => None,
    });
    let right = if leaf.covers(case.host()) { Some(case.host().clone()) } else { of_leaf };
    let url = right.map_or_else(|| "https://NAME".into(), |host| format!("https://{}", host.in_url()));
    Some(Finding::new(&WRONG_HOST, what, why).advise(format!(
        "on the server, set external_url '{url}' in gitlab.rb, or registry['token_realm'] if only the registry's setting \
         differs, then: sudo gitlab-ctl reconfigure"
    )))
}

/// Why the connection failed.
fn obstacle(reached: &Reached) -> Option<&str> {
    match reached {
        Reached::Nowhere(why) => Some(why),
        Reached::Addresses(addresses) => addresses.iter().find_map(|(_, step)| match step {
            Step::Refused => Some("connection refused"),
            Step::Unreachable => Some("this machine has no route to it"),
            Step::TimedOut | Step::Connected(Tls::TimedOut) => Some("it did not answer in time"),
            Step::Connected(Tls::NotTls) => Some("it does not speak TLS"),
            Step::Connected(Tls::Closed) => Some("it closed the connection"),
            Step::Connected(Tls::NameUnknown) => Some("it does not know this host name"),
            Step::Connected(Tls::WantsCertificate) => Some(WANTS_CERTIFICATE),
            Step::Failed(why) | Step::Connected(Tls::Failed(why)) => Some(why),
            Step::Connected(Tls::Chain(_)) => None,
        }),
    }
}

/// Whether the answer is a JSON object: a token, or an error by distribution's token specification.
fn is_json(answer: &Http) -> bool {
    answer.body.trim_start().starts_with('{')
}

fn not_json(case: &Case<'_>, realm: &RealmSeen, answer: &Http) -> CheckResult {
    if let Some(finding) = (Exchange { url: &realm.url, answer }).finding(&case.endpoint()) {
        return answer::result(case, finding);
    }
    let what = match answer.headers.get("location") {
        Some(location) => format!("{} redirects to {location} instead of giving a token", realm.url),
        None => format!("{} answers {} with a page instead of a token", realm.url, answer.status),
    };
    Finding::new(&NOT_JSON, what, "docker login expects JSON there")
        .advise(format!(
            "the URL is not GitLab's, or a sign-in page or portal in front of GitLab answers: {SETTING}"
        ))
        .into()
}

/// Whether a daemon that trusts the registry also trusts the token service: by its message, or else by its files.
fn trusted(case: &Case<'_>, realm: &RealmSeen, endpoint: &Endpoint) -> CheckResult {
    let chain = chain(case.reached(endpoint));
    let is_silent = case.engines().all(|engine| case.reach_of(engine).is_none());
    let what = match case.refusal_of(&realm.url) {
        Some(message) if !is_about_ca(&message) => {
            return CheckResult::skipped("not checked (see certificate)");
        }
        Some(message) => format!("Docker does not trust {}: {message}", realm.url),
        None if is_silent && would_trust(case, &case.chain) && !would_trust(case, &chain) => {
            format!("{} presents a certificate whose CA Docker does not trust", realm.url)
        }
        None => return CheckResult::passed(token::summary(realm)),
    };
    let why = "it presents another certificate than the registry, and docker login connects to it too";
    with_trust(case, Finding::new(&UNTRUSTED, what, why), Scope::PerEndpoint, &chain, endpoint).into()
}
