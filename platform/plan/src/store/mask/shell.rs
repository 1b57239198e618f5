//! Assignments of variables in files of shells, of environment.d(5), and of PAM in `/etc/environment`.

use super::line::Line;

/// The words before an assignment that make it one for other programs.
const BEFORE: [&str; 5] = ["export", "declare", "typeset", "set", "setenv"];

/// The assignments in `text`, each alone in its line or after others.
pub(super) fn assignments(text: &str) -> Vec<Line> {
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(index, line)| {
            assigned(line).into_iter().map(move |(key, value)| Line { number: index + 1, key, value })
        })
        .collect()
}

/// The variables that `line` sets; with an empty value, those that it unsets.
fn assigned(line: &str) -> Vec<(String, String)> {
    let words = words(line);
    let mut words = words.iter().peekable();
    let first = words.peek().map(|word| word.as_str()).unwrap_or_default();
    if first == "unset" {
        return words.skip(1).map(|name| (name.clone(), String::new())).collect();
    }
    let is_set = ["set", "setenv"].contains(&first);
    if BEFORE.contains(&first) {
        words.next();
    }
    let words: Vec<&String> = words.skip_while(|word| word.starts_with('-')).collect();
    // fish and csh have the value in a word of its own.
    if let (true, [name, value, ..]) = (is_set, &words[..])
        && !name.contains('=')
    {
        return vec![((*name).clone(), (*value).clone())];
    }
    words
        .iter()
        .map_while(|word| word.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The words of `line` up to a comment or the end of its first command, without quotation marks.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut is_word) = (Vec::new(), String::new(), None, false);
    for letter in line.trim().chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => word.push(letter),
            (None, '"' | '\'') => (quote, is_word) = (Some(letter), true),
            (None, '#') if !is_word => break,
            (None, ';' | '&' | '|') => break,
            (None, _) if letter.is_whitespace() => {
                if is_word {
                    words.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            (None, _) => {
                word.push(letter);
                is_word = true;
            }
        }
    }
    if is_word {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_set_a_variable_is_read() {
        for (text, expected) in [
            ("A=/x", &[("A", "/x")][..]),
            ("  export A=\"/x y\" B='$HOME/z' # c", &[("A", "/x y"), ("B", "$HOME/z")]),
            ("declare -x A=1; B=2", &[("A", "1")]),
            ("set -gx A /x", &[("A", "/x")]),
            ("setenv A /x", &[("A", "/x")]),
            ("unset A B", &[("A", ""), ("B", "")]),
            ("# export A=1", &[]),
            ("A=1 program B=2", &[("A", "1")]),
            ("export A", &[]),
            ("if [ -f /x ]; then export A=1; fi", &[]),
        ] {
            let seen = assignments(text);
            let seen: Vec<_> = seen.iter().map(|line| (line.key.as_str(), line.value.as_str())).collect();
            assert_eq!(seen, expected, "{text}");
        }
        assert_eq!(assignments("\nA=1\nA=2\n").iter().map(|line| line.number).collect::<Vec<_>>(), [2, 3]);
    }
}
