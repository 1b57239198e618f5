//! Finds the codes that a mistyped code may mean.

use super::diagnosis::codes;

/// The codes that `text` may mean, nearest first: those that differ in a few letters, and then those that share a word.
pub fn near_codes(text: &str) -> Vec<&'static str> {
    if text.contains(char::is_whitespace) || text.len() > LONGEST {
        return Vec::new();
    }
    let text = text.to_ascii_lowercase();
    let mut near: Vec<(usize, &str)> = codes()
        .map(|code| (distance(&text, code.id), code.id))
        .filter(|(distance, id)| is_misspelt(*distance, id) || shares_word(&text, id))
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().map(|(_, id)| id).collect()
}

/// Whether `text` is a code with a mistake in its letters.
pub fn is_misspelt_code(text: &str) -> bool {
    text.len() <= LONGEST
        && codes().any(|code| is_misspelt(distance(&text.to_ascii_lowercase(), code.id), code.id))
}

/// More bytes than any code has.
const LONGEST: usize = 64;

fn is_misspelt(distance: usize, id: &str) -> bool {
    distance <= (id.len() / 6).max(1)
}

fn shares_word(text: &str, id: &str) -> bool {
    text.split('-').any(|part| part.len() > 3 && id.split('-').any(|word| word == part))
}

/// The number of letters to add, leave out, replace or swap with the next one, to make `one` of `other` (optimal string
/// alignment).
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, letter) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, wanted) in other.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(letter != wanted);
            let mut least = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == other[j - 1] && one[i - 1] == *wanted {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_with_one_wrong_letter_is_found_first() {
        for code in codes().map(|code| code.id) {
            for at in 0..code.len() {
                let (before, after) = (&code[..at], &code[at + 1..]);
                let swapped = match after.chars().next() {
                    Some(next) => format!("{before}{next}{}{}", &code[at..=at], &after[1..]),
                    None => code.to_owned(),
                };
                for wrong in [format!("{before}{after}"), format!("{before}x{after}"), swapped] {
                    let found = near_codes(&wrong);
                    assert!(
                        found.first() == Some(&code) || codes().any(|code| code.id == wrong),
                        "{wrong}: {found:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn other_texts_are_no_misspelt_codes() {
        for text in
            ["ENOTFOUND", "x509", "EOF", "", "certificate", "hello", "untrusted", &"x".repeat(1 << 20)]
        {
            assert!(!is_misspelt_code(text), "{text:.20}");
        }
        assert_eq!(near_codes("untrusted").first(), Some(&"realm-untrusted"));
    }
}
