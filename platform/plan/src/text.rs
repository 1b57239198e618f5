//! Makes text from outside (a certificate's names, a path, a program's output) safe to show. A terminal obeys some characters
//! instead of showing them: with these, a stranger could change what our report looks like.

use std::{borrow::Cow, path::Path};

/// Whether a terminal does not show `character`: control characters, characters that change the direction of writing, and
/// invisible ones.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// `text` with hidden characters as escapes such as `\u{1b}`; line ends stay.
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, |character| character != '\n' && is_hidden(character))
}

/// `text` in one line: line ends are escaped too.
pub fn in_line(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// A path in one line; bytes that are not UTF-8 are shown as U+FFFD.
pub fn path(path: &Path) -> String {
    in_line(&path.to_string_lossy()).into_owned()
}

/// The fault of a JSON file that labtrust wrote: kind and position only, because its contents may be secret.
pub fn json_fault(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "it does not have the expected form",
        serde_json::error::Category::Eof => "it ends too early",
        _ => "it is not JSON",
    };
    format!("{what} (line {} column {})", error.line(), error.column())
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_escaped(character) {
            written.extend(character.escape_unicode());
        } else {
            written.push(character);
        }
    }
    Cow::Owned(written)
}

/// `line` of a settings file, without user names and passwords in URLs.
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
    fn no_secret_of_a_settings_line_is_shown() {
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
    fn characters_that_a_terminal_obeys_are_escaped() {
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
