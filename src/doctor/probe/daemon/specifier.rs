//! systemd's specifiers in the values of a unit (systemd.unit(5), "Specifiers"; measured with systemd 252).

use crate::doctor::evidence::Flaw;

/// The letters after `%` that systemd replaces in units.
const LETTERS: &str = "abcdfghijlmnopqrstuvwyABCEGHIJLMNPRSTUVWY";

/// The value that systemd reads in `text`, and its flaw. A specifier that depends on the machine stays as it is
/// written.
pub(super) fn resolved(text: &str) -> (String, Option<Flaw>) {
    let mut value = String::with_capacity(text.len());
    let mut flaw = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        value.push(letter);
        if letter != '%' {
            continue;
        }
        match letters.peek() {
            Some('%') => drop(letters.next()),
            Some(next) if LETTERS.contains(*next) => flaw = flaw.or(Some(Flaw::Replaced)),
            Some(next) if next.is_ascii_alphanumeric() => flaw = Some(Flaw::Dropped),
            // Before another character and at the end, systemd keeps it.
            _ => {}
        }
    }
    (value, flaw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_percent_sign_is_dropped_or_replaced_by_the_letter_after_it() {
        for (text, value, flaw) in [
            ("http://u:p%%40@h", "http://u:p%40@h", None),
            ("http://u:p%40@h", "http://u:p%40@h", Some(Flaw::Dropped)),
            ("a%zb", "a%zb", Some(Flaw::Dropped)),
            ("a%Cb%3", "a%Cb%3", Some(Flaw::Dropped)),
            ("http://u:p%C3%%A4@h", "http://u:p%C3%A4@h", Some(Flaw::Replaced)),
            ("100%", "100%", None),
            ("a%~b%%", "a%~b%", None),
        ] {
            assert_eq!(resolved(text), (value.to_owned(), flaw), "{text}");
        }
    }
}
