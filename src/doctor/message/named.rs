//! Finds the server that a message names, for a next step that can be pasted.

use labtrust_plan::{Host, Target};

use super::quoted::{self, is_quote};

/// Texts before a server's name outside a URL.
const BEFORE: &[&str] = &[
    "pinging container registry ",
    "docker login ",
    "docker pull ",
    "docker push ",
    "resolve reference ",
    "pull image ",
    "failed to solve: ",
    "could not resolve host: ",
    "resolving ",
    "resolve host address ",
    "failed to connect to ",
    "connect to ",
    "host=",
    "peeraddr=",
    "cannot verify ",
    "the certificate of ",
    "target host name ",
    "wanted to match ",
    "unable to verify the hostname of ",
    "dns name matching ",
    "no name matching ",
    "matching ip address ",
    "unknownhostexception: ",
    "enotfound ",
    "econnrefused ",
    "but none matched ",
    ", not ",
    "logging into ",
    "authenticating creds for ",
    "certificate for ",
    "certs.d/",
    "zertifikat von ",
    "certificat de ",
    "l’attribut ",
    "certificado de ",
    "无法验证 ",
    "错误: ",
    "エラー: ",
    "zum hostname ",
    "nom d’hôte ",
    "host-adresse ",
    "l’adresse de l’hôte ",
    "dirección del equipo ",
    "主机地址 ",
    "ホストアドレス ",
    "verbindungsaufbau zu ",
    "connexion à ",
    "conectando con ",
    "正在连接 ",
    "失敗: ",
    "lookup ",
    "dial tcp ",
];

/// Sites of manuals, which tools link in their messages.
const MANUALS: &[&str] = &[
    "curl.se",
    "curl.haxx.se",
    "docker.com",
    "gitlab.com",
    "nodejs.org",
    "aka.ms",
    "pypa.io",
    "readthedocs.io",
    "microsoft.com",
    "go.dev",
    "golang.org",
    "kubernetes.io",
    "npmjs.org",
];

/// The longest server in a text, with a user and a password.
const LONGEST: usize = 512;

/// The server that `text` names, with its port; the registry rather than its token service.
pub(super) fn server(text: &str) -> Option<Target> {
    let lower = unwrapped(&text.to_ascii_lowercase());
    let urls = urls(&lower);
    let url = urls.iter().rfind(|url| url.path.starts_with("/v2/")).or(urls.first());
    let image = images(&lower).find(|image| {
        // A token service can be on another host than its registry; other servers are not named by an image.
        url.is_none_or(|url| url.is_of_token() || url.target.host == image.host && url.target.port.is_none())
    });
    if let Some(target) = image.or_else(|| url.map(|url| url.target.clone())) {
        return Some(target);
    }
    // Such a message dials and looks up the proxy, not the server.
    if lower.contains("proxyconnect") || lower.contains("socks connect") {
        return None;
    }
    let named = |before: &&str| {
        let mut found = lower.match_indices(*before);
        found.find_map(|(at, before)| read(&lower[at + before.len()..])).map(|(target, _)| target)
    };
    BEFORE.iter().find_map(|before| {
        named(before).filter(|target| {
            // A small number is an image's version, not a port.
            let has_port = target.port.is_some_and(|port| port >= 443);
            (has_port || target.host.to_string().contains(['.', ':'])) && !is_manual(&target.host)
        })
    })
}

/// A URL in a message.
struct Url<'t> {
    target: Target,
    /// What follows the host and port, to the end of the text.
    path: &'t str,
}

impl Url<'_> {
    fn is_of_token(&self) -> bool {
        self.path.starts_with("/jwt/auth")
    }
}

/// The URLs in `text`, without those of manuals and proxies.
fn urls(text: &str) -> Vec<Url<'_>> {
    let mut schemes: Vec<usize> = ["https://", "http://"]
        .iter()
        .flat_map(|scheme| text.match_indices(scheme))
        .map(|(at, _)| at)
        .collect();
    schemes.sort_unstable();
    let is_proxy = |at: &usize| {
        let before = text[..*at].trim_end_matches(|letter| is_quote(letter) || letter == ' ');
        ["proxy=", "proxy address", "parse", "proxy"].iter().any(|word| before.ends_with(word))
    };
    let servers = schemes.into_iter().filter(|at| !is_proxy(at));
    let after = servers.filter_map(|at| text[at..].split_once("://"));
    after
        .filter_map(|(_, rest)| read(rest))
        .map(|(target, path)| Url { target, path })
        .filter(|url| !is_manual(&url.target.host) && !is_engine(url))
        .collect()
}

/// Whether the URL is of the Docker daemon's socket.
fn is_engine(url: &Url<'_>) -> bool {
    url.target.host.to_string() == "localhost" || url.path.starts_with("%2f")
}

/// The registries of the images in `text` that name a port.
fn images(text: &str) -> impl Iterator<Item = Target> {
    quoted::names(text)
        .into_iter()
        .filter_map(|(from, to)| read(text[from..to].trim_start_matches("docker://")))
        .filter(|(target, rest)| target.port.is_some_and(|port| port >= 443) && rest.starts_with('/'))
        .map(|(target, _)| target)
}

