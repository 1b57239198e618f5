use serde_json::{Value, json};

use super::*;

fn no_proxy(value: &str) -> Edit {
    Edit::Json { keys: vec!["proxies".into(), "no-proxy".into()], value: value.into() }
}

fn block(lines: &[&str]) -> Edit {
    Edit::Block { name: "no-proxy".into(), lines: lines.iter().map(ToString::to_string).collect() }
}

fn applied(edit: &Edit, before: Option<&str>) -> String {
    let after = edit.apply(before.map(str::as_bytes)).expect("an edit");
    assert_eq!(edit.is_met(Some(&after)), Ok(true));
    // Undoing restores the text before.
    let undone = match before {
        Some(before) => Undone::Bytes(before.into()),
        None => Undone::Gone,
    };
    assert_eq!(edit.undo(Some(&after), before.map(str::as_bytes)), undone);
    assert_eq!(edit.undo(before.map(str::as_bytes), before.map(str::as_bytes)), Undone::Already);
    String::from_utf8(after).expect("text")
}

/// The text after `edit` is undone in `now`.
fn undone(edit: &Edit, now: &str, before: Option<&str>) -> Option<String> {
    match edit.undo(Some(now.as_bytes()), before.map(str::as_bytes)) {
        Undone::Bytes(bytes) => Some(String::from_utf8(bytes).expect("text")),
        Undone::Already | Undone::Gone | Undone::Foreign => None,
    }
}

#[test]
fn a_value_is_set_as_a_person_would_and_nothing_else_is_touched() {
    let new = "{\n  \"proxies\": {\n    \"no-proxy\": \"h\"\n  }\n}";
    for (before, after) in [
        (None, format!("{new}\n")),
        (Some(""), format!("{new}\n")),
        (Some(" \n"), format!("{new}\n")),
        (Some("{}"), new.to_owned()),
        (Some("{ }\n"), format!("{new}\n")),
        (Some("{\n}\n"), format!("{new}\n")),
        // The last has no comma yet, the file no final newline, the comment its place.
        (
            Some("{\n  \"a\": 1 // why\n}"),
            "{\n  \"a\": 1, // why\n  \"proxies\": {\n    \"no-proxy\": \"h\"\n  }\n}".into(),
        ),
        (
            Some("{\n\t\"a\": [\n\t\t1\n\t],\n\n\t\"proxies\": {\n\t\t\"http-proxy\": \"p\"\n\t}\n}\n"),
            "{\n\t\"a\": [\n\t\t1\n\t],\n\n\t\"proxies\": {\n\t\t\"http-proxy\": \"p\",\n\t\t\"no-proxy\": \"h\"\n\t}\n}\n"
                .into(),
        ),
        (
            Some("{\r\n    \"a\": 1\r\n}\r\n"),
            "{\r\n    \"a\": 1,\r\n    \"proxies\": {\r\n        \"no-proxy\": \"h\"\r\n    }\r\n}\r\n".into(),
        ),
        (
            Some("{\n  \"proxies\": {\n    \"no-proxy\" : \"x\" , \"z\": 2 }, /* c */ \"a\": 1,\n}"),
            "{\n  \"proxies\": {\n    \"no-proxy\" : \"h\" , \"z\": 2 }, /* c */ \"a\": 1,\n}".into(),
        ),
        (
            Some("{\n  \"a\": 1,\n}"),
            "{\n  \"a\": 1,\n  \"proxies\": {\n    \"no-proxy\": \"h\"\n  },\n}".into(),
        ),
        (Some("{\"a\":1}"), "{\"a\":1, \"proxies\": {\"no-proxy\":\"h\"}}".into()),
        (Some("{ \"proxies\": {} }\n"), "{ \"proxies\": {\"no-proxy\": \"h\"} }\n".into()),
        (Some("\u{feff}{\"proxies\":{\"no-proxy\":\"\"}}"), "\u{feff}{\"proxies\":{\"no-proxy\":\"h\"}}".into()),
    ] {
        assert_eq!(applied(&no_proxy("h"), before), after, "{before:?}");
    }
}

#[test]
fn the_present_value_can_be_read() {
    let keys = ["proxies", "no-proxy"].map(str::to_owned);
    let found = |text: &str| current(Some(text.as_bytes()), &keys);
    assert_eq!(found("{\"proxies\": {\"no-proxy\": \"\\u0078\"}}"), Ok(Some("x".into())));
    assert_eq!((found("{\"proxies\": {}}"), found(""), current(None, &keys)), (Ok(None), Ok(None), Ok(None)));
    assert!(found("{").is_err());
}

