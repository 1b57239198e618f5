//! A short table for a screen of any width. No word is broken: a path in two pieces can be neither read nor pasted.

use comfy_table::{ContentArrangement, Table, presets};

/// How far the last cells are set in where they stand below their rows.
const INDENT: &str = "    ";

/// The lines of the table of `rows`, whose first cells are marks. Where they do not fit into `width`, the last cell
/// of each row stands below it, line by line, and goes on in the next line between words.
pub(super) fn lines(rows: &[Vec<String>], width: Option<usize>) -> Vec<String> {
    let side_by_side = grid(rows);
    let Some(width) = width.filter(|width| side_by_side.iter().any(|line| columns(line) > *width)) else {
        return side_by_side;
    };
    let heads: Vec<_> = rows.iter().map(|row| row[..row.len() - 1].to_vec()).collect();
    let mut lines = Vec::new();
    for (head, row) in grid(&heads).into_iter().zip(rows) {
        lines.push(head);
        let details = row.last().into_iter().flat_map(|cell| cell.lines());
        lines.extend(details.flat_map(|detail| wrapped(detail, width.saturating_sub(INDENT.len()))));
    }
    lines
}

fn grid(rows: &[Vec<String>]) -> Vec<String> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.add_rows(rows);
    table.lines().map(|line| format!(" {}", line.trim_end())).collect()
}

fn columns(line: &str) -> usize {
    line.chars().count()
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        if lines[last].is_empty() {
            lines[last].push_str(word);
        // A word that fits into no line is the screen's to break.
        } else if columns(&lines[last]) + 1 + columns(word) <= width || columns(word) > width {
            lines[last].push(' ');
            lines[last].push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.into_iter().map(|line| format!("{INDENT}{line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        let path = "/etc/docker/certs.d/mygitlab.example.com:4567/labtrust-b8c15aa0d2d3068c.crt";
        [
            ["✓", "system", "trusted", "in /etc/ssl/certs/ca-certificates.crt"],
            ["!", "docker", "after a restart", &format!("in {path}\nDocker accepts it")],
        ]
        .map(|row| row.map(str::to_owned).to_vec())
        .to_vec()
    }

    #[test]
    fn a_table_that_fits_has_its_cells_side_by_side() {
        for width in [None, Some(200)] {
            let lines = lines(&rows(), width);
            assert_eq!(lines.len(), 3);
            assert_eq!(lines[0], "  ✓  system  trusted          in /etc/ssl/certs/ca-certificates.crt");
        }
    }

    #[test]
    fn on_a_narrow_screen_details_stand_below_and_no_word_is_broken() {
        let lines = lines(&rows(), Some(80));
        assert_eq!(lines[0], "  ✓  system  trusted");
        assert_eq!(lines[1], "    in /etc/ssl/certs/ca-certificates.crt");
        assert_eq!(lines[2], "  !  docker  after a restart");
        assert_eq!(lines[3], "    in");
        assert!(lines[4].ends_with("/labtrust-b8c15aa0d2d3068c.crt"), "{lines:?}");
        assert_eq!(lines[5], "    Docker accepts it");
    }
}