/// `text` without line ends and quote marks inside quoted URLs.
fn unwrapped(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("https://") {
        let (before, url) = rest.split_at(at);
        kept.push_str(before);
        let end = url.find(is_quote).filter(|end| *end <= LONGEST && before.ends_with(is_quote));
        let (url, after) = url.split_at(end.unwrap_or("https://".len()));
        let mut lines = url.split('\n');
        kept.push_str(lines.next().unwrap_or_default());
        lines.for_each(|line| kept.push_str(line.trim_start_matches([' ', '\t', '>', '|', '│'])));
        rest = after;
    }
    kept + rest
}

/// The server at the beginning of `text`, and the rest of the text.
fn read(text: &str) -> Option<(Target, &str)> {
    // French quotation marks have a space inside.
    let text = text.strip_prefix('«').map_or(text, str::trim_start).trim_start_matches(is_quote);
    let ends = |one: char| one.is_whitespace() || is_quote(one) || "/?#\\,;()<>{}=".contains(one);
    let end = text.find(ends).unwrap_or(text.len());
    if end > LONGEST {
        return None;
    }
    let (authority, rest) = text.split_at(end);
    // The text before an @ may be a password.
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let authority = authority.trim_end_matches(['.', ':', '…']);
    let mut target: Target = authority.parse().ok()?;
    target.port = target.port.or_else(|| port(rest.trim_start_matches(is_quote)));
    Some((target, rest))
}

/// The port in a wording such as ` port 4567`.
fn port(rest: &str) -> Option<u16> {
    let number = [" port ", ", port=", ":"].iter().find_map(|before| rest.strip_prefix(before))?;
    let end = number.find(|one: char| !one.is_ascii_digit()).unwrap_or(number.len());
    number[..end].parse().ok().filter(|port| *port != 0)
}

fn is_manual(host: &Host) -> bool {
    let Host::Dns(name) = host else { return false };
    MANUALS.iter().any(|manual| manual.parse().is_ok_and(|manual| name.is_within(&manual)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_taken_out_of_the_words() {
        for (text, expected) in [
            (r#"Get "https://git.example.com:4567/v2/": EOF"#, "git.example.com:4567"),
            (
                "Get https://git.example.com/jwt/auth?x: Get https://git.example.com:4567/v2/: EOF",
                "git.example.com:4567",
            ),
            ("fatal: unable to access 'https://git.example.com/g/p.git/': x", "git.example.com"),
            (
                "fatal: unable to access 'https://me:pa%20ss@git.example.com:8443/g/': x",
                "git.example.com:8443",
            ),
            ("curl: (60) x\nMore details here: https://curl.se/docs/sslcerts.html", ""),
            ("curl: (6) Could not resolve host: git.example.com", "git.example.com"),
            ("curl: (7) Failed to connect to git.example.com port 4567 after 0 ms", "git.example.com:4567"),
            ("HTTPSConnectionPool(host='git.example.com', port=443): Max", "git.example.com:443"),
            ("HTTPSConnectionPool(host='git.example.com', port=8443): Max", "git.example.com:8443"),
            ("ERROR: cannot verify git.example.com's certificate, issued by", "git.example.com"),
            ("ERROR: The certificate of ‘git.example.com’ is not trusted.", "git.example.com"),
            ("x509: certificate is valid for a.example.com, not git.example.com", "git.example.com"),
            ("No subject alternative DNS name matching git.example.com found.", "git.example.com"),
            ("dial tcp: lookup git.example.com on 127.0.0.53:53: no such host", "git.example.com"),
            ("dial tcp 192.0.2.10:4567: connect: connection refused", "192.0.2.10:4567"),
            ("proxyconnect tcp: dial tcp 192.0.2.9:3128: connect: connection refused", ""),
            ("dial tcp [2001:db8::1]:4567: connect: connection refused", "[2001:db8::1]:4567"),
            (r#"failed to resolve reference "git.example.com:4567/g/p:1": x"#, "git.example.com:4567"),
            ("Failed to pull image \"alpine:3\": EOF", ""),
            ("“https://nas/”", "nas"),
            ("Get \"https://git.exam\nple.com:4567/v2/\": EOF", "git.example.com:4567"),
            ("> Get \"https://git.example.co\n> m:4567/v2/\": EOF", "git.example.com:4567"),
            ("see https://git.example.com\nfor more", "git.example.com"),
            (
                "failed to solve: git.example.com:4567/g/p:1: failed to authorize: Get \"https://git.example.com/jwt/auth?x\": EOF",
                "git.example.com:4567",
            ),
            (
                "failed to solve: registry.example.com:5050/g/p:1: Get \"https://git.example.com/jwt/auth?x\": EOF",
                "registry.example.com:5050",
            ),
            ("https://git.example.com/jwt/auth?service=x: EOF", "git.example.com"),
            ("Get \"http://git.example.com:5000/v2/\": EOF", "git.example.com:5000"),
            ("initializing source docker://git.example.com:4567/g/p:1: EOF", "git.example.com:4567"),
            (
                "fatal: unable to access 'https://git.example.com/g/p.git/': x git.example.com:4567/y",
                "git.example.com:4567",
            ),
            ("fatal: unable to access 'https://git.example.com:443/g/p.git/': x", "git.example.com:443"),
            ("alpine:3.20/x nginx:80/y", ""),
            ("socks connect tcp 192.0.2.9:1080->git.example.com:4567: x", ""),
            (r#"Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/version": x"#, ""),
            ("nothing", ""),
        ] {
            let found = server(text).map(|target| target.to_string()).unwrap_or_default();
            assert_eq!(found, expected, "{text}");
        }
    }
}
