//! Texts with gaps: `@NAME@` stands for a value. A line with a gap alone becomes the lines of its value, each as far from the
//! margin as the gap; without any it is left out.

/// `template` with each gap filled from `values`, which are pairs of a name and a value.
pub(super) fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() * 2);
    for line in template.lines() {
        let gap = line.trim();
        let alone = values
            .iter()
            .find(|(name, _)| gap.strip_prefix('@').and_then(|gap| gap.strip_suffix('@')) == Some(name));
        if let Some((_, value)) = alone {
            let margin = &line[..line.len() - line.trim_start().len()];
            value.lines().for_each(|line| push(&mut text, if line.is_empty() { "" } else { margin }, line));
        } else {
            let fill = |line: String, (name, value): &(&str, &str)| line.replace(&format!("@{name}@"), value);
            push(&mut text, "", &values.iter().fold(line.to_owned(), fill));
        }
    }
    text
}

fn push(text: &mut String, margin: &str, line: &str) {
    text.push_str(margin);
    text.push_str(line);
    text.push('\n');
}

/// `text` as a string of JSON, which is one of YAML too.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The key `key` of YAML with the lines of `text` as its value.
pub(super) fn literal(key: &str, text: &str) -> String {
    filled("@KEY@: |\n  @TEXT@\n", &[("KEY", key), ("TEXT", text)])
}

/// The same, where the last line ends without a line break.
pub(super) fn stripped(key: &str, text: &str) -> String {
    filled("@KEY@: |-\n  @TEXT@\n", &[("KEY", key), ("TEXT", text)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_alone_takes_lines_and_another_one_text() {
        let template = "a: @ONE@@ONE@\n  @LINES@\n@NONE@\nb@c\n";
        let values = [("ONE", "1"), ("LINES", "x\n\ny"), ("NONE", "")];
        assert_eq!(filled(template, &values), "a: 11\n  x\n\n  y\nb@c\n");
    }
}
