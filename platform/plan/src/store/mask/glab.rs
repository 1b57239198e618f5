//! The settings of glab for one server each: YAML, `hosts:`, below it the servers, and below each its settings.

use std::path::PathBuf;

use super::line::Line;
use crate::{Anchor, Endpoint};

/// The file that `text` names for a server of `anchor`, to be read beside the system store.
pub(crate) fn ca_cert(text: &str, anchor: &Anchor) -> Option<PathBuf> {
    let first = lines(text, "ca_cert", anchor).into_iter().next();
    first.map(|line| PathBuf::from(line.value)).filter(|path| path.is_absolute())
}

/// The lines of `text` that set `name` for a server of `anchor`.
pub(super) fn lines(text: &str, name: &str, anchor: &Anchor) -> Vec<Line> {
    let servers: Vec<String> = anchor.endpoints.iter().flat_map(names).collect();
    let mut found = Vec::new();
    // The indentation and the key of each line above that is not ended.
    let mut above: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let indentation = line.len() - content.len();
        above.retain(|(other, _)| *other < indentation);
        let Some((key, value)) =
            content.split_once(": ").or_else(|| Some((content.trim_end().strip_suffix(':')?, "")))
        else {
            continue;
        };
        let key = unquoted(key);
        if let [(_, hosts), (_, server)] = &above[..]
            && hosts == "hosts"
            && key == name
            && servers.contains(server)
        {
            let value = unquoted(value.split(" #").next().unwrap_or_default()).to_owned();
            found.push(Line { number: index + 1, key: name.to_owned(), value });
        }
        above.push((indentation, key.to_owned()));
    }
    found
}

/// The names under which glab knows the server of `endpoint`, which may be its registry.
fn names(endpoint: &Endpoint) -> [String; 2] {
    [endpoint.host.to_string(), endpoint.without_default_port()]
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\'']).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Certificate;

    #[test]
    fn settings_of_the_servers_that_are_meant_are_read() {
        let text = "ca_cert: /0\nhosts:\n    # c\n    gitlab.com:\n        ca_cert: /1\n    h.example.com:\n        \
                    token:\n        ca_cert: \"/2\" # c\n    h.example.com:8443:\n        ca_cert: /3\nother:\n    \
                    h.example.com:\n        ca_cert: /4\n";
        for (endpoint, expected) in [
            ("h.example.com:443", &[("/2", 8)][..]),
            ("h.example.com:4567", &[("/2", 8)]),
            ("h.example.com:8443", &[("/2", 8), ("/3", 10)]),
            ("x.example.com:443", &[]),
        ] {
            let anchor = Anchor::new(Certificate::new([0x30, 0]), vec![endpoint.parse().expect("one")]);
            let lines = lines(text, "ca_cert", &anchor);
            let lines: Vec<_> = lines.iter().map(|line| (line.value.as_str(), line.number)).collect();
            assert_eq!(lines, expected, "{endpoint}");
        }
    }
}
