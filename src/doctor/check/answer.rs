//! Answers of programs in front of the registry or of the token service, each with the demand that it makes.

use std::fmt::Display;

use labtrust_machine::handshake::WANTS_CERTIFICATE;
use labtrust_plan::{Endpoint, text::in_line};

use super::CheckResult;
use crate::doctor::{Case, Code, Finding, evidence::Http};

/// The network check lists this code: TLS itself may show the demand.
pub(crate) const CLIENT_CERTIFICATE: Code = Code::error("client-certificate-wanted");
pub(super) const REDIRECT_LOOP: Code = Code::error("redirect-loop");
pub(super) const PASSWORD: Code = Code::error("password-in-front");
pub(super) const FORBIDDEN: Code = Code::error("access-forbidden");
pub(super) const RATE_LIMITED: Code = Code::error("rate-limited");

/// A request and its answer.
pub(super) struct Exchange<'e> {
    /// The URL that was requested.
    pub url: &'e str,
    /// The answer.
    pub answer: &'e Http,
}

/// A kind of answer, with its reason and advice.
struct Kind {
    is: fn(&Exchange<'_>) -> bool,
    code: &'static Code,
    what: &'static str,
    why: &'static str,
    advice: &'static str,
}

/// Why a client certificate is wanted.
const CERTIFICATE_WHY: &str = "the web server or reverse proxy accepts only clients with a certificate of its own CA, and Docker presents none";
/// The advice to give Docker a client certificate. FOLDER stands for the registry's folder.
const CERTIFICATE_ADVICE: &str = "ask the server's administrator for a client certificate, and put it and its key into FOLDER \
                                  as client.cert and client.key. Or the web server must accept clients without one (in \
                                  nginx: ssl_verify_client off;)";

/// The kinds; the first that fits counts. URL, STATUS and FOLDER stand for the request's URL, the answer's status, and the
/// folder in which Docker looks for the registry's files.
const KINDS: &[Kind] = &[
    Kind {
        is: |seen| seen.answer.status == 400 && seen.says(CERTIFICATE_PAGES) || seen.says(&["403.7"]),
        code: &CLIENT_CERTIFICATE,
        what: "URL answers STATUS: it accepts only clients with a certificate of their own",
        why: CERTIFICATE_WHY,
        advice: CERTIFICATE_ADVICE,
    },
    Kind {
        is: |seen| seen.leads_to_itself(),
        code: &REDIRECT_LOOP,
        what: "URL redirects to itself",
        why: "a client that follows it never arrives. Mostly a reverse proxy ends TLS and forwards plain HTTP to a server \
              that redirects all plain HTTP to HTTPS",
        advice: "the reverse proxy must forward the header X-Forwarded-Proto with the value https; or turn the redirect of \
                 the server behind it off: nginx['redirect_http_to_https'] = false in gitlab.rb",
    },
    Kind {
        is: |seen| seen.answer.status == 401,
        code: &PASSWORD,
        what: "URL answers STATUS and asks for a password of its own",
        why: "the web server or reverse proxy asks for a password before GitLab does. The docker command has one password \
              for a registry, and that is GitLab's",
        advice: "let requests for /v2/ and /jwt/auth pass without this password (in nginx: auth_basic off;): the registry \
                 asks for a login itself",
    },
    Kind {
        is: |seen| matches!(seen.answer.status, 403 | 406 | 451),
        code: &FORBIDDEN,
        what: "URL answers STATUS: a rule refuses this request",
        why: "the web server, a reverse proxy or a firewall for web applications refuses this machine's address or this \
              request, before GitLab sees it",
        advice: "on the server, find the rule in the log of the program that refuses (in nginx: access forbidden by rule), \
                 and allow this machine's address and the paths /v2/ and /jwt/auth. GitLab itself blocks an address for an \
                 hour after many failed logins",
    },
    Kind {
        is: |seen| seen.answer.status == 429,
        code: &RATE_LIMITED,
        what: "URL answers STATUS: too many requests from this address",
        why: "the web server, a reverse proxy or GitLab limits the requests of an address; many machines behind one router \
              count as one",
        advice: "wait, then log in again. On the server, raise the limit for /v2/ and /jwt/auth (in nginx: limit_req; in \
                 GitLab: Admin > Settings > Network)",
    },
];

/// Texts of pages about a missing client certificate.
const CERTIFICATE_PAGES: &[&str] =
    &["No required SSL certificate was sent", "The SSL certificate error", "client certificate"];

/// The finding that the server at `at` accepts only clients with a certificate.
pub(super) fn certificate_wanted(case: &Case<'_>, at: impl Display) -> Finding {
    client_certificate(case, format!("{at}: {WANTS_CERTIFICATE}"))
}

/// The finding `what`, that a client certificate is wanted.
pub(super) fn client_certificate(case: &Case<'_>, what: String) -> Finding {
    let finding = Finding::new(&CLIENT_CERTIFICATE, what, CERTIFICATE_WHY);
    finding.advise(in_folder(CERTIFICATE_ADVICE, &case.endpoint()))
}

/// The result with `finding`. Docker may have the client certificate that a server wants; labtrust presents none.
pub(super) fn result(case: &Case<'_>, finding: Finding) -> CheckResult {
    if finding.code == &CLIENT_CERTIFICATE && case.is_accepted() {
        return CheckResult::passed("it accepts Docker's client certificate");
    }
    finding.into()
}

/// `advice` with Docker's folder for `registry`.
fn in_folder(advice: &str, registry: &Endpoint) -> String {
    advice.replace("FOLDER", &format!("/etc/docker/certs.d/{}", registry.certs_d_folder()))
}

impl Exchange<'_> {
    /// The finding about this answer of `registry` or of its token service, if it is of a known kind.
    pub(super) fn finding(&self, registry: &Endpoint) -> Option<Finding> {
        let kind = KINDS.iter().find(|kind| (kind.is)(self))?;
        let mut what = kind.what.replace("STATUS", &self.answer.status.to_string()).replace("URL", self.url);
        if let Some(name) = self.answer.headers.get("www-authenticate").filter(|_| kind.code == &PASSWORD) {
            what = format!("{what} ({name})");
        }
        if let Some(wait) = self.answer.headers.get("retry-after") {
            what = format!("{what}; retry after {}", in_line(wait));
        }
        Some(Finding::new(kind.code, what, kind.why).advise(in_folder(kind.advice, registry)))
    }