#[test]
fn values_of_several_lines_are_indented_as_the_file_is() {
    let keys = vec!["insecure-registries".to_owned()];
    let edit = |value: Value| Edit::Json { keys: keys.clone(), value };
    let before = "{\n\t\"a\": 1\n}\n";
    let after = applied(&edit(json!(["h:1", {"b": []}])), Some(before));
    let lines = "[\n\t\t\"h:1\",\n\t\t{\n\t\t\t\"b\": []\n\t\t}\n\t]";
    assert_eq!(after, format!("{{\n\t\"a\": 1,\n\t\"insecure-registries\": {lines}\n}}\n"));
    assert_eq!(applied(&edit(json!(["h:1", {"b": []}])), Some(&after.replace("h:1", "h:2"))), after);
}

#[test]
fn only_the_value_is_undone_whatever_changed_around_it() {
    let edit = no_proxy("h");
    for (before, now, after) in [
        // Other programs added a value after, before, and beside it.
        (
            "{\n  \"a\": 1\n}\n",
            "{\n  \"a\": 1,\n  \"proxies\": {\n    \"no-proxy\": \"h\"\n  },\n  \"b\": 2\n}\n",
            "{\n  \"a\": 1,\n  \"b\": 2\n}\n",
        ),
        ("{}", "{\n  \"b\": 2,\n  \"proxies\": {\n    \"no-proxy\": \"h\"\n  }\n}", "{\n  \"b\": 2\n}"),
        (
            "{}",
            "{\n  \"proxies\": {\n    \"no-proxy\": \"h\",\n    \"http-proxy\": \"p\"\n  }\n}",
            "{\n  \"proxies\": {\n    \"http-proxy\": \"p\"\n  }\n}",
        ),
        // They removed everything before it, and added a comment to our value.
        ("{\n  \"a\": 1\n}", "{\n  \"proxies\": { \"no-proxy\": \"h\" }\n}", "{\n}"),
        (
            "{\n  \"a\": 1\n}",
            "{\n  \"a\": 1,\n  \"proxies\": {\n    // why\n    \"no-proxy\": \"h\"\n  }\n}",
            "{\n  \"a\": 1,\n  \"proxies\": {\n    // why\n  }\n}",
        ),
        // They rewrote the whole file.
        (
            "{\"proxies\": {\"no-proxy\": \"\\u0078\"}}",
            "{\r\n\t\"proxies\": {\r\n\t\t\"no-proxy\": \"h\",\r\n\t},\r\n}",
            "{\r\n\t\"proxies\": {\r\n\t\t\"no-proxy\": \"\\u0078\",\r\n\t},\r\n}",
        ),
    ] {
        assert_eq!(undone(&edit, now, Some(before)).as_deref(), Some(after), "{now}");
    }
}

#[test]
fn a_value_that_somebody_else_changed_is_left() {
    let (edit, before) = (no_proxy("h"), Some(&b"{\"proxies\": {\"no-proxy\": \"x\"}}"[..]));
    for (now, expected) in [
        ("{\"proxies\": {\"no-proxy\": \"h,i\"}}", Undone::Foreign),
        ("{\"proxies\": {}}", Undone::Foreign),
        ("{\"proxies\": null}", Undone::Foreign),
        ("{\"proxies\": {\"no-proxy\": \"h\", \"no-proxy\": \"h\"}}", Undone::Foreign),
        ("no json", Undone::Foreign),
        ("", Undone::Foreign),
        ("{\"a\": 1, \"proxies\": {\"no-proxy\": \"x\"}}", Undone::Already),
    ] {
        assert_eq!(edit.undo(Some(now.as_bytes()), before), expected, "{now}");
    }
    assert_eq!(edit.undo(None, before), Undone::Foreign);
    assert_eq!(edit.undo(None, None), Undone::Already);
    assert_eq!(edit.undo(Some(b"{\"proxies\": {}}"), None), Undone::Already);
}

