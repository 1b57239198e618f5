//! Which proxy a program uses for a request, by its settings (golang.org/x/net/http/httpproxy; moby's
//! `cmd/dockerd/daemon.go` for the daemon's own settings).

use std::collections::BTreeMap;

use labtrust_plan::Endpoint;

use super::{
    evidence::{EngineInfo, Form, Setting, Source},
    no_proxy,
};

/// The environment variables that set proxies; the last two are for other programs than Docker.
pub const VARIABLES: [&str; 8] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    ALL_PROXY,
    "all_proxy",
];

/// The variable for all protocols, which curl and git read, and Go programs do not.
pub const ALL_PROXY: &str = "ALL_PROXY";

/// The proxy settings of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// The proxy for plain HTTP.
    pub http: String,
    /// The proxy for HTTPS.
    pub https: String,
    /// The hosts that bypass the proxy, as `NO_PROXY` lists them.
    pub no: String,
}

impl From<&EngineInfo> for Proxies {
    fn from(info: &EngineInfo) -> Self {
        Self {
            http: (&info.http_proxy).into(),
            https: (&info.https_proxy).into(),
            no: (&info.no_proxy).into(),
        }
    }
}

impl Proxies {
    /// The settings of a daemon that reads `sources` when it starts; a later source overrides an earlier one.
    pub fn of(sources: &[Source]) -> Self {
        let value =
            |name| winner(sources, name).map(|(_, setting)| setting.value.to_string()).unwrap_or_default();
        Self { http: value("HTTP_PROXY"), https: value("HTTPS_PROXY"), no: value("NO_PROXY") }
    }

    /// The proxy that a program built with Go `go` uses for HTTPS to `endpoint`; none if it connects directly.
    pub fn of_request(&self, endpoint: &Endpoint, go: &str) -> Option<&str> {
        // Before Go 1.16, the proxy for plain HTTP is used for HTTPS too if no other is set.
        let proxy = if self.https.is_empty() && falls_back(go) { &self.http } else { &self.https };
        (!proxy.is_empty() && !no_proxy::is_bypassed(&self.no, endpoint)).then_some(proxy)
    }
}

/// The setting that a daemon uses for the variable `name` (in capitals) or, if that is empty, for the same name in
/// small letters; with its source.
pub fn winner<'s>(sources: &'s [Source], name: &str) -> Option<(&'s Source, &'s Setting)> {
    let small = name.to_lowercase();
    let mut found: BTreeMap<&str, (&Source, &Setting)> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.is_read) {
        for setting in &source.settings {
            let is_either = setting.name == name || setting.name == small;
            match source.form {
                _ if !is_either || setting.is_dropped() => {}
                // These set both variables, and nothing if they are empty.
                Form::Settings | Form::CommandLine if setting.value.is_empty() => {}
                Form::Settings | Form::CommandLine => {
                    found.insert(name, (source, setting));
                    found.remove(small.as_str());
                }
                _ => {
                    found.insert(&setting.name, (source, setting));
                }
            }
        }
    }
    let filled = |name: &str| found.get(name).filter(|(_, setting)| !setting.value.is_empty()).copied();
    filled(name).or_else(|| filled(&small))
}

/// Whether a program of this version of Go (`go1.15.9`) is older than Go 1.16.
fn falls_back(go: &str) -> bool {
    let number = |text: Option<&str>| text?.parse::<u32>().ok();
    let mut parts = go.trim_start_matches("go").split(|one: char| !one.is_ascii_digit());
    match (number(parts.next()), number(parts.next())) {
        (Some(major), Some(minor)) => (major, minor) < (1, 16),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_engines_use_the_proxy_of_http_for_https() {
        let endpoint = "mygitlab.example.com:4567".parse().expect("an endpoint");
        let proxies = Proxies { http: "http://p:1".into(), ..Proxies::default() };
        for (go, expected) in [
            ("go1.13.15", Some("http://p:1")),
            ("go1.15.9", Some("http://p:1")),
            ("go1.16", None),
            ("go1.19.8", None),
            ("go2.0", None),
            ("devel +abc", None),
            ("", None),
        ] {
            assert_eq!(proxies.of_request(&endpoint, go), expected, "{go}");
        }
        let both = Proxies { https: "http://s:1".into(), ..proxies.clone() };
        assert_eq!(both.of_request(&endpoint, "go1.13"), Some("http://s:1"));
        let past = Proxies { no: "mygitlab.example.com".into(), ..proxies };
        assert_eq!(past.of_request(&endpoint, "go1.13"), None);
    }

    fn source(form: Form, settings: &[(&str, &str)]) -> Source {
        let setting = |(name, value): &(&str, &str)| Setting::new(name, value, 1);
        Source {
            path: "/x".into(),
            form,
            is_read: true,
            settings: settings.iter().map(setting).collect(),
            fault: None,
        }
    }

    #[test]
    fn the_stronger_source_wins_and_capitals_before_small_letters() {
        let unit = |settings: &[(&str, &str)]| source(Form::Unit, settings);
        let own = |settings: &[(&str, &str)]| source(Form::Settings, settings);
        for (sources, expected) in [
            (vec![unit(&[("HTTPS_PROXY", "a")]), unit(&[("HTTPS_PROXY", "b")])], "b"),
            (vec![unit(&[("HTTPS_PROXY", "a")]), unit(&[("https_proxy", "b")])], "a"),
            (vec![unit(&[("HTTPS_PROXY", "a"), ("HTTPS_PROXY", "")]), unit(&[("https_proxy", "b")])], "b"),
            (vec![unit(&[("HTTPS_PROXY", "a")]), unit(&[("HTTPS_PROXY", "")])], ""),
            (vec![unit(&[("https_proxy", "a")]), own(&[("HTTPS_PROXY", "b")])], "b"),
            (vec![unit(&[("https_proxy", "a")]), own(&[("HTTPS_PROXY", "")])], "a"),
            (vec![own(&[("NO_PROXY", "b")])], ""),
            (vec![Source { is_read: false, ..unit(&[("HTTPS_PROXY", "a")]) }], ""),
        ] {
            assert_eq!(Proxies::of(&sources).https, expected, "{sources:?}");
        }
    }
}
