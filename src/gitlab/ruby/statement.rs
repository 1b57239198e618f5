//! Splits a Ruby program into statements. It skips strings, comments and here-documents, also over several lines.

use std::{iter::Enumerate, ops::RangeInclusive, str::SplitInclusive};

/// One statement.
pub(super) struct Statement {
    pub text: String,
    /// Whether a string in it never ended.
    pub is_cut: bool,
    /// Its lines, counted from 0.
    pub lines: RangeInclusive<usize>,
}

/// A line that is only a comment, outside any statement.
pub(super) struct Comment {
    /// The line, counted from 0.
    pub line: usize,
    /// The number of statements before it.
    pub after: usize,
    /// The text after the first `#`.
    pub text: String,
}

/// The statements of `text`, which line ends and semicolons separate, and the comments between them.
pub(super) fn statements(text: &str) -> (Vec<Statement>, Vec<Comment>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut cutter = Cutter {
        lines: text.split_inclusive('\n').enumerate(),
        rest: "",
        at: 0,
        statement: String::new(),
        begun: 0,
        brackets: 0,
        here_documents: Vec::new(),
        found: Vec::new(),
        comments: Vec::new(),
    };
    while cutter.next_line() {
        while let Some(next) = cutter.rest.chars().next() {
            cutter.read(next);
        }
    }
    cutter.end_statement(false);
    (cutter.found, cutter.comments)
}

struct Cutter<'t> {
    lines: Enumerate<SplitInclusive<'t, char>>,
    /// The unread rest of the current line.
    rest: &'t str,
    /// The number of the current line.
    at: usize,
    statement: String,
    /// The first line of the statement.
    begun: usize,
    /// The number of open brackets.
    brackets: usize,
    /// The end words of the here-documents that begin on the line.
    here_documents: Vec<String>,
    found: Vec<Statement>,
    comments: Vec<Comment>,
}

impl Cutter<'_> {
    fn next_line(&mut self) -> bool {
        loop {
            match self.lines.next() {
                None => return false,
                Some((_, line)) if line.trim_end() == "__END__" => return false,
                Some((_, line)) if line.starts_with("=begin") => {
                    let _ = self.lines.find(|(_, line)| line.starts_with("=end"));
                }
                Some((at, line)) => {
                    (self.at, self.rest) = (at, line);
                    return true;
                }
            }
        }
    }

    fn read(&mut self, next: char) {
        match next {
            '\'' | '"' | '`' => return self.read_string(&|text| end_of_string(text, next)),
            '%' if self.begins_list() => return self.read_string(&end_of_list),
            '#' => {
                if self.brackets == 0 && self.statement.trim().is_empty() {
                    let text = self.rest[1..].trim_end().to_owned();
                    // A comment after a statement on the same line does not count.
                    if self.found.last().is_none_or(|last| *last.lines.end() < self.at) {
                        self.comments.push(Comment { line: self.at, after: self.found.len(), text });
                    }
                }
                self.rest = if self.rest.ends_with('\n') { "\n" } else { "" };
                return;
            }
            '\n' => self.end_line(),
            ';' if self.brackets == 0 => self.end_statement(false),
            _ => {
                match next {
                    '<' => self.here_documents.extend(here_document(self.rest)),
                    '(' | '[' | '{' => self.brackets += 1,
                    ')' | ']' | '}' => self.brackets = self.brackets.saturating_sub(1),
                    _ => {}
                }
                if self.statement.is_empty() {
                    // Space before a statement is not part of it.
                    if next.is_whitespace() {
                        self.rest = &self.rest[next.len_utf8()..];
                        return;
                    }
                    self.begun = self.at;
                }
                self.statement.push(next);
            }
        }
        self.rest = &self.rest[next.len_utf8()..];
    }

    /// Whether a list such as `%w(a b)` begins here, and not a remainder.
    fn begins_list(&self) -> bool {
        let is_value = self.statement.ends_with([' ', '\t', '(', '[', ',', '=', '{']);
        is_value
            && self.rest[1..]
                .trim_start_matches(['w', 'W', 'i', 'I', 'q', 'Q'])
                .starts_with(BRACKETS.map(|(open, _)| open))
    }

    /// Reads a string up to its `end`, which may be on a later line. A string without an end is cut at the end of its
    /// line, so that it hides no other statement.
    fn read_string(&mut self, end: &dyn Fn(&str) -> Option<usize>) {
        let mut text = self.rest.to_owned();
        let (mut ahead, mut last, mut at) = (self.lines.clone(), self.rest, self.at);
        if self.statement.is_empty() {
            self.begun = at;
        }
        loop {
            if let Some(end) = end(&text) {
                let left = text.len() - end;
                self.statement.push_str(&text[..end]);
                self.rest = &last[last.len() - left..];
                (self.lines, self.at) = (ahead, at);
                return;
            }
            let Some((next, line)) = ahead.next() else { break };
            (last, at) = (line, next);
            text.push_str(line);
        }
        self.statement.push_str(self.rest);
        self.rest = "";
        self.brackets = 0;
        self.end_statement(true);
    }

    fn end_line(&mut self) {
        for name in std::mem::take(&mut self.here_documents) {
            let mut ahead = self.lines.clone();
            // Without its end word it is not a here-document.
            if ahead.any(|(_, line)| line.trim() == name) {
                self.lines = ahead;
            }
        }
        if self.statement.ends_with('\\') {
            self.statement.pop();
            self.statement.push(' ');
        } else if self.brackets == 0 && !self.goes_on() {
            self.end_statement(false);
        } else if !self.statement.is_empty() {
            self.statement.push(' ');
        }
    }

    /// Whether the statement continues on the next line: it ends with an operator or a comma, or the next line begins with
    /// a method call.
    fn goes_on(&self) -> bool {
        let text = self.statement.trim_end();
        let next = self.lines.clone().next().map_or("", |(_, line)| line.trim_start());
        let calls = (next.starts_with('.') && !next.starts_with("..")) || next.starts_with("&.");
        !text.is_empty() && (calls || [",", "=", "+", "&&", " ||", "."].iter().any(|end| text.ends_with(end)))
    }

    fn end_statement(&mut self, is_cut: bool) {
        let text = std::mem::take(&mut self.statement).trim().to_owned();
        if !text.is_empty() {
            self.found.push(Statement { text, is_cut, lines: self.begun..=self.at });
        }
    }
}

