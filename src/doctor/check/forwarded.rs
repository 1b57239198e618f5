//! Compares the URLs that the servers build with the URL that was called: a reverse proxy that drops a header makes
//! them build URLs on http, on another port, or with the name of the server behind it. A registry shows the URLs of a
//! push only to who logged in; the URLs that anybody sees pass the same reverse proxy.

use labtrust_plan::{Endpoint, Target};

use super::answer::Exchange;
use crate::doctor::{
    Case, Code, Finding,
    evidence::{Http, RealmSeen},
};

pub(super) const HEADERS_MISSING: Code = Code::error("forwarded-headers-missing");

/// The path of the token service that a registry builds from the request itself (distribution, `autoredirect`).
const BUILT_REALM: &str = "/auth/token";
/// The path of GitLab's sign-in page, to which its front page redirects.
const SIGN_IN: &str = "/users/sign_in";

/// A reverse proxy, by the beginning of its `Server` or `Via` header, and its lines for each header.
struct Proxy {
    names: &'static [&'static str],
    title: &'static str,
    scheme: &'static str,
    host: &'static str,
}

const PROXIES: &[Proxy] = &[
    Proxy {
        names: &["nginx", "openresty"],
        title: "nginx",
        scheme: "proxy_set_header X-Forwarded-Proto $scheme;",
        host: "proxy_set_header Host $http_host;",
    },
    Proxy {
        names: &["apache"],
        title: "Apache",
        scheme: "RequestHeader set X-Forwarded-Proto \"https\"",
        host: "ProxyPreserveHost On",
    },
    Proxy {
        names: &["caddy", "1.1 caddy", "2.0 caddy"],
        title: "Caddy",
        scheme: "header_up X-Forwarded-Proto https",
        host: "header_up Host {http.request.hostport}",
    },
    Proxy {
        names: &["traefik"],
        title: "Traefik",
        scheme: "a headers middleware with customRequestHeaders: X-Forwarded-Proto: https",
        host: "passHostHeader: true",
    },
    Proxy {
        names: &["haproxy"],
        title: "HAProxy",
        scheme: "http-request set-header X-Forwarded-Proto https",
        host: "no http-request set-header Host line",
    },
];

/// A part of the request that did not arrive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// That the client used HTTPS.
    Scheme,
    /// The host and port that the client called.
    Host,
}

/// The finding about a registry that builds its token service's URL from the request, and gets another host or port.
pub(super) fn of_realm(case: &Case<'_>, realm: &RealmSeen) -> Option<Finding> {
    let is_built = realm.url.ends_with(BUILT_REALM);
    realm.endpoint.as_ref().filter(|built| is_built && **built != case.endpoint())?;
    let answer = case.registry_server()?.answer.answer()?;
    let what = format!("{} was called, and the registry builds the URL {}", case.endpoint(), realm.url);
    Some(finding(what, Lost::Host, answer))
}

/// The finding about a redirect from the registry's URL to the same page by another scheme or port.
pub(super) fn of_redirect(case: &Case<'_>, exchange: &Exchange<'_>) -> Option<Finding> {
    let target = exchange.target()?;
    let leads = Leads::to(target)?;
    // A person set any other port: no proxy lost it.
    let is_usual = leads.server.port.is_none_or(|port| [80, 443, case.registry].contains(&port));
    let is_same = leads.server.host == *case.host() && leads.path.trim_end_matches('/') == "v2";
    let lost = leads.lost(&case.endpoint()).filter(|_| is_same && is_usual)?;
    Some(finding(format!("{} redirects to {target}", exchange.url), lost, exchange.answer))
}

/// The finding about GitLab's front page, which redirects to its sign-in page at another URL than the one called.
pub(super) fn of_front_page(realm: &RealmSeen) -> Option<Finding> {
    let (endpoint, front) = (realm.endpoint.as_ref()?, realm.front.as_ref()?);
    let target = front.headers.get("location").filter(|target| target.ends_with(SIGN_IN))?;
    let lost = Leads::to(target)?.lost(endpoint)?;
    let what =
        format!("https://{}/ was called, and GitLab redirects to {target}", endpoint.without_default_port());
    Some(finding(what, lost, front))
}

/// A URL to which an answer leads.
struct Leads<'u> {
    scheme: &'u str,
    server: Target,
    /// The path, without its first slash.
    path: &'u str,
}

impl<'u> Leads<'u> {
    /// Reads `url`; none if it names no server.
    fn to(url: &'u str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        Some(Self { scheme, server: authority.parse().ok()?, path })
    }

    /// The part of a request for `endpoint` that did not arrive, if its answer leads here.
    fn lost(&self, endpoint: &Endpoint) -> Option<Lost> {
        let port = self.server.port.unwrap_or(if self.scheme == "http" { 80 } else { 443 });
        let is_host = self.server.host == endpoint.host;
        match self.scheme {
            // Behind a reverse proxy, the port of a URL on http is that of the request or the default one.
            "http" if is_host && (port == endpoint.port || port == 80) => Some(Lost::Scheme),
            _ if !is_host || port != endpoint.port => Some(Lost::Host),
            _ => None,
        }
    }
}

/// The finding, with the lines for the proxy that `answer` names, or for each.
fn finding(what: String, lost: Lost, answer: &Http) -> Finding {
    let (header, why) = match lost {
        Lost::Scheme => (
            "X-Forwarded-Proto",
            "the reverse proxy does not report that the client uses HTTPS: the registry then sends a push to http://, \
             which fails or is not encrypted, although the login succeeded",
        ),
        Lost::Host => (
            "Host with its port",
            "the reverse proxy does not pass on the host and port that the client called: the registry then sends a push \
             to another port or to a name that clients cannot reach, although the login succeeded",
        ),
    };
    let named = ["server", "via"].iter().find_map(|name| {
        let value = answer.headers.get(*name)?.to_lowercase();
        PROXIES.iter().find(|proxy| proxy.names.iter().any(|name| value.starts_with(name)))
    });
    let line = |proxy: &Proxy| {
        let line = if lost == Lost::Scheme { proxy.scheme } else { proxy.host };
        format!("in {}: {line}", proxy.title)
    };
    // The first program that answers may not be the one that drops the header.
    let mut proxies: Vec<&Proxy> = PROXIES.iter().collect();
    proxies.sort_by_key(|proxy| named.is_none_or(|named| named.title != proxy.title));
    let lines: Vec<_> = proxies.into_iter().map(line).collect();
    Finding::new(&HEADERS_MISSING, what, why).advise(format!(
        "make the reverse proxy in front of GitLab and the registry forward the header {header}; {}",
        lines.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_of_a_request_that_is_lost_is_found() {
        let endpoint: Endpoint = "h.example:4567".parse().expect("an endpoint");
        for (url, expected) in [
            ("https://h.example:4567/x", None),
            ("http://h.example:4567/x", Some("scheme")),
            ("http://h.example/x", Some("scheme")),
            ("https://h.example/x", Some("host")),
            ("https://registry:5000/x", Some("host")),
            ("http://127.0.0.1:8080/x", Some("host")),
            ("/x", None),
        ] {
            let lost = Leads::to(url).and_then(|leads| leads.lost(&endpoint));
            let found = lost.map(|lost| if lost == Lost::Scheme { "scheme" } else { "host" });
            assert_eq!(found, expected, "{url}");
        }
    }
}
