//! `registries.yaml` of k3s and RKE2: the lines that name a CA, against what stands in the file already.

use std::{fmt, path::Path};

use crate::text;

/// The text of a `registries.yaml`, as people and its documentation write it: one key a line.
pub(super) struct Registries<'t>(pub(super) &'t str);

/// A line of the settings, and whether it stands there.
pub(super) struct Line {
    text: String,
    pub is_there: bool,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, if self.is_there { "  # stands there" } else { "" })
    }
}

impl Registries<'_> {
    pub(super) fn configs(&self) -> Line {
        let is_there = self.0.lines().any(|line| line.trim_end().starts_with("configs:"));
        Line { text: "configs:".into(), is_there }
    }

    /// The lines that name `file` for the registry `name`.
    pub(super) fn entry(&self, name: &str, file: &Path) -> [Line; 3] {
        let mut lines = self.0.lines().skip_while(|line| !line.starts_with("configs:")).skip(1);
        let indent = |line: &str| line.len() - line.trim_start().len();
        let entry = lines.find(|line| key(line) == Some(name));
        let inside = lines.take_while(|line| {
            line.trim().is_empty() || entry.is_some_and(|entry| indent(line) > indent(entry))
        });
        let inside: Vec<_> = inside.collect();
        let value = |wanted: &str| {
            let line = inside.iter().find(|line| key(line) == Some(wanted))?;
            Some(line.split_once(':')?.1.trim().trim_matches(['"', '\'']))
        };
        let other = value("ca_file").filter(|other| Path::new(other) != file);
        let ca_file = match other {
            Some(other) => format!("      ca_file: {}  # append the CA to this file", text::in_line(other)),
            None => format!("      ca_file: {}", file.display()),
        };
        [
            Line { text: format!("  \"{name}\":"), is_there: entry.is_some() },
            Line { text: "    tls:".into(), is_there: value("tls").is_some() },
            Line { text: ca_file, is_there: value("ca_file").is_some() },
        ]
    }
}

/// The key at the beginning of a line; none if the line has none.
fn key(line: &str) -> Option<&str> {
    let line = line.trim();
    let quote = line.chars().next().filter(|first| ['"', '\''].contains(first));
    match quote {
        Some(quote) => {
            line[1..].split_once(quote).filter(|(_, rest)| rest.starts_with(':')).map(|(key, _)| key)
        }
        None => line.strip_suffix(':').or_else(|| Some(line.split_once(": ")?.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let file = Path::new("/ca.crt");
        let entries = ["h", "h:4567"].into_iter().flat_map(|name| Registries(text).entry(name, file));
        let lines = [Registries(text).configs()].into_iter().chain(entries);
        lines.map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn the_lines_are_shown_against_what_stands_there() {
        let all = "configs:\n  \"h\":\n    tls:\n      ca_file: /ca.crt\n  \"h:4567\":\n    tls:\n      ca_file: /ca.crt\n";
        for text in ["", "mirrors:\n  \"h\":\n    endpoint: [\"https://h\"]\n", "# configs:\n"] {
            assert_eq!(shown(text), all, "{text}");
        }
        for (text, standing) in [
            ("configs:\n", &["configs:"][..]),
            ("configs:\n  h:4567:\n    auth: {}\n", &["configs:", "  \"h:4567\":"]),
            (
                "configs:\n  'h':\n    tls:\n      insecure_skip_verify: false\n  x:\n    a: 1\n",
                &["configs:", "  \"h\":", "    tls:"],
            ),
        ] {
            let shown = shown(text);
            let marked: Vec<_> =
                shown.lines().filter_map(|line| line.strip_suffix("  # stands there")).collect();
            assert_eq!(marked, standing, "{text}");
            assert_eq!(shown.replace("  # stands there", ""), all);
        }
        let other = shown("configs:\n  \"h\":\n    tls:\n      ca_file: '/o.crt'\n");
        assert!(other.contains("ca_file: /o.crt  # append the CA to this file  # stands there\n"), "{other}");
    }
}
