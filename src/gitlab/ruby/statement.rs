//! Cuts a Ruby program into statements: only what stands outside strings, comments and
//! here-documents is one, wherever its lines end.

use std::str::SplitInclusive;

/// One statement. `is_cut` if a string in it never ended.
pub struct Statement {
    pub text: String,
    pub is_cut: bool,
}

/// The statements of `text`, which line ends and semicolons part.
pub fn statements(text: &str) -> Vec<Statement> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut cutter = Cutter {
        lines: text.split_inclusive('\n'),
        rest: "",
        statement: String::new(),
        brackets: 0,
        here_documents: Vec::new(),
        found: Vec::new(),
    };
    while cutter.next_line() {
        while let Some(next) = cutter.rest.chars().next() {
            cutter.read(next);
        }
    }
    cutter.end_statement(false);
    cutter.found
}

struct Cutter<'t> {
    lines: SplitInclusive<'t, char>,
    /// What is left of the line that is read.
    rest: &'t str,
    statement: String,
    /// How many brackets are open.
    brackets: usize,
    /// The ends of the here-documents that the line announced.
    here_documents: Vec<String>,
    found: Vec<Statement>,
}

impl Cutter<'_> {
    fn next_line(&mut self) -> bool {
        loop {
            match self.lines.next() {
                None => return false,
                Some(line) if line.trim_end() == "__END__" => return false,
                Some(line) if line.starts_with("=begin") => {
                    let _ = self.lines.find(|line| line.starts_with("=end"));
                }
                Some(line) => {
                    self.rest = line;
                    return true;
                }
            }
        }
    }

    fn read(&mut self, next: char) {
        match next {
            '\'' | '"' | '`' => return self.read_string(next),
            '#' => {
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
                self.statement.push(next);
            }
        }
        self.rest = &self.rest[next.len_utf8()..];
    }

    /// Reads a string, which may go on in the lines below. One that never ends is cut where its own
    /// line ends, so that it hides nothing.
    fn read_string(&mut self, quote: char) {
        let mut text = self.rest.to_owned();
        let (mut ahead, mut last) = (self.lines.clone(), self.rest);
        loop {
            if let Some(end) = end_of_string(&text, quote) {
                let left = text.len() - end;
                self.statement.push_str(&text[..end]);
                self.rest = &last[last.len() - left..];
                self.lines = ahead;
                return;
            }
            let Some(line) = ahead.next() else { break };
            last = line;
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
            // Without its end it was none.
            if ahead.any(|line| line.trim() == name) {
                self.lines = ahead;
            }
        }
        if self.statement.ends_with('\\') {
            self.statement.pop();
            self.statement.push(' ');
        } else if self.brackets == 0 {
            self.end_statement(false);
        } else {
            self.statement.push(' ');
        }
    }

    fn end_statement(&mut self, is_cut: bool) {
        let text = std::mem::take(&mut self.statement).trim().to_owned();
        if !text.is_empty() {
            self.found.push(Statement { text, is_cut });
        }
    }
}

/// The length of the string that `text` begins with, its quotes included.
pub fn end_of_string(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().skip(1).find_map(|(index, next)| {
        let ends = next == quote && !is_escaped;
        is_escaped = next == '\\' && !is_escaped;
        ends.then_some(index + 1)
    })
}

/// The word that ends the here-document that `text` announces.
fn here_document(text: &str) -> Option<String> {
    let rest = text.strip_prefix("<<")?;
    let rest = rest.strip_prefix(['-', '~']).unwrap_or(rest);
    let rest = rest.strip_prefix(['\'', '"']).unwrap_or(rest);
    let name: String = rest.chars().take_while(|next| next.is_ascii_alphanumeric() || *next == '_').collect();
    name.starts_with(|first: char| first.is_ascii_uppercase()).then_some(name)
}

/// How many blocks `statement` opens and closes.
pub fn nesting(statement: &str) -> (usize, usize) {
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
    // All of it may stand on one line.
    let closes_itself = statement.ends_with(" end");
    (usize::from(opens && !closes_itself), 0)
}

fn first_word(text: &str) -> &str {
    let end = text.find(|next: char| !next.is_alphanumeric() && next != '_');
    &text[..end.unwrap_or(text.len())]
}
