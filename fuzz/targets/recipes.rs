//! A container as its engine describes it, in one line, and in a second one what its image says of itself: the
//! commands that are printed for a shell hold nothing that a stranger's words would make it do.
#![no_main]

use labtrust::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (container, image) = text.split_once('\n').unwrap_or((text, "null"));
    for line in fuzzing::recipe(container, image) {
        assert!(!line.as_str().contains(char::is_control), "{line:?}");
        check(line.as_str());
    }
});

/// Outside of quotes only plain characters stand, and what our own lines are made of.
fn check(line: &str) {
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        rest = &rest[next.len_utf8()..];
        match next {
            '\'' => rest = rest.split_once('\'').unwrap_or_else(|| panic!("no end of a word: {line}")).1,
            // A quotation mark by itself: 'it'\''s'.
            '\\' => rest = rest.strip_prefix('\'').unwrap_or_else(|| panic!("a backslash: {line}")),
            // The value of a label or a variable, asked of the old container; and what cannot be shown.
            '$' => assert!(rest.starts_with("(docker ") || rest.starts_with("(printf '"), "{line}"),
            '&' => rest = rest.strip_prefix('&').unwrap_or_else(|| panic!("a job: {line}")),
            _ => {
                assert!(next.is_ascii_alphanumeric() || "-_./:=@,+% \"()".contains(next), "{next:?}: {line}")
            }
        }
    }
}
