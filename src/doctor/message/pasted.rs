//! Normalises pasted text: wrapped by a terminal, coloured, quoted by a mail program, with the quotation marks of a
//! word processor, escaped by a log. Only letters, digits and punctuation stay.

use super::{
    known::Any,
    quoted::{self, is_quote},
};

/// The most characters between two parts of one error.
const NEAR: usize = 1500;

/// A pasted text without the characters that pasting changes.
pub(super) struct Pasted {
    /// Its letters, in lower case.
    text: String,
    /// For each byte, whether characters before it were left out.
    gaps: Vec<bool>,
    /// For each byte, whether it belongs to a part that never holds the reason.
    quoted: Vec<bool>,
}

impl Pasted {
    /// Normalises `text`.
    pub(super) fn new(text: &str) -> Self {
        let text = visible(text);
        let mut names = quoted::names(&text).into_iter().peekable();
        let mut pasted =
            Self { text: String::with_capacity(text.len()), gaps: Vec::new(), quoted: Vec::new() };
        let mut is_gap = false;
        for (at, letter) in text.char_indices() {
            if is_left_out(letter) {
                is_gap = true;
                continue;
            }
            while names.next_if(|(_, to)| *to <= at).is_some() {}
            pasted.text.push(letter.to_ascii_lowercase());
            pasted.gaps.resize(pasted.text.len(), false);
            pasted.quoted.resize(pasted.text.len(), names.peek().is_some_and(|(from, _)| *from <= at));
            if let Some(gap) = pasted.gaps.iter_mut().rev().nth(letter.len_utf8() - 1) {
                *gap = std::mem::take(&mut is_gap);
            }
        }
        for words in quoted::WRAPPERS {
            let words = letters(words);
            let found: Vec<usize> = pasted.text.match_indices(&words).map(|(at, _)| at).collect();
            for at in found {
                pasted.quoted[at..at + words.len()].fill(true);
            }
        }
        pasted
    }

    /// The end of the reason, if the text contains one of each of `parts`, in their order. The last part is the reason,
    /// which is in no URL, no image and no wrapper.
    pub(super) fn says(&self, parts: &[Any]) -> Option<usize> {
        let (first, rest) = parts.split_first()?;
        first.iter().find_map(|words| {
            let words = letters(words);
            let mut from = 0;
            while let Some((start, end)) = self.find(&words, from, self.text.len(), rest.is_empty()) {
                if let Some(end) = self.goes_on(rest, end) {
                    return Some(end);
                }
                from = start + 1;
            }
            None
        })
    }

    /// The end of the last of `parts`, if they follow near `from`.
    fn goes_on(&self, parts: &[Any], from: usize) -> Option<usize> {
        let last = parts.len().saturating_sub(1);
        parts.iter().enumerate().try_fold(from, |from, (at, part)| {
            let to = from.saturating_add(NEAR);
            let positions = part.iter().filter_map(|words| self.find(&letters(words), from, to, at == last));
            positions.min().map(|(_, end)| end)
        })
    }

    /// The last position of `words`, without spaces and in small letters, before `end`.
    pub(super) fn last(&self, words: &str, end: usize) -> Option<usize> {
        self.text.get(..end)?.rfind(words)
    }

    /// The last URL that begins before `end`, with what follows it until there.
    pub(super) fn last_url(&self, end: usize) -> Option<&str> {
        let text = self.text.get(..end)?;
        text.rfind("https://").max(text.rfind("http://")).map(|at| &text[at..])
    }

    /// The position of `words`, as whole words, between `from` and `to`; if they are the reason, outside of
    /// quoted parts.
    fn find(&self, words: &str, mut from: usize, to: usize, is_reason: bool) -> Option<(usize, usize)> {
        let mut to = to.min(self.text.len());
        while !self.text.is_char_boundary(to) {
            to -= 1;
        }
        loop {
            while from < to && !self.text.is_char_boundary(from) {
                from += 1;
            }
            let start = from + self.text.get(from..to)?.find(words)?;
            let end = start + words.len();
            let is_quoted = is_reason && self.quoted[start];
            if !is_quoted && self.is_edge(start) && self.is_edge(end) {
                return Some((start, end));
            }
            from = start + 1;
        }
    }