    /// The target of a redirect.
    pub(super) fn target(&self) -> Option<&str> {
        let is_redirect = matches!(self.answer.status, 301 | 302 | 303 | 307 | 308);
        self.answer.headers.get("location").filter(|_| is_redirect).map(|location| &**location)
    }

    fn leads_to_itself(&self) -> bool {
        let same = |url: &str| bare(url) == bare(self.url);
        self.target().is_some_and(|target| {
            let is_path = target.starts_with('/') && !target.starts_with("//");
            let path = self.url.splitn(4, '/').nth(3).map_or("/".to_owned(), |path| format!("/{path}"));
            if is_path { bare(target) == bare(&path) } else { same(target) }
        })
    }

    fn says(&self, texts: &[&str]) -> bool {
        let body = self.answer.body.to_lowercase();
        texts.iter().any(|text| body.contains(&text.to_lowercase()))
    }
}

/// `url` without the default port and the last slash.
fn bare(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let authority =
        if scheme == "https" { authority.strip_suffix(":443").unwrap_or(authority) } else { authority };
    format!("{scheme}://{authority}/{}", path.trim_end_matches('/')).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(status: u16, headers: &[(&str, &str)], body: &str) -> Option<&'static str> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        let answer = Http { status, headers, body: body.into() };
        let exchange = Exchange { url: "https://h.example:4567/v2/", answer: &answer };
        let registry = "h.example:4567".parse().expect("an endpoint");
        exchange.finding(&registry).map(|finding| finding.code.id)
    }

    #[test]
    fn the_kind_of_an_answer_is_found() {
        let location = |url| [("location", url)];
        for (status, headers, body, expected) in [
            (400, &[][..], "400 No required SSL certificate was sent", Some("client-certificate-wanted")),
            (400, &[], "400 The SSL certificate error", Some("client-certificate-wanted")),
            (400, &[], "400 Bad Request", None),
            (301, &location("https://h.example:4567/v2/"), "", Some("redirect-loop")),
            (301, &location("/v2/"), "", Some("redirect-loop")),
            (301, &location("/v2"), "", Some("redirect-loop")),
            (301, &location("//h.example:4567/v2/"), "", None),
            (301, &location("https://h.example/v2/"), "", None),
            (301, &location("http://h.example:4567/v2/"), "", None),
            (200, &location("/v2/"), "", None),
            (401, &[("www-authenticate", "Basic realm=\"corp\"")], "", Some("password-in-front")),
            (403, &[], "403 Forbidden", Some("access-forbidden")),
            (429, &[("retry-after", "60")], "", Some("rate-limited")),
            (404, &[], "", None),
        ] {
            assert_eq!(code(status, headers, body), expected, "{status} {headers:?} {body}");
        }
    }

    #[test]
    fn a_url_is_said_as_it_is() {
        let answer = Http { status: 403, headers: [].into(), body: "".into() };
        let exchange = Exchange { url: "https://h.example/STATUS", answer: &answer };
        let finding = exchange.finding(&"h.example:443".parse().expect("an endpoint")).expect("a finding");
        assert!(finding.what.starts_with("https://h.example/STATUS answers 403"), "{}", finding.what);
    }
}
