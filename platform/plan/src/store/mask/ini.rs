//! Lines `key = value` of programs' own settings files.

use super::{line::Line, table::Reader};

/// The settings in `text`.
pub(super) fn lines(text: &str, reader: Reader) -> Vec<Line> {
    let mut section = String::new();
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty()
            || line.starts_with(['#', ';'])
            || (reader == Reader::Code && line.starts_with("//"))
        {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            name.trim().clone_into(&mut section);
            continue;
        }
        let is_read = match reader {
            Reader::Cargo => section == "http" || line.starts_with("http."),
            Reader::Npm => section.is_empty(),
            _ => true,
        };
        if let Some((key, value)) = pair(line, reader).filter(|_| is_read) {
            found.push(Line { number: index + 1, key, value });
        }
    }
    found
}

/// The key and the value in a line.
fn pair(line: &str, reader: Reader) -> Option<(String, String)> {
    let (key, value) = match reader {
        // curl takes `--cacert x`, `cacert = x` and `cacert: x`.
        Reader::Curl => line
            .trim_start_matches('-')
            .split_once(|letter: char| letter.is_whitespace() || "=:".contains(letter))?,
        Reader::Conda | Reader::Code => line.split_once(if reader == Reader::Code { "\":" } else { ":" })?,
        _ => line.split_once('=')?,
    };
    let key = unquoted(key).trim_end_matches("[]");
    let key = if reader == Reader::Cargo { key.strip_prefix("http.").unwrap_or(key) } else { key };
    let value = value.trim_start_matches(|letter: char| {
        letter.is_whitespace() || (reader == Reader::Curl && "=:".contains(letter))
    });
    let value = value.split(" #").next().unwrap_or_default().trim_end_matches(',');
    Some((key.to_owned(), unquoted(value).to_owned()))
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\'']).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_programs_lines_are_read() {
        for (reader, text, expected) in [
            (Reader::Npm, "; c\ncafile = /x # c\n", Some(("cafile", "/x", 2))),
            (Reader::Npm, "ca[]=\"-----BEGIN\"\n", Some(("ca", "-----BEGIN", 1))),
            (Reader::Npm, "[x]\ncafile=/x\n", None),
            (Reader::Curl, "--cacert \"/x\"\n", Some(("cacert", "/x", 1))),
            (Reader::Curl, "cacert = /x\n", Some(("cacert", "/x", 1))),
            (Reader::Curl, "cacert: /x\n", Some(("cacert", "/x", 1))),
            (Reader::Wget, "ca_directory=/x\n", Some(("ca_directory", "/x", 1))),
            (Reader::Pip, "[global]\ncert = /x\n", Some(("cert", "/x", 2))),
            (Reader::Cargo, "[http]\ncainfo = \"/x\" # c\n", Some(("cainfo", "/x", 2))),
            (Reader::Cargo, "http.cainfo = '/x'\n", Some(("cainfo", "/x", 1))),
            (Reader::Cargo, "[other]\ncainfo = \"/x\"\n", None),
            (Reader::Conda, "ssl_verify: /x\n", Some(("ssl_verify", "/x", 1))),
            (
                Reader::Code,
                "{\n  // c\n  \"http.systemCertificates\": false,\n}\n",
                Some(("http.systemCertificates", "false", 3)),
            ),
        ] {
            let seen = lines(text, reader);
            let seen = seen.first().map(|line| (line.key.as_str(), line.value.as_str(), line.number));
            assert_eq!(seen, expected, "{text}");
        }
    }
}
