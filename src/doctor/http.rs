//! One GET without credentials and without a proxy. TLS is not verified: the checks judge the certificate, and need
//! the answer even if it is not trusted.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use labtrust_machine::{dial, handshake};
use labtrust_plan::text;
use ureq::{
    Agent,
    config::Config,
    http::Uri,
    tls::TlsConfig,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

use super::evidence::{Asked, Http, Redacted, parameter};

/// The headers that the checks read.
const HEADERS: &[&str] = &[
    "content-type",
    "date",
    "docker-distribution-api-version",
    "location",
    "retry-after",
    "server",
    "via",
    "www-authenticate",
];
/// The longest header value, in characters; the rest is cut off.
const LONGEST: usize = 2048;
/// The longest body, in bytes; the rest is cut off. A token may have some thousand.
const LONGEST_BODY: u64 = 64 << 10;

/// An answer as the server sent it. It may hold secrets.
pub struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Answer {
    /// The parameter `name` of its challenge.
    pub fn challenge(&self, name: &str) -> Option<&str> {
        parameter(self.headers.get("www-authenticate")?, name)
    }

    /// Its body, if it has this status. The body may hold secrets.
    pub fn body_of(&self, status: u16) -> Option<&str> {
        (self.status == status).then_some(&self.body)
    }
}

impl From<&Answer> for Http {
    fn from(answer: &Answer) -> Self {
        let header = |(name, value): (&String, &String)| (name.clone(), Redacted::header(name, value));
        Self {
            status: answer.status,
            headers: answer.headers.iter().map(header).collect(),
            body: Redacted::body(&answer.body),
        }
    }
}

/// The answer to `GET url` within `limit`.
///
/// # Errors The reason, as text.
pub(super) fn get(url: &str, limit: Duration) -> Result<Answer, String> {
    ask(url, None, None, limit)
}

/// The answer of the server at `address` to `GET url`, within `limit`.
///
/// # Errors The reason, as text.
pub(super) fn get_from(address: SocketAddr, url: &str, limit: Duration) -> Result<Answer, String> {
    ask(url, Some(address), None, limit)
}

/// The answer to `GET url` with a token that anybody gets, within `limit`.
///
/// # Errors The reason, as text.
pub(super) fn get_with_token(url: &str, token: &str, limit: Duration) -> Result<Answer, String> {
    ask(url, None, Some(token), limit)
}

/// Resolves a name to one address: the known address, or else the first that accepts a connection.
#[derive(Debug)]
struct Nearest {
    known: Option<SocketAddr>,
    deadline: Instant,
}

impl Resolver for Nearest {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut one = self.empty();
        if let Some(known) = self.known {
            one.push(known);
            return Ok(one);
        }
        let all = DefaultResolver::default().resolve(uri, config, timeout)?;
        if all.len() < 2 {
            return Ok(all);
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        let (_, address) = dial::connect(&all, left).map_err(std::io::Error::other)?;
        one.push(address);
        Ok(one)
    }
}

fn ask(url: &str, known: Option<SocketAddr>, token: Option<&str>, limit: Duration) -> Result<Answer, String> {
    let tls = TlsConfig::builder()
        .disable_verification(true)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_response_header_size(64 << 10)
        .timeout_global(Some(limit))
        .user_agent(concat!("labtrust/", env!("CARGO_PKG_VERSION")))
        .build();
    let resolver = Nearest { known, deadline: Instant::now() + limit };
    let agent = Agent::with_parts(config, DefaultConnector::default(), resolver);
    let request = agent.get(url);
    let request = match token {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    };
    let mut answer = request.call().map_err(|error| describe_fault(&error))?;
    let kept = |name: &&str| {
        let value = answer.headers().get(*name)?.to_str().ok()?;
        Some(((*name).to_owned(), cut(value)))
    };
    let headers: BTreeMap<_, _> = HEADERS.iter().filter_map(kept).collect();
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    // Without a body, the head still counts.
    let _ = std::io::Read::read_to_end(
        &mut std::io::Read::take(answer.body_mut().as_reader(), LONGEST_BODY),
        &mut body,
    );
    Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// The evidence of an answer, if it was asked for.
pub(super) fn evidence_of(answer: Option<&Result<Answer, String>>) -> Asked<Http> {
    answer.map_or(Asked::Not, |answer| answer.as_ref().map(Http::from).into())
}

/// The reason why there is no answer, in one line.
fn describe_fault(error: &ureq::Error) -> String {
    let why = match error {
        // The server may break off the handshake only after the client's part of it.
        ureq::Error::Io(error) => handshake::describe_fault(error),
        other => other.to_string(),
    };
    text::in_line(&why).into_owned()
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
