//! Reads as much of a `.yarnrc.yml` as must be known before a block is added at its end.

use std::collections::BTreeMap;

/// The `networkSettings` that a file has.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Present {
    /// None: a block may be added.
    Nothing,
    /// Some, with these files for hosts.
    Hosts(BTreeMap<String, String>),
    /// The file has a form that is not read here.
    Unclear,
}

/// What the file `text` has, apart from the block that labtrust names `own`, and from blocks of other CAs with settings for the
/// same hosts as in `lines`: of several, yarn reads the last one.
pub(super) fn present(text: &str, own: &str, lines: &[String]) -> Present {
    let hosts = |lines: &[String]| -> Vec<String> {
        lines.iter().filter(|line| line.starts_with("  \"")).cloned().collect()
    };
    let (mut theirs, mut block) = (Vec::new(), None::<(String, Vec<String>)>);
    for line in text.lines() {
        match (mark(line), &mut block) {
            (Some((name, "begin")), None) => block = Some((name.to_owned(), Vec::new())),
            (Some((_, "end")), Some((name, inner))) => {
                if name != own && hosts(inner) != hosts(lines) {
                    theirs.append(inner);
                }
                block = None;
            }
            (_, Some((_, inner))) => inner.push(line.to_owned()),
            (_, None) => theirs.push(line.to_owned()),
        }
    }
    if block.is_some() { Present::Unclear } else { read(&theirs) }
}

/// The name and the kind of a mark of ours.
fn mark(line: &str) -> Option<(&str, &str)> {
    line.trim_end()
        .strip_prefix("# labtrust ")?
        .rsplit_once(' ')
        .filter(|(_, kind)| ["begin", "end"].contains(kind))
}

fn read(lines: &[String]) -> Present {
    let (mut hosts, mut is_inside, mut host) = (None, false, None::<(usize, String)>);
    for line in lines.iter().filter(|line| !is_blank(line)) {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let Some((key, value)) = pair(line.trim()) else {
            if indent == 0 && !line.starts_with("- ") {
                return Present::Unclear;
            }
            continue;
        };
        if indent == 0 {
            is_inside = key == "networkSettings";
            if is_inside && !value.is_empty() {
                return Present::Unclear;
            }
            hosts = if is_inside { Some(BTreeMap::new()) } else { hosts };
            host = None;
        } else if let (true, Some(hosts)) = (is_inside, &mut hosts) {
            match &host {
                Some((outer, name)) if indent > *outer => {
                    if key == "httpsCaFilePath" {
                        hosts.insert(name.clone(), value.to_owned());
                    }
                }
                _ => host = Some((indent, key.to_owned())),
            }
        }
    }
    hosts.map_or(Present::Nothing, Present::Hosts)
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

/// The key and the value of `key: value`, without quotation marks and a comment.
fn pair(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    if !value.is_empty() && !value.starts_with(' ') {
        return None;
    }
    let value = value.split(" #").next().unwrap_or_default();
    (!key.starts_with(['{', '[', '-', '%', '?'])).then(|| (unquoted(key), unquoted(value)))
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Present {
        let lines = ["networkSettings:", "  \"h\":", "    httpsCaFilePath: \"/f\""].map(str::to_owned);
        present(text, "ours", &lines)
    }

    fn hosts(pairs: &[(&str, &str)]) -> Present {
        Present::Hosts(pairs.iter().map(|(host, file)| ((*host).to_owned(), (*file).to_owned())).collect())
    }

    #[test]
    fn a_block_is_added_only_where_nothing_is_lost() {
        for text in [
            "",
            "nodeLinker: node-modules\n\nnpmScopes:\n  x:\n    npmAlwaysAuth: true\nplugins:\n- a\n  - b: c\n",
            "# labtrust ours begin\nnetworkSettings:\n  \"x\":\n    a: b\n# labtrust ours end\n",
            "# labtrust other begin\nnetworkSettings:\n  \"h\":\n    httpsCaFilePath: \"/g\"\n# labtrust other end\n",
        ] {
            assert_eq!(seen(text), Present::Nothing, "{text}");
        }
        for text in [
            "{nodeLinker: x}\n",
            "---\na: b\n",
            "a: b\n...\n",
            "networkSettings: {h: {httpsCaFilePath: /x}}\n",
            "# labtrust ours begin\nx: y\n",
        ] {
            assert_eq!(seen(text), Present::Unclear, "{text}");
        }
    }

    #[test]
    fn the_files_of_the_present_settings_are_read() {
        let text = "networkSettings: # ours\n    'h':\n        enableNetwork: true\n        httpsCaFilePath: \"/etc/x.pem\" # a\n    \"*.y\":\n        httpsCaFilePath: y.pem\na: b\n";
        assert_eq!(seen(text), hosts(&[("h", "/etc/x.pem"), ("*.y", "y.pem")]));
        assert_eq!(seen("networkSettings:\n  h:\n    enableNetwork: false\n"), hosts(&[]));
        let other = "# labtrust other begin\nnetworkSettings:\n  \"z\":\n    httpsCaFilePath: \"/g\"\n# labtrust other end\n";
        assert_eq!(seen(other), hosts(&[("z", "/g")]));
    }
}
