//! A line of gitlab.rb for messages: its position, and its text without possible secrets. People write passwords and
//! keys into that file.

use std::fmt;

use labtrust_plan::text;

use super::ruby::{ENVIRONMENT, Include, Origin, Setting, end_of_list, end_of_string};

/// The replacement for a hidden string.
const HIDDEN: &str = "…";

/// A line of gitlab.rb, of a file that it makes Ruby read, or of a container's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    origin: Origin,
    /// The line number, from 1.
    number: usize,
    text: String,
}

impl Line {
    /// The line of `setting`.
    pub(crate) fn of(setting: &Setting) -> Self {
        Self::new(&setting.origin, setting.line, &setting.text)
    }

    /// The line of `include`.
    pub(crate) fn of_include(include: &Include) -> Self {
        Self::new(&include.origin, include.line, &include.text)
    }

    fn new(origin: &Origin, line: usize, written: &str) -> Self {
        Self { origin: origin.clone(), number: line + 1, text: shown(written) }
    }

    /// Its position: `gitlab.rb:3`. A container's environment is mostly one line.
    pub(crate) fn place(&self) -> String {
        match &self.origin {
            Origin::File => format!("gitlab.rb:{}", self.number),
            Origin::Environment => ENVIRONMENT.into(),
            Origin::Other(path) => format!("{}:{}", text::path(path), self.number),
        }
    }

    /// Its text, without possible secrets.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sets `{}`", self.place(), self.text)
    }
}

/// `written` on one line. A string is shown only if it is a key, a path, a host, a URL without a password, or a known
/// harmless word.
pub(crate) fn shown(written: &str) -> String {
    let mut out = String::new();
    let mut rest = written;
    while let Some(next) = rest.chars().next() {
        let string = match next {
            '\'' | '"' | '`' => Some((1, end_of_string(rest, next))),
            '%' => list(rest),
            _ => None,
        };
        let Some((open, end)) = string else {
            out.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        };
        let (begin, after) = rest.split_at(open);
        // A string that does not end on this line is hidden to the end of the line.
        let (inner, close, after) = match end {
            Some(end) => (&rest[open..end - 1], &rest[end - 1..end], &rest[end..]),
            None => (after, "", ""),
        };
        let is_shown = end.is_some() && (is_key(&out, after, inner) || is_plain(inner, &out));
        out.push_str(begin);
        out.push_str(if is_shown { inner } else { HIDDEN });
        out.push_str(close);
        rest = after;
    }
    text::in_line(&out).into_owned()
}

/// The length of the opening of `%q(…)` and similar strings, and their end.
fn list(text: &str) -> Option<(usize, Option<usize>)> {
    let letters = text[1..].trim_start_matches(['w', 'W', 'i', 'I', 'q', 'Q']);
    letters.starts_with(['(', '[', '{', '<']).then(|| (text.len() - letters.len() + 1, end_of_list(text)))
}

/// Whether a string between `before` and `after` is the key of a table: `nginx['x']`, `'x' => 1`.
fn is_key(before: &str, after: &str, inner: &str) -> bool {
    let is_name = inner.len() <= 64 && inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_index = before
        .strip_suffix('[')
        .is_some_and(|before| before.ends_with(|last: char| last.is_alphanumeric() || "_])".contains(last)));
    is_name && (is_index || before.ends_with("ENV.fetch(") || after.trim_start().starts_with("=>"))
}

/// Whether the string `inner` after `before` cannot be a secret.
fn is_plain(inner: &str, before: &str) -> bool {
    const WORDS: [&str; 13] = [
        "",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "nil",
        "http",
        "https",
        "GENERATED_EXTERNAL_URL",
        "0",
        "1",
    ];
    const COMPUTED: &str = "#{}[]\'";
    if inner.len() > 200 || inner.contains("-----") {
        return false;
    }
    let is_of =
        |text: &str, more: &str| text.chars().all(|next| next.is_ascii_alphanumeric() || more.contains(next));
    let is_path = |path: &str| is_of(path, &format!("/._-~+{COMPUTED}"));
    if let Some((scheme, rest)) = inner.split_once("://") {
        let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        return is_of(scheme, "") && is_of(place, &format!(".-_:*{COMPUTED}")) && is_path(path);
    }
    // Also for `name: value`, and for a call with both.
    let is_value_of_table = ["=>", ":", ","].iter().any(|sign| before.trim_end().ends_with(sign));
    let is_port = inner.parse::<u16>().is_ok();
    let is_host = inner.contains('.') && is_of(inner, ".-:*") && !inner.contains(char::is_uppercase);
    WORDS.contains(&inner)
        || inner.starts_with('/') && is_path(inner)
        || !is_value_of_table && (is_port || is_host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitlab::ruby::Script;

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        for (written, expected) in [
            ("external_url ENV['URL'] || 'http://git.corp.example'", ""),
            ("external_url \"https://#{domain}:5050\"", ""),
            ("external_url 'https://me:hunter2@git.example'", "external_url '…'"),
            ("external_url 'https://git.example/?token=hunter2'", "external_url '…'"),
            ("nginx['ssl_certificate'] = \"/etc/gitlab/ssl/#{node['fqdn']}.crt\"", ""),
            (
                "nginx['ssl_certificate_key'] = '-----BEGIN PRIVATE KEY-----'",
                "nginx['ssl_certificate_key'] = '…'",
            ),
            ("nginx.merge!('listen_https' => false, 'ssl_password_file' => '/root/p')", ""),
            (
                "registry.merge!('http_secret' => 'hunter2', 'port' => '12.34')",
                "registry.merge!('http_secret' => '…', 'port' => '…')",
            ),
            (
                "gitlab_rails.merge!(smtp_password: 'my.secret', smtp_port: '12345')",
                "gitlab_rails.merge!(smtp_password: '…', smtp_port: '…')",
            ),
            ("gitlab_rails.store('smtp_password', '12345')", "gitlab_rails.store('…', '…')"),
            ("nginx['listen_https'] = ENV['TLS'] == 'true'", ""),
            ("nginx['listen_addresses'] = ['192.0.2.10']", ""),
            ("external_url ENV.fetch(\"URL\") { \"https://git.example:4567\" }", ""),
            ("external_url %q(http://git.example)", ""),
            ("external_url %q(hunter2)", "external_url %q(…)"),
            ("nginx['listen_addresses'] = ['hunter2']", "nginx['listen_addresses'] = ['…']"),
            ("external_url 'hunter2", "external_url '…"),
        ] {
            let script = Script::read(written);
            let line = Line::of(script.settings.first().expect("a setting"));
            assert_eq!(line.text(), if expected.is_empty() { written } else { expected });
        }
    }

    #[test]
    fn a_line_says_where_it_stands() {
        let file = Script::read("\n\nexternal_url x");
        assert_eq!(Line::of(&file.settings[0]).to_string(), "gitlab.rb:3 sets `external_url x`");
        let environment = Script::of_environment("external_url x; from_file '/x.rb'");
        assert_eq!(
            Line::of(&environment.settings[0]).to_string(),
            "GITLAB_OMNIBUS_CONFIG sets `external_url x`"
        );
        let include = Line::of_include(&environment.includes[0]);
        assert_eq!(
            (include.place().as_str(), include.text()),
            ("GITLAB_OMNIBUS_CONFIG", "from_file '/x.rb'")
        );
    }
}