#[test]
fn a_file_that_cannot_be_edited_gives_the_reason() {
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(600), "]".repeat(600));
    let large = format!("{{\"a\": \"{}\"}}", "x".repeat(LARGEST));
    for (before, why) in [
        ("[]", "is not a JSON object"),
        ("// nothing", "is not a JSON object"),
        ("{\"a\": 1", "is not JSON: "),
        ("{\"a\": 1 \"b\": 2}", "is not JSON: "),
        ("{a: 1}", "is not JSON: "),
        ("{} {}", "is not JSON: "),
        (&deep, "is not JSON: "),
        (&large, "is larger than 1 MB"),
        ("{\"proxies\": {}, \"proxies\": {}}", "contains proxies twice"),
        ("{\"proxies\": {\"no-proxy\": 1, \"no-proxy\": 1}}", "contains proxies.no-proxy twice"),
        ("{\"proxies\": \"x\"}", "has no object at proxies"),
    ] {
        for said in [
            no_proxy("h").apply(Some(before.as_bytes())).expect_err("refused"),
            no_proxy("h").is_met(Some(before.as_bytes())).expect_err("refused"),
        ] {
            assert!(said.starts_with(why), "{said}");
        }
    }
    assert_eq!(no_proxy("h").apply(Some(b"{\"a\": \"\xff\"}")).expect_err("refused"), "is not UTF-8 text");
    assert!(Edit::Json { keys: Vec::new(), value: Value::Null }.apply(None).is_err());
}

#[test]
fn a_block_comes_last_and_stays_where_it_is() {
    let ours = "# labtrust no-proxy begin\nexport NO_PROXY=h\n# labtrust no-proxy end\n";
    let edit = block(&["export NO_PROXY=h"]);
    let old = ours.replace("=h", "=x");
    for (before, after) in [
        (None, ours.to_owned()),
        (Some(""), ours.to_owned()),
        (Some("a=1\n"), format!("a=1\n{ours}")),
        (Some("a=1"), format!("a=1\n{ours}")),
        (Some("a=1\r\nb=2"), format!("a=1\r\nb=2\r\n{}", ours.replace('\n', "\r\n"))),
        (Some(&format!("a=1\n{old}b=2")), format!("a=1\n{ours}b=2")),
        (Some(old.trim_end()), ours.trim_end().to_owned()),
    ] {
        assert_eq!(applied(&edit, before), after, "{before:?}");
    }
}

#[test]
fn only_the_block_is_undone_whatever_changed_around_it() {
    let edit = block(&["one", "", "two"]);
    let ours = "# labtrust no-proxy begin\none\n\ntwo\n# labtrust no-proxy end\n";
    let old = "# labtrust no-proxy begin\nold\n# labtrust no-proxy end";
    for (before, now, after) in [
        (Some("a"), format!("b\nc\n{ours}"), "b\nc"),
        (Some("a"), format!("a\n{ours}d\n"), "a\nd\n"),
        (None, format!("a\n{ours}"), "a\n"),
        (Some(old), format!("a\n{ours}b\n"), &format!("a\n{old}\nb\n")),
    ] {
        assert_eq!(undone(&edit, &now, before).as_deref(), Some(after), "{now}");
    }
    for (now, expected) in [
        (ours.replace("two", "three"), Undone::Foreign),
        (format!("{ours}{ours}"), Undone::Foreign),
        (ours.replace("# labtrust no-proxy end", ""), Undone::Foreign),
        ("a\n".into(), Undone::Already),
    ] {
        assert_eq!(edit.undo(Some(now.as_bytes()), Some(b"a\n")), expected, "{now}");
    }
}

#[test]
fn a_file_of_our_blocks_alone_is_told_from_one_with_more() {
    let ours = block(&["one", "", "two"]).apply(None).expect("an edit");
    let two = Edit::Block { name: "x".into(), lines: vec!["y".into()] }.apply(Some(&ours)).expect("an edit");
    for bytes in [&ours[..], &two, b"", b"\r\n"] {
        assert!(Edit::has_only_blocks(bytes), "{}", String::from_utf8_lossy(bytes));
    }
    for (before, after) in [(&b"a\n"[..], &b""[..]), (b"", b"a\n"), (b"", &b"# labtrust b\n"[..])] {
        assert!(!Edit::has_only_blocks(&[before, &ours, after].concat()));
    }
}

#[test]
fn a_file_in_any_encoding_gets_a_block_and_a_damaged_block_is_an_error() {
    let after = block(&["x"]).apply(Some(b"# caf\xe9\n")).expect("an edit");
    assert!(after.starts_with(b"# caf\xe9\n# labtrust"));
    let begin = &b"# labtrust no-proxy begin\n"[..];
    let crossed =
        b"# labtrust no-proxy begin\n# labtrust x begin\n# labtrust no-proxy end\n# labtrust x end\n";
    for before in [begin, b"\0", b"# labtrust no-proxy end\n# labtrust no-proxy begin\n", crossed] {
        assert!(block(&["x"]).apply(Some(before)).is_err());
    }
    assert!(block(&["# labtrust no-proxy end"]).apply(None).is_err());
    assert!(Edit::Block { name: "a\nb".into(), lines: Vec::new() }.apply(None).is_err());
}

