//! The statements that Ruby may leave out because another one leaves their loop or their file: `next if …`, `return`.

use super::{
    scan::words,
    statement::{Statement, nesting},
};

/// A block that is open.
struct Open {
    /// Its first statement.
    begin: usize,
    kind: Kind,
    /// Whether a statement in it leaves it.
    is_left: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A loop: it may be left in any turn, so that all of its statements are in doubt.
    Loop,
    /// A method: leaving it leaves nothing else.
    Method,
    /// A condition.
    Other,
}

/// For each of `statements`, whether another one may make Ruby leave it out.
pub(super) fn left_out(statements: &[Statement]) -> Vec<bool> {
    let mut left_out = vec![false; statements.len()];
    let mut blocks: Vec<Open> = Vec::new();
    let mut ended = None;
    for (index, statement) in statements.iter().enumerate() {
        let (opens, closes) = nesting(&statement.text);
        for block in blocks.split_off(blocks.len().saturating_sub(closes)) {
            left_out[block.begin..=index].iter_mut().for_each(|one| *one |= block.is_left);
        }
        let kind = kind(&statement.text);
        if let Some(word) = leaves(&statement.text).filter(|_| kind != Kind::Method) {
            let begin =
                blocks.iter().rposition(|block| block.kind == Kind::Method).map_or(0, |method| method + 1);
            blocks[begin..].iter_mut().for_each(|block| block.is_left |= block.kind == Kind::Loop);
            if word == "return" && begin == 0 {
                ended.get_or_insert(index + 1);
            }
        }
        blocks.extend((0..opens).map(|_| Open { begin: index, kind, is_left: false }));
    }
    left_out[ended.unwrap_or(statements.len())..].fill(true);
    left_out
}

/// The word with which `statement` leaves a loop or a file.
fn leaves(statement: &str) -> Option<&str> {
    const LEAVING: [&str; 5] = ["next", "break", "redo", "return", "throw"];
    let found = words(statement).find(|(at, word)| {
        let (before, after) = (&statement[..*at], &statement[at + word.len()..]);
        // Not a name such as `:next` or `one.next`, nor inside the brackets of a lambda.
        LEAVING.contains(word)
            && !before.ends_with([':', '.', '@', '$'])
            && !after.starts_with(':')
            && !before.contains('{')
    });
    found.map(|(_, word)| word)
}

fn kind(statement: &str) -> Kind {
    match words(statement).next().map_or("", |(_, word)| word) {
        "def" | "class" | "module" => Kind::Method,
        "while" | "until" | "for" => Kind::Loop,
        _ if statement.ends_with(" do") || statement.ends_with('|') => Kind::Loop,
        _ => Kind::Other,
    }
}
