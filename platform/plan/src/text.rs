//! Text of others (a certificate's names, a path, a program's output) made fit to be shown: a terminal
//! obeys some characters instead of showing them, and by those a stranger would write our report.

use std::{borrow::Cow, path::Path};

/// Whether a terminal does not show `one` but does something: control characters, those that turn the
/// direction of writing around, and those that are not seen at all.
pub fn is_hidden(one: char) -> bool {
    one.is_control()
        || matches!(one, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
        || matches!(one, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// `text` with what is hidden written out, such as `\u{1b}`; lines stay lines.
pub fn shown(text: &str) -> Cow<'_, str> {
    written_out(text, |one| one != '\n' && is_hidden(one))
}

/// The same in one line.
pub fn in_line(text: &str) -> Cow<'_, str> {
    written_out(text, is_hidden)
}

/// A path in one line; bytes that are no UTF-8 are shown as U+FFFD.
pub fn path(path: &Path) -> String {
    in_line(&path.to_string_lossy()).into_owned()
}

/// What is wrong with a JSON text that we wrote once: where, and nothing of what stands there, which may be a key now.
pub fn json_fault(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "it has another form than expected",
        serde_json::error::Category::Eof => "it ends too early",
        _ => "it is no JSON",
    };
    format!("{what} (line {} column {})", error.line(), error.column())
}

fn written_out(text: &str, is_meant: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_meant) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    for one in text.chars() {
        if is_meant(one) {
            written.extend(one.escape_unicode());
        } else {
            written.push(one);
        }
    }
    Cow::Owned(written)
}

/// `line` of a file of settings without the user and the password of a URL in it.
pub fn without_secrets(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (scheme, after) = rest.split_at(at + 3);
        shown.push_str(scheme);
        let authority = after.find(['/', '\'', '"', ' ', '?', '#']).unwrap_or(after.len());
        rest = match after[..authority].rfind('@') {
            Some(at) => {
                shown.push('…');
                &after[at..]
            }
            None => after,
        };
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_line_of_settings_no_secret_is_shown() {
        for (line, expected) in [
            ("registry_external_url 'http://ci:hunter4@h:4567'", "registry_external_url 'http://…@h:4567'"),
            ("# a = 'https://h/@b' # https://u@h", "# a = 'https://h/@b' # https://…@h"),
            ("a = 'https://u:p@/x@h/y'", "a = 'https://…@/x@h/y'"),
            ("plain", "plain"),
        ] {
            assert_eq!(without_secrets(line), expected);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        for (text, expected) in [
            ("Käse 🧀, O=x", "Käse 🧀, O=x"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\u{9b}0mb\u{7f}", "a\\u{9b}0mb\\u{7f}"),
            ("a\u{202e}b\u{200b}", "a\\u{202e}b\\u{200b}"),
            ("a\r\nb", "a\\u{d}\nb"),
        ] {
            assert_eq!(shown(text), expected);
            assert!(!in_line(text).contains(is_hidden));
        }
        assert_eq!(path(Path::new("/tmp/a\nb")), "/tmp/a\\u{a}b");
    }
}
