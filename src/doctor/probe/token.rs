//! Asks the registry with the token that the token service gives to anybody. No credentials are sent: where GitLab has
//! a public project, anybody gets a token to read its images.

use std::time::Instant;

use base64ct::{Base64UrlUnpadded, Encoding};
use labtrust_plan::Endpoint;
use serde::Deserialize;
use serde_json::Value;

use super::time_budget::left;
use crate::doctor::{
    evidence::{Redacted, TokenSeen},
    http::{self, Answer},
};

/// The path of GitLab's token service.
const GITLABS: &str = "/jwt/auth";
/// Public projects of GitLab, the first alone (docs.gitlab.com, "Projects API").
const PUBLIC: &str = "/api/v4/projects?visibility=public&simple=true&per_page=1";

/// The part of a token service's answer that is needed here (distribution, "Token authentication specification").
#[derive(Deserialize)]
struct Given {
    token: Option<String>,
    access_token: Option<String>,
}

/// The part of a project that is needed here.
#[derive(Deserialize)]
struct Project {
    path_with_namespace: String,
}

/// The claims that a registry compares (RFC 7519 §4.1).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Claims {
    iss: Option<String>,
    aud: Value,
    nbf: Option<i64>,
    exp: Option<i64>,
}

/// What `registry` makes of a token of the token service at `url`, whose answer without a scope is `answer`; none if it
/// gives no token to anybody.
pub(super) fn present(
    url: &str,
    answer: &Answer,
    registry: &Endpoint,
    deadline: Instant,
) -> Option<TokenSeen> {
    let token = of_answer(answer).or_else(|| of_public_project(url, deadline))?;
    let asked = http::get_with_token(&format!("https://{registry}/v2/"), &token, left(deadline));
    let claims = claims(&token).unwrap_or_default();
    let audience = match &claims.aud {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).take(4).collect(),
        _ => Vec::new(),
    };
    Some(TokenSeen {
        issuer: claims.iss.map(Redacted::from),
        audience: audience.into_iter().map(Redacted::from).collect(),
        not_before: claims.nbf,
        expires: claims.exp,
        answer: http::evidence_of(Some(&asked)),
    })
}

fn of_answer(answer: &Answer) -> Option<String> {
    let given: Given = serde_json::from_str(answer.body_of(200)?).ok()?;
    // A token goes into a header.
    given
        .token
        .or(given.access_token)
        .filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// A token to read the images of a public project, if this is GitLab and it has one.
fn of_public_project(url: &str, deadline: Instant) -> Option<String> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let gitlab = base.strip_suffix(GITLABS)?;
    let projects = http::get(&format!("{gitlab}{PUBLIC}"), left(deadline)).ok()?;
    let projects: Vec<Project> = serde_json::from_str(projects.body_of(200)?).ok()?;
    let path = projects.first()?.path_with_namespace.to_lowercase();
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    let scoped = format!("{base}?{query}&scope=repository:{path}:pull");
    is_plain.then(|| http::get(&scoped, left(deadline)).ok()).flatten().as_ref().and_then(of_answer)
}

fn claims(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(payload).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claims_of_a_token_are_read() {
        let token =
            |claims: &str| format!("e30.{}.c2ln", Base64UrlUnpadded::encode_string(claims.as_bytes()));
        let read =
            claims(&token(r#"{"iss": "i", "aud": ["a"], "nbf": 1, "exp": 2, "sub": "x"}"#)).expect("claims");
        assert_eq!((read.iss.as_deref(), read.nbf, read.exp), (Some("i"), Some(1), Some(2)));
        for not_one in ["", "opaque", "a.b.c", "a.!.c"] {
            assert!(claims(not_one).is_none(), "{not_one}");
        }
    }
}
