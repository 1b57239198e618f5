//! The page in each language.

use std::net::IpAddr;

use labtrust_plan::{Anchor, Endpoint, Host, ShellLine};

use super::{
    parts::{Parts, part},
    qr,
    site::{GENERATOR, INDEX, SiteFile},
    subject::Subject,
    texts::{LANGUAGES, TEXTS},
    way,
};
use crate::{
    certificate::parsed::Parsed,
    report::html::{self, fill, source},
};

const PAGE: &str = include_str!("page.html");
const CA: &str = include_str!("ca.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// How many digits of a fingerprint stand together.
const GROUP: usize = 4;

/// A path that GitLab serves to everybody, small and without a redirection.
const CHECKED: &str = "/robots.txt";

/// The entry, which sends visitors to their language, and a file for each language.
pub(super) fn pages(subject: &Subject<'_>, web: &Endpoint, downloads: &[SiteFile]) -> Vec<SiteFile> {
    let entry = page(subject, web, downloads, 0, true);
    let languages = LANGUAGES.iter().enumerate().map(|(number, language)| {
        let page = page(subject, web, downloads, number, false);
        SiteFile { path: file_name(language.code), ..page }
    });
    [entry].into_iter().chain(languages).collect()
}

fn file_name(code: &str) -> String {
    format!("{code}.html")
}

/// The page in the language with this `number`.
fn page(
    subject: &Subject<'_>,
    web: &Endpoint,
    downloads: &[SiteFile],
    number: usize,
    is_entry: bool,
) -> SiteFile {
    let origin = origin(web);
    // No policy names an IPv6 address (CSP3 §2.3.1), so the page cannot ask such a server.
    let is_asked = !matches!(web.host, Host::Ip(IpAddr::V6(_)));
    // Scripts and styles run only as they were written here, and the page asks the one server.
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src {}; base-uri 'none'; form-action 'none'",
        source(SCRIPT),
        source(STYLE),
        if is_asked { &origin } else { "'none'" },
    );
    let endpoint = subject.anchors.first().and_then(|anchor| anchor.endpoints.last()).unwrap_or(web);
    let values = [
        ("host", html::text(&web.host.to_string())),
        ("untrust", ShellLine::of(["sudo", "labtrust", "untrust"]).to_string()),
        ("doctor", html::text(&ShellLine::of(["labtrust", "doctor", &endpoint.to_string()]).to_string())),
    ];
    let mut parts: Parts = TEXTS.iter().map(|(name, texts)| (*name, fill(texts[number], &values))).collect();
    let cas = subject.anchors.iter().zip(subject.certificates).enumerate();
    let cas =
        cas.map(|(at, (anchor, certificate))| ca(&parts, anchor, certificate, at, subject.anchors.len()));
    let cas = cas.collect();
    let ways = way::ways(&parts, subject, downloads);
    let (check_url, asks) = if is_asked {
        (format!("{origin}{CHECKED}"), part(&parts, "footer_check").to_owned())
    } else {
        Default::default()
    };
    parts.extend([
        ("lang", LANGUAGES[number].code.to_owned()),
        ("choose", if is_entry { " data-choose".to_owned() } else { String::new() }),
        ("policy", policy.clone()),
        ("generator", GENERATOR.to_owned()),
        ("style", STYLE.to_owned()),
        ("script", SCRIPT.to_owned()),
        ("languages", languages(number)),
        ("check_url", check_url),
        ("asks", asks),
        ("origin", format!("{origin}/")),
        ("cas", cas),
        ("ways", ways),
    ]);
    let page = fill(PAGE, &parts);
    let policy = format!("{policy}; frame-ancestors 'none'");
    SiteFile {
        headers: vec![("Content-Security-Policy", policy)],
        ..SiteFile::of(INDEX, "text/html; charset=utf-8", page)
    }
}

/// The origin (RFC 6454) of the server at `web`.
fn origin(web: &Endpoint) -> String {
    match web.port {
        443 => format!("https://{}", web.host.in_url()),
        port => format!("https://{}:{port}", web.host.in_url()),
    }
}

/// The links to the other languages.
fn languages(number: usize) -> String {
    let links = LANGUAGES.iter().enumerate().map(|(at, language)| {
        let current = if at == number { " aria-current=\"page\"" } else { "" };
        let (code, name) = (language.code, language.name);
        format!(
            "<li><a href=\"{}\" lang=\"{code}\" hreflang=\"{code}\"{current}>{name}</a></li>",
            file_name(code)
        )
    });
    links.collect()
}

/// The fingerprint of a CA, and what a person should know about it; `at` is its place among `count` CAs.
fn ca(texts: &Parts, anchor: &Anchor, certificate: &Parsed, at: usize, count: usize) -> String {
    let text = |name| part(texts, name);
    let sha256 = anchor.sha256().to_string();
    let groups =
        (0..sha256.len()).step_by(GROUP).map(|from| format!("<span>{}</span>", &sha256[from..from + GROUP]));
    let role = match (count, at) {
        (1, _) => String::new(),
        (_, 0) => format!("<span class=\"role\">{}</span> ", text("now")),
        _ => format!("<span class=\"role\">{}</span> ", text("beside")),
    };
    let hosts: Vec<_> = anchor.endpoints.iter().map(|endpoint| endpoint.host.clone()).collect();
    let (scope, what) = match certificate.broad_scope(&hosts) {
        None => {
            let names: Vec<_> = certificate.permitted.hosts().iter().map(ToString::to_string).collect();
            (text("scope_only"), html::text(&names.join(", ")))
        }
        Some(_) => (text("scope"), text("scope_any").to_owned()),
    };
    let title = certificate.title();
    let name = certificate.common_name.as_deref().unwrap_or(&title);
    let mut parts = texts.clone();
    parts.extend([
        ("role", role),
        ("name", html::text(name)),
        // Between groups, so that a screen reader pauses, and a copy has no spaces.
        ("groups", groups.collect::<Vec<_>>().join("<wbr>")),
        ("qr", qr::svg(&sha256.to_uppercase()).unwrap_or_default()),
        ("sha256", sha256),
        ("not_after", html::text(&certificate.not_after.date().to_string())),
        ("scope_label", scope.to_owned()),
        ("scope_what", what),
    ]);
    fill(CA, &parts)
}