/// The length of the string that `text` begins with, its quotes included.
pub(crate) fn end_of_string(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().skip(1).find_map(|(index, next)| {
        let ends = next == quote && !is_escaped;
        is_escaped = next == '\\' && !is_escaped;
        ends.then_some(index + 1)
    })
}

const BRACKETS: [(char, char); 4] = [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>')];

/// The length of the list that `text` begins with, with its nested brackets.
pub(crate) fn end_of_list(text: &str) -> Option<usize> {
    let begin = text.find(BRACKETS.map(|(open, _)| open))?;
    let (open, close) = *BRACKETS.iter().find(|(open, _)| text[begin..].starts_with(*open))?;
    let mut depth = 0_usize;
    text[begin..].char_indices().find_map(|(index, next)| {
        depth += usize::from(next == open);
        depth -= usize::from(next == close && depth > 0);
        (depth == 0).then_some(begin + index + 1)
    })
}

/// The end word of the here-document that begins at `text`.
fn here_document(text: &str) -> Option<String> {
    let rest = text.strip_prefix("<<")?;
    let rest = rest.strip_prefix(['-', '~']).unwrap_or(rest);
    let rest = rest.strip_prefix(['\'', '"']).unwrap_or(rest);
    let name: String = rest.chars().take_while(|next| next.is_ascii_alphanumeric() || *next == '_').collect();
    name.starts_with(|first: char| !first.is_ascii_digit()).then_some(name)
}

/// The number of blocks that `statement` opens, and closes.
pub(super) fn nesting(statement: &str) -> (usize, usize) {
    const OPENING: [&str; 10] =
        ["if", "unless", "case", "while", "until", "for", "begin", "def", "class", "module"];
    let first = first_word(statement);
    if first == "end" {
        return (0, 1);
    }
    let assigned = statement.split_once('=').map_or("", |(_, value)| first_word(value.trim_start()));
    let opens = OPENING.contains(&first)
        || OPENING.contains(&assigned)
        || statement.ends_with(" do")
        || (statement.ends_with('|') && statement.contains(" do "));
    // The whole block may be on one line.
    let closes_itself = statement.ends_with(" end");
    (usize::from(opens && !closes_itself), 0)
}

fn first_word(text: &str) -> &str {
    let end = text.find(|next: char| !next.is_alphanumeric() && next != '_');
    &text[..end.unwrap_or(text.len())]
}