    /// Whether a word can begin or end at `index`.
    fn is_edge(&self, index: usize) -> bool {
        let is_letter = |index: usize| self.text.as_bytes().get(index).is_some_and(u8::is_ascii_alphanumeric);
        let is_gap = self.gaps.get(index).is_none_or(|gap| *gap);
        index == 0 || is_gap || !is_letter(index - 1) || !is_letter(index)
    }
}

/// `text` without control sequences of a terminal, such as colours (ECMA-48 §5.4).
pub(super) fn visible(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '\u{1b}' => {
                match rest.next() {
                    Some('[') => while rest.next().is_some_and(|letter| !('@'..='~').contains(&letter)) {},
                    // A title or a link ends with BEL or ESC \.
                    Some(']') => {
                        while rest.next().is_some_and(|letter| !['\u{7}', '\\'].contains(&letter)) {}
                    }
                    _ => {}
                }
                kept.push(' ');
            }
            '\n' | '\t' => kept.push(letter),
            _ if letter.is_control() => kept.push(' '),
            _ if labtrust_plan::text::is_hidden(letter) => {}
            _ => kept.push(letter),
        }
    }
    kept
}

fn is_left_out(letter: char) -> bool {
    letter.is_whitespace() || is_quote(letter) || ['\\', '>', '|'].contains(&letter)
}

fn letters(words: &str) -> String {
    words.chars().filter(|letter| !is_left_out(*letter)).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wording_is_found_in_any_pasted_form() {
        for text in [
            "x509: certificate signed by unknown authority",
            "X509: Certificate\u{a0}signed by unknown authority.",
            "x509: certificate signed by unk\nnown authority",
            "\u{1b}[31;1mx509: certificate \u{1b}[0msigned by\r\n> unknown authority\u{1b}]0;title\u{7}",
            r#"level=error msg="Get \"https://h\": x509: certificate signed by unknown authority""#,
            "x509: cert\u{ad}ificate signed by “unknown” authority",
        ] {
            assert!(
                Pasted::new(text).says(&[&["certificate signed by unknown authority"]]).is_some(),
                "{text}"
            );
        }
    }

    #[test]
    fn a_reason_is_not_in_a_wrapper_nor_in_a_name() {
        for (text, says) in [
            ("failed to resolve reference \"h:4567/g/p:1\": not found", false),
            ("failed to do request: Head \"https://h:4567/v2/g/eof/manifests/1\": x", false),
            ("failed to do request: Head \"https://h:4567/v2/g/eof/manifests/1\": EOF", true),
            ("h:4567/g/p:502: EOF", true),
        ] {
            let found = Pasted::new(text).says(&[&["EOF", "failed to resolve", "502"]]);
            assert_eq!(found.is_some(), says, "{text}");
        }
        // A part before the reason can be in either.
        let text = "failed to do request: Head \"https://h/v2/\": EOF";
        assert!(Pasted::new(text).says(&[&["/v2/"], &["EOF"]]).is_some());
    }

    #[test]
    fn only_whole_words_in_their_order_and_near_each_other_are_found() {
        let far = format!("one {} two", "x".repeat(NEAR));
        let again = format!("one {} one two", "x".repeat(NEAR));
        for (text, says) in [
            ("one two", true),
            ("one, and two", true),
            ("two one", false),
            ("someone two", false),
            ("one twofold", false),
            ("one_two", true),
            (&far, false),
            (&again, true),
            ("öne öne one ö two", true),
            ("", false),
        ] {
            assert_eq!(Pasted::new(text).says(&[&["one"], &["two"]]).is_some(), says, "{text}");
        }
    }
}
