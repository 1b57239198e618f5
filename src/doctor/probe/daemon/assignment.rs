//! Parses assignments to variables, in a shell script and in systemd's `EnvironmentFile`.

use std::collections::BTreeSet;

use super::source::is_proxy_variable;
use crate::doctor::evidence::Setting;

/// The settings that a shell script exports, and those that it only sets. A computed value stays as it is written.
pub(super) fn shell(text: &str) -> (Vec<Setting>, Vec<Setting>) {
    let mut exported = BTreeSet::new();
    let mut settings = Vec::new();
    for (line, text) in lines(text, false) {
        // A command after a semicolon is read in the same way.
        let words: Vec<String> = words(&text, Hash::Comment);
        let is_export = words.first().is_some_and(|word| word == "export");
        for word in words.iter().map(|word| word.trim_end_matches(';')).filter(|word| *word != "export") {
            match word.split_once('=') {
                Some((name, value)) if is_proxy_variable(name) => {
                    settings.push(Setting::new(name, value, line));
                    if is_export {
                        exported.insert(name.to_owned());
                    }
                }
                None if is_proxy_variable(word) && words.iter().any(|word| word == "export") => {
                    exported.insert(word.to_owned());
                }
                _ => {}
            }
        }
    }
    settings.into_iter().partition(|setting| exported.contains(&setting.name))
}

/// The settings in an `EnvironmentFile` (systemd.exec(5)): lines of `NAME=VALUE`, the value in quotes or not. Other
/// lines, such as those with `export`, are ignored.
pub(super) fn environment_file(text: &str) -> Vec<Setting> {
    let setting = |(line, text): (usize, String)| {
        let (name, value) = text.split_once('=')?;
        let name = name.trim();
        is_proxy_variable(name).then(|| Setting::new(name, &unquoted(value.trim()), line))
    };
    lines(text, true).into_iter().filter_map(setting).collect()
}

/// Lines with their numbers, without comments. A backslash at the end joins the next line. For systemd, a line that
/// begins with a semicolon is a comment too.
pub(super) fn lines(text: &str, is_systemds: bool) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut joined: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.starts_with('#') || is_systemds && trimmed.starts_with(';') {
            continue;
        }
        let (first, before) = joined.take().unwrap_or((number + 1, String::new()));
        match trimmed.strip_suffix('\\') {
            Some(rest) => joined = Some((first, format!("{before}{rest} "))),
            None => found.push((first, format!("{before}{trimmed}"))),
        }
    }
    found.extend(joined);
    found
}

/// The meaning of a `#` at the beginning of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    /// It begins a comment, as in a shell.
    Comment,
    /// It is a letter, as for systemd.
    Letter,
}

/// Splits `text` into words like a shell and systemd: a word can contain quotes, and a backslash before any
/// character.
pub(super) fn words(text: &str, hash: Hash) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(mark), letter) if letter == mark => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (Some('"') | None, '\\') => word.get_or_insert_default().extend(letters.next()),
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (None, '#') if word.is_none() && hash == Hash::Comment => break,
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn unquoted(value: &str) -> String {
    // Spaces in an unquoted value belong to it.
    words(value, Hash::Letter).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(settings: &[Setting]) -> Vec<(&str, &str, usize)> {
        settings.iter().map(|set| (set.name.as_str(), &*set.value, set.line)).collect()
    }

    #[test]
    fn a_shell_script_hands_on_what_it_exports() {
        let text = "\
# export HTTP_PROXY=commented
DOCKER_OPTS='--iptables=false'
export HTTPS_PROXY=\"http://p:3128\" # why
NO_PROXY='a,b'
export http_proxy=x OTHER=y https_proxy='z z'
no_proxy=q; export no_proxy
ulimit() { command ulimit \"$@\" 2>/dev/null || :; }
export NO_PROXY=a,\\
b
";
        let (exported, others) = shell(text);
        assert_eq!(
            pairs(&exported),
            [
                ("HTTPS_PROXY", "http://p:3128", 3),
                ("NO_PROXY", "a,b", 4),
                ("http_proxy", "x", 5),
                ("https_proxy", "xxxxx", 5),
                ("no_proxy", "q", 6),
                ("NO_PROXY", "a,", 8),
            ]
        );
        assert_eq!(pairs(&others), []);
        assert_eq!(pairs(&shell("HTTPS_PROXY=x\n").1), [("HTTPS_PROXY", "x", 1)]);
    }

    #[test]
    fn an_environment_file_knows_no_export() {
        let text =
            "export NO_PROXY=a\n;NO_PROXY=b\nNO_PROXY = \"c, d\"\nHTTPS_PROXY='http://p:1'\nno_proxy=e f\n";
        assert_eq!(
            pairs(&environment_file(text)),
            [("NO_PROXY", "c, d", 3), ("HTTPS_PROXY", "http://p:1", 4), ("no_proxy", "e f", 5)]
        );
    }

    #[test]
    fn words_are_split_at_spaces_outside_quotes() {
        for (text, expected) in [
            ("a b  c", vec!["a", "b", "c"]),
            (r#""A=b c" D='e "f"' G="h i""#, vec!["A=b c", "D=e \"f\"", "G=h i"]),
            (r"a\ b \\", vec!["a b", "\\"]),
            ("''", vec![""]),
            ("a # b", vec!["a"]),
            ("a#b", vec!["a#b"]),
            ("\"open", vec!["open"]),
            ("\\", vec![""]),
        ] {
            assert_eq!(words(text, Hash::Comment), expected, "{text}");
        }
    }
}
