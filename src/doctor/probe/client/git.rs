//! Reads the proxy in git's own settings (git-config(1), `http.proxy` and `http.<url>.*`).

use labtrust_plan::Host;

/// A proxy setting and its line. An empty URL means that git must use no proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proxy {
    /// Its URL.
    pub url: String,
    /// The line.
    pub line: usize,
    /// Whether it is set for the host's own URL.
    pub is_own: bool,
}

/// The proxy in the settings `text` for GitLab at `host`: the last for its URL, else the last for all URLs.
pub(super) fn proxy(text: &str, host: &Host) -> Option<Proxy> {
    let mut section = None;
    let mut found: Option<Proxy> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(heading) = line.strip_prefix('[') {
            section = heading.split_once(']').and_then(|(name, _)| is_own(name, host));
            continue;
        }
        let (Some(is_own), Some((key, value))) = (section, line.split_once('=')) else { continue };
        let is_weaker = found.as_ref().is_some_and(|found| found.is_own && !is_own);
        if key.trim().eq_ignore_ascii_case("proxy") && !is_weaker {
            found = Some(Proxy { url: plain(value), line: number + 1, is_own });
        }
    }
    found
}

/// Whether the section `name` of `http` is for the host's own URL; none if it does not apply to the host.
fn is_own(name: &str, host: &Host) -> Option<bool> {
    let (name, url) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
    if !name.eq_ignore_ascii_case("http") {
        return None;
    }
    let url = url.trim().trim_matches('"');
    if url.is_empty() {
        return Some(false);
    }
    let authority = url.strip_prefix("https://")?.split('/').next()?;
    let name = authority.strip_suffix(":443").unwrap_or(authority);
    (name.eq_ignore_ascii_case(&host.in_url())).then_some(true)
}

/// A value without its quotation marks and its comment.
fn plain(value: &str) -> String {
    let value = value.trim();
    match value.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some((quoted, _)) => quoted.to_owned(),
        None => value.split(['#', ';']).next().unwrap_or_default().trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_proxy_is_found() {
        let host: Host = "mygitlab.example.com".parse().expect("a host");
        for (text, expected) in [
            ("", None),
            ("[http]\n\tproxy = http://p:1 # why\n", Some(("http://p:1", 2))),
            ("[HTTP]\nProxy=\"http://p:1\"\n[core]\nproxy = x\n", Some(("http://p:1", 2))),
            (
                "[http \"https://mygitlab.example.com/\"]\nproxy = own\n[http]\nproxy = all\n",
                Some(("own", 2)),
            ),
            ("[http]\nproxy = all\n[http \"https://mygitlab.example.com\"]\nproxy =\n", Some(("", 4))),
            ("[http \"https://other.example\"]\nproxy = other\n", None),
            ("[http]\nproxy = a\nproxy = b\n", Some(("b", 3))),
            ("[http", None),
        ] {
            let found = proxy(text, &host);
            assert_eq!(found.as_ref().map(|one| (one.url.as_str(), one.line)), expected, "{text}");
        }
    }
}
