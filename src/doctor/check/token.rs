//! Judges what the registry makes of a token of its own token service.

use labtrust_plan::text::in_line;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use crate::doctor::{
    Case, Code, Finding,
    evidence::{Asked, Http, RealmSeen, TokenSeen},
};

pub(super) const NO_TOKEN: Code = Code::error("realm-no-token");
pub(super) const REFUSED: Code = Code::error("token-refused");

/// The difference of clocks that a registry accepts, in seconds (distribution, `registry/auth/token`).
const LEEWAY: i64 = 60;

/// The finding about the token that the token service gives to anybody, if there is one.
pub(super) fn finding(case: &Case<'_>, realm: &RealmSeen, answer: &Http) -> Option<Finding> {
    if answer.status == 200 && !answer.body.contains("\"token\"") {
        let what = format!("{} answers 200, and its answer holds no token", realm.url);
        let why = "docker login takes the token from this answer, and cannot work without it";
        return Some(Finding::new(&NO_TOKEN, what, why).advise(
            "on the server, read GitLab's log while you log in: sudo gitlab-ctl tail gitlab-rails. If the URL is not \
             GitLab's, correct registry['token_realm'] in gitlab.rb",
        ));
    }
    let token = realm.token.as_ref()?;
    let refusal = token.answer.answer().filter(|answer| answer.status == 401)?;
    let error = refusal.challenge("error");
    if error == Some("insufficient_scope") {
        return None;
    }
    let what = format!("{} refuses the token that {} gives", case.endpoint(), realm.url);
    let reason = match error {
        None => Reason::NotReceived,
        Some(_) => reason(realm, token, refusal),
    };
    Some(reason.finding(&what, realm, token))
}

/// The reason why a registry refuses a token.
enum Reason {
    /// The registry got no token.
    NotReceived,
    /// The token is for another service.
    Service(String),
    /// GitLab's clock is ahead of the registry's, by this many seconds; behind, if negative.
    Clock(i64),
    /// Another key, or another issuer.
    KeyOrIssuer,
}

fn reason(realm: &RealmSeen, token: &TokenSeen, refusal: &Http) -> Reason {
    let expected = realm.service.as_deref().unwrap_or_default();
    if !token.audience.is_empty() && token.audience.iter().all(|service| **service != *expected) {
        let services: Vec<_> = token.audience.iter().map(|service| in_line(service)).collect();
        return Reason::Service(services.join(", "));
    }
    let now = refusal.headers.get("date").and_then(|date| OffsetDateTime::parse(date, &Rfc2822).ok());
    let Some(now) = now.map(OffsetDateTime::unix_timestamp) else { return Reason::KeyOrIssuer };
    let is_early = token.not_before.is_some_and(|begin| begin - now > LEEWAY);
    let is_late = token.expires.is_some_and(|end| now - end > LEEWAY);
    let begin = token.not_before.or(token.expires).unwrap_or(now);
    if is_early || is_late { Reason::Clock(begin - now) } else { Reason::KeyOrIssuer }
}

impl Reason {
    fn finding(&self, what: &str, realm: &RealmSeen, token: &TokenSeen) -> Finding {
        let (why, advice) = match self {
            Self::NotReceived => (
                "the registry reports that it got no token: a web server or reverse proxy removes the header \
                 Authorization"
                    .to_owned(),
                "in the reverse proxy, forward this header (remove proxy_set_header Authorization \"\" and auth_basic in \
                 nginx, RequestHeader unset Authorization in Apache)"
                    .to_owned(),
            ),
            Self::Service(service) => (
                format!(
                    "the token is for the service {service:?}, and the registry accepts only tokens for {:?}",
                    realm.service.as_deref().unwrap_or_default()
                ),
                "on the server, remove service settings of your own from registry in gitlab.rb, so that both have \
                 container_registry, then: sudo gitlab-ctl reconfigure"
                    .to_owned(),
            ),
            Self::Clock(seconds) => (
                format!(
                    "the clock of GitLab is {} s {} the clock of the registry, so the token counts as {}",
                    seconds.abs(),
                    if *seconds > 0 { "ahead of" } else { "behind" },
                    if *seconds > 0 { "not yet valid" } else { "expired" }
                ),
                "set the clock of each server: sudo timedatectl set-ntp true".to_owned(),
            ),
            Self::KeyOrIssuer => (
                format!(
                    "GitLab signs it with a key that the registry does not know, or as an issuer ({}) that the registry \
                     does not accept",
                    token.issuer.as_deref().unwrap_or("none")
                ),
                "on the server, run the doctor as root: it compares both keys. If they match, the registry may still have \
                 the old certificate: sudo gitlab-ctl restart registry"
                    .to_owned(),
            ),
        };
        Finding::new(&REFUSED, what, why).advise(advice)
    }
}

/// What was seen of the token, in a few words.
pub(super) fn summary(realm: &RealmSeen) -> String {
    match realm.token.as_ref().map(|token| &token.answer) {
        Some(Asked::Answered(answer)) if answer.status != 401 => {
            format!("{}; the registry accepts its token", realm.url)
        }
        _ => realm.url.to_string(),
    }
}
