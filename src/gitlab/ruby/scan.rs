//! Looks for words in a statement, outside its strings.

use super::statement::{end_of_list, end_of_string};

/// The settings that are hashes, and that hold something about certificates.
pub(in crate::gitlab) const HASHES: [&str; 11] = [
    "gitlab_rails",
    "nginx",
    "registry",
    "registry_nginx",
    "letsencrypt",
    "gitlab_pages",
    "pages_nginx",
    "gitlab_kas",
    "gitlab_kas_nginx",
    "mattermost",
    "mattermost_nginx",
];

/// Whether `name` is a setting about certificates: an assignment to a local variable of that name was meant for it.
pub(crate) fn is_setting(name: &str) -> bool {
    HASHES.contains(&name) || name.ends_with("external_url")
}

/// The parts of `statement` to which `find` answers, each a possible statement inside it: `when 1 then external_url '…'`.
pub(super) fn within<T>(statement: &str, find: impl Fn(&str) -> Option<T>) -> Vec<T> {
    /// The longest statement that is searched.
    const LONGEST: usize = 4096;
    if statement.len() > LONGEST {
        return Vec::new();
    }
    let mut found = Vec::new();
    let (mut at, mut is_in_word) = (0, false);
    while let Some(next) = statement[at..].chars().next() {
        let rest = &statement[at..];
        at += match next {
            '\'' | '"' | '`' => end_of_string(rest, next).unwrap_or(rest.len()),
            _ => {
                // The beginning of the statement was checked already.
                if !is_in_word && at > 0 {
                    found.extend(find(rest));
                }
                next.len_utf8()
            }
        };
        is_in_word = next.is_alphanumeric() || "_.:@$".contains(next);
    }
    found
}

/// Whether `statement` makes Ruby read another file as a part of this one (mixlib-config, `from_file`), or sends a
/// setting whose name only Ruby can tell.
pub(super) fn reads_another_file(statement: &str) -> bool {
    const READERS: [&str; 4] = ["from_file", "eval", "instance_eval", "class_eval"];
    words(statement).any(|(_, word)| READERS.contains(&word)) || sends(statement)
}

/// Whether `statement` calls a method by a name that only Ruby can tell: `send(name)['enable'] = false`.
pub(super) fn sends(statement: &str) -> bool {
    words(statement).any(|(_, word)| ["send", "public_send", "__send__"].contains(&word))
}

/// The hashes that `statement` gives another name, under which they may be changed: `[nginx, registry_nginx].each`.
pub(super) fn passed_on(statement: &str) -> impl Iterator<Item = &str> {
    words(statement).filter_map(move |(at, word)| {
        let before = statement[..at].chars().next_back();
        let after = statement[at + word.len()..].trim_start();
        let is_name = HASHES.contains(&word) && before.is_none_or(|before| !".:@$".contains(before));
        let is_used =
            ["[", ".", "&.", "||=", "&&=", "+=", "<<", ":"].iter().any(|sign| after.starts_with(sign))
                || (after.starts_with('=') && !after.starts_with("=="));
        (is_name && !is_used).then_some(word)
    })
}

/// The words of `statement` outside its strings, each with its position.
pub(super) fn words(statement: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = &statement[at..];
            let next = rest.chars().next()?;
            let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
            let end = match next {
                '\'' | '"' | '`' => end_of_string(rest, next).unwrap_or(rest.len()),
                '%' if rest[1..]
                    .trim_start_matches(['w', 'W', 'i', 'I'])
                    .starts_with(['(', '[', '{', '<']) =>
                {
                    end_of_list(rest).unwrap_or(rest.len())
                }
                _ => rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len()).max(next.len_utf8()),
            };
            let begin = at;
            at += end;
            if is_of_word(next) {
                return Some((begin, &rest[..end]));
            }
        }
    })
}

/// The call that `statement` sends to GitLab's settings by name: `self.nginx['x'] = 1`.
pub(super) fn receiver(statement: &str) -> Option<&str> {
    let rest = ["self.", "::Gitlab.", "Gitlab."].iter().find_map(|name| statement.strip_prefix(name));
    rest.or_else(|| statement.strip_prefix("::").filter(|rest| rest.starts_with("Gitlab[")))
        .or_else(|| Some(statement).filter(|statement| statement.starts_with("Gitlab[")))
}

/// The first line of `statement`.
pub(super) fn first_line(statement: &str) -> String {
    statement.lines().next().unwrap_or(statement).trim_end().to_owned()
}