#[test]
fn a_difference_shows_the_value_or_block_and_nothing_else() {
    let before = "{\"proxies\": {\"http-proxy\": \"http://u:secret@p\", \"no-proxy\": \"x\u{1b}\"}}";
    assert_eq!(
        no_proxy("h").difference(Some(before.replace('\u{1b}', "\\u001b").as_bytes())),
        Ok(vec![r#"- proxies.no-proxy: "x\u001b""#.into(), r#"+ proxies.no-proxy: "h""#.into()])
    );
    assert_eq!(no_proxy("h").difference(None), Ok(vec![r#"+ proxies.no-proxy: "h""#.into()]));
    let after = no_proxy("h").apply(None).expect("an edit");
    assert_eq!(no_proxy("h").difference(Some(&after)), Ok(Vec::new()));
    let before = block(&["old"]).apply(Some(b"secret\n")).expect("an edit");
    let difference = block(&["new"]).difference(Some(&before)).expect("a difference");
    let [begin, end] = ["# labtrust no-proxy begin", "# labtrust no-proxy end"];
    let expected = [("-", [begin, "old", end]), ("+", [begin, "new", end])];
    let expected = expected.map(|(sign, lines)| lines.map(|line| format!("{sign} {line}"))).concat();
    assert_eq!(difference, expected);
}

fn line(old: &str, new: &str) -> Edit {
    Edit::Line { old: old.into(), new: new.into() }
}

#[test]
fn a_line_takes_the_place_of_another() {
    let edit = line("# a = nil", "a = 1");
    for (before, after) in [
        ("# a = nil", "a = 1"),
        ("x\n# a = nil\ny\n", "x\na = 1\ny\n"),
        ("x\r\n# a = nil\r\ny", "x\r\na = 1\r\ny"),
        ("## a = nil\n  # a = nil\n# a = nil\n", "## a = nil\n  # a = nil\na = 1\n"),
    ] {
        assert_eq!(applied(&edit, Some(before)), after, "{before:?}");
    }
    // The other lines may have any encoding.
    let after = edit.apply(Some(b"# f\xfcr\n# a = nil\n")).expect("an edit");
    assert_eq!(after, b"# f\xfcr\na = 1\n");
    for (before, why) in [
        (None, "has no line `# a = nil`"),
        (Some("# a = nil \n"), "has no line `# a = nil`"),
        (Some("# a = nil\n# a = nil"), "has 2 lines `# a = nil`"),
        (Some("# a = nil\0"), "is not text: it contains a zero byte"),
    ] {
        assert_eq!(edit.apply(before.map(str::as_bytes)), Err(why.into()), "{before:?}");
    }
    assert!(line("a", "b\nc").apply(Some(b"a\n")).is_err());
}

#[test]
fn a_line_is_undone_whatever_else_has_changed() {
    let edit = line("# a = nil", "a = 1");
    let before = Some("x\n# a = nil\n");
    for (now, after) in [
        ("y\na = 1\nz", Some("y\n# a = nil\nz")),
        ("a = 1\r\n", Some("# a = nil\r\n")),
        // Somebody else has changed, doubled or restored it.
        ("x\na = 2\n", None),
        ("a = 1\na = 1\n", None),
        ("y\n# a = nil\n", None),
    ] {
        assert_eq!(undone(&edit, now, before).as_deref(), after, "{now:?}");
    }
    assert_eq!(edit.undo(Some(b"y\n# a = nil\n"), before.map(str::as_bytes)), Undone::Already);
    assert_eq!(edit.difference(before.map(str::as_bytes)), Ok(vec!["- # a = nil".into(), "+ a = 1".into()]));
    assert_eq!(edit.to_string(), "the line `a = 1`");
}

#[test]
fn an_undone_line_is_not_touched_again() {
    let edit = line("# a = nil", "a = 1");
    let undo = |now: &str, before: &str| edit.undo(Some(now.as_bytes()), Some(before.as_bytes()));
    // Somebody has also added the old line.
    let before = "# a = nil\n";
    let back = undo("# a = nil\na = 1\n", before);
    assert_eq!(back, Undone::Bytes(b"# a = nil\n# a = nil\n".to_vec()));
    assert_eq!(undo("# a = nil\n# a = nil\n", before), Undone::Already);
    // The edit was never made in these files.
    for before in ["", "a = 1\na = 1\n", "# a = nil\n# a = nil\n", "# a = nil\na = 1\n"] {
        assert_eq!(undo("x\na = 1\n", before), Undone::Foreign, "{before:?}");
    }
}
