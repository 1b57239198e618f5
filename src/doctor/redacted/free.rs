//! Hides secrets in free text from daemons, servers and programs. Not every secret can be recognised, so everything
//! with the form of one is hidden: text before an @, a word after a word that announces a secret, PEM, and long words
//! with letters in both cases and digits.

use super::host::{MARK, is_host_or_address};

/// Words before a secret. `port` is one of them, because Go repeats a password that it reads as a port.
const ANNOUNCED: [&str; 15] = [
    "bearer",
    "basic",
    "token",
    "access_token",
    "refresh_token",
    "private_token",
    "private-token",
    "id_token",
    "password",
    "passwd",
    "secret",
    "api_key",
    "apikey",
    "authorization",
    "port",
];

/// Prefixes of tokens (docs.gitlab.com, "Token overview"; JSON web tokens).
const PREFIXES: [&str; 9] =
    ["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "gloas-", "GR1348941", "eyJ"];

/// `text` without what looks like a secret.
pub(super) fn redacted(text: &str) -> String {
    let text = without_logins(&without_pem(text));
    let mut out = String::with_capacity(text.len());
    let mut is_announced = false;
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let start = rest.find(|letter| !is_separator(letter)).unwrap_or(rest.len());
        let (between, words) = rest.split_at(start);
        out.push_str(between);
        let end = words.find(is_separator).unwrap_or(words.len());
        let (word, after) = words.split_at(end);
        if is_announced && !announces(word) && is_likely(word) || is_secret(word) {
            out.push_str(MARK);
        } else {
            out.push_str(&without_value(word));
        }
        is_announced = announces(word) || is_announced && word == ":";
        rest = after;
    }
    out
}

/// Whether the character separates words.
fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || "\"'`<>(){}[],;=|\\".contains(letter)
}

/// Whether `word` announces a secret.
fn announces(word: &str) -> bool {
    let name = word.trim_end_matches(':').rsplit(['?', '&']).next().unwrap_or(word).to_lowercase();
    ANNOUNCED.contains(&name.as_str())
}

/// Whether `word`, after a word that announces a secret, can be a secret and is not a plain word of a sentence.
fn is_likely(word: &str) -> bool {
    let is_plain = word.chars().skip(1).all(|letter| letter.is_lowercase() || "-.:".contains(letter));
    let is_long = word.len() >= 20 || word.len() >= 6 && !is_plain || word.starts_with(':') && word.len() > 1;
    is_long && word.parse::<u16>().is_err() && !word.contains("://")
}

/// `NAME:VALUE` without a secret value, and a login without its user and password.
fn without_value(word: &str) -> String {
    if let Some((before, host)) = word.rsplit_once('@')
        && before.contains(':')
        && !before.contains("://")
    {
        return format!("{MARK}@{host}");
    }
    match word.split_once(':') {
        Some((name, value)) if is_likely(value) && announces(name) => format!("{name}:{MARK}"),
        _ => word.to_owned(),
    }
}

/// Whether `word` contains text in the form of a token or a key.
pub(super) fn is_secret(word: &str) -> bool {
    if PREFIXES.iter().any(|prefix| word.starts_with(prefix) && word.len() >= prefix.len() + 8) {
        return true;
    }
    word.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '+').any(|run| {
        let has = |is: fn(&char) -> bool| run.chars().filter(is).count();
        run.len() >= 16
            && has(char::is_ascii_digit) >= 2
            && has(char::is_ascii_uppercase) >= 1
            && has(char::is_ascii_lowercase) >= 1
    })
}

/// `text` without the users and passwords in its URLs, and without hosts that are not valid.
fn without_logins(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after.find(|letter: char| letter.is_whitespace() || letter == '"').unwrap_or(after.len());
        let (url, after) = after.split_at(end);
        if let Some((_, host)) = url.rsplit_once('@') {
            out.push_str(MARK);
            out.push('@');
            out.push_str(host);
        } else {
            let end = url.find(['/', '?', '#']).unwrap_or(url.len());
            // Punctuation after a URL belongs to the sentence.
            let address =
                url[..end].trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric() && letter != ']');
            let is_shown = address.is_empty()
                || address == MARK
                || address.split([',', ';', '\'', '>']).all(is_host_or_address);
            out.push_str(if is_shown { &url[..end] } else { MARK });
            out.push_str(&url[end..]);
        }
        rest = after;
    }
    out + rest
}

/// `text` without PEM blocks, however they are broken into lines.
fn without_pem(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, block)) = rest.split_once("-----BEGIN") {
        out.push_str(before);
        out.push_str(MARK);
        let end = block.split_once("-----END").and_then(|(_, label)| label.split_once("-----"));
        rest = end.map_or("", |(_, after)| after);
    }
    out + rest
}
