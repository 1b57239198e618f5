//! gitconfig (git-config(1), "CONFIGURATION FILE"): the settings for every server, and those for one.

use super::line::Line;
use crate::Anchor;

/// The lines of `text` that decide the value of `http.NAME` for the servers of `anchor`. Where git reads the system store
/// (`by_system`), each such setting counts; otherwise labtrust's own for the whole server, at the end of the file, hides all but
/// those for a part of it.
pub(super) fn lines(text: &str, name: &str, anchor: &Anchor, by_system: bool) -> Vec<Line> {
    let hosts: Vec<String> = anchor.endpoints.iter().map(|endpoint| endpoint.host.in_url()).collect();
    let (mut found, mut scope) = (Vec::<(Scope, Line)>::new(), Scope::Other);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            scope = self::scope(header);
        } else if let Some((key, value)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case(name)
        {
            let is_meant = match &scope {
                Scope::Other => false,
                Scope::Everything => by_system,
                Scope::Url(url) => is_for(url, &hosts, by_system),
            };
            if is_meant {
                let value = value.split(" #").next().unwrap_or_default().trim().trim_matches('"').to_owned();
                let line = Line { number: index + 1, key: name.to_owned(), value };
                found.retain(|(known, _)| *known != scope);
                found.push((scope.clone(), line));
            }
        }
    }
    // A setting for a server beats the one for all.
    if found.iter().any(|(scope, _)| *scope != Scope::Everything) {
        found.retain(|(scope, _)| *scope != Scope::Everything);
    }
    found.into_iter().map(|(_, line)| line).collect()
}

/// The servers for which a section has settings.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    /// `[http]`.
    Everything,
    /// `[http "URL"]`.
    Url(String),
    /// It is not about HTTP.
    Other,
}

/// The scope of the section with this header, which has lost its first bracket.
fn scope(header: &str) -> Scope {
    let header = header.rsplit_once(']').map_or("", |(header, _)| header);
    let (name, url) = header.split_once('"').unwrap_or((header, ""));
    match url.rsplit_once('"') {
        _ if !name.trim().eq_ignore_ascii_case("http") => Scope::Other,
        Some((url, _)) => Scope::Url(url.to_owned()),
        None => Scope::Everything,
    }
}

/// Whether settings for `url` count for one of `hosts`: as a whole, or for a path below.
fn is_for(url: &str, hosts: &[String], as_a_whole: bool) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let is_host = |host: &String| {
        authority.strip_prefix(host.as_str()).is_some_and(|port| port.is_empty() || port.starts_with(':'))
    };
    (as_a_whole || !path.is_empty()) && hosts.iter().any(is_host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Certificate;

    #[test]
    fn settings_count_for_the_servers_of_the_ca() {
        let anchor =
            Anchor::new(Certificate::new([0x30, 0]), vec!["h.example.com:443".parse().expect("an endpoint")]);
        let all = "[http]\n\tsslCAInfo = /all\n";
        let whole = "[http \"https://h.example.com\"]\n  sslcainfo = \"/whole\" # c\n";
        let part = "[HTTP \"https://u@h.example.com:443/group\"]\nsslCAInfo=/part\n";
        let other = "[http \"https://x.example.com/\"]\nsslCAInfo=/other\n[https]\nsslCAInfo=/no\n";
        for (text, by_system, expected) in [
            (all.to_owned(), true, &["/all"][..]),
            (all.to_owned(), false, &[]),
            (format!("{all}{whole}"), true, &["/whole"]),
            (format!("{whole}{all}"), false, &[]),
            (format!("{whole}{part}"), true, &["/whole", "/part"]),
            (format!("{whole}{part}"), false, &["/part"]),
            (other.to_owned(), true, &[]),
        ] {
            let seen = lines(&text, "sslCAInfo", &anchor, by_system);
            assert_eq!(seen.iter().map(|line| line.value.as_str()).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
