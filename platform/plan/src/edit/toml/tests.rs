use serde_json::json;

use super::*;
use crate::Edit;

const HOST: &str = "https://h:4567";

fn edit(keys: &[&str], change: TomlChange) -> Edit {
    Edit::Toml { keys: keys.iter().map(|key| TomlKey::from(*key)).collect(), change }
}

fn set_to(keys: &[&str], value: &str) -> Edit {
    edit(keys, TomlChange::Set(value.into()))
}

fn include(keys: &[&str], item: &str) -> Edit {
    edit(keys, TomlChange::Include(item.into()))
}

/// The text after `edit`, which is undone to the byte.
fn applied(edit: &Edit, before: Option<&str>) -> String {
    let after = edit.apply(before.map(str::as_bytes)).unwrap_or_else(|why| panic!("{before:?} {why}"));
    assert_eq!(edit.is_met(Some(&after)), Ok(true));
    let undone = before.map_or(Undone::Gone, |before| Undone::Bytes(before.into()));
    assert_eq!(edit.undo(Some(&after), before.map(str::as_bytes)), undone);
    assert_eq!(edit.undo(before.map(str::as_bytes), before.map(str::as_bytes)), Undone::Already);
    String::from_utf8(after).expect("text")
}

/// The text after `edit` is undone in `now`.
fn undone(edit: &Edit, now: &str, before: &str) -> Option<String> {
    match edit.undo(Some(now.as_bytes()), Some(before.as_bytes())) {
        Undone::Bytes(bytes) => Some(String::from_utf8(bytes).expect("text")),
        _ => None,
    }
}

#[test]
fn a_value_is_set_and_nothing_else_is_touched() {
    for (keys, before, after) in [
        (&["ca"][..], None, "ca = \"x\"\n"),
        (&["ca"], Some(""), "ca = \"x\"\n"),
        (&["ca"], Some("# why\n"), "ca = \"x\"\n# why\n"),
        (&["ca"], Some("server = 's' # c\n\n[host]\n"), "server = 's' # c\nca = \"x\"\n\n[host]\n"),
        (&["ca"], Some("server = \"s\""), "server = \"s\"\nca = \"x\""),
        (&["ca"], Some("a = 1\r\n[h]\r\n"), "a = 1\r\nca = \"x\"\r\n[h]\r\n"),
        (&["ca"], Some("ca   =   'old'  # c\nb = 1\n"), "ca   =   \"x\"  # c\nb = 1\n"),
        (&["ca"], Some("\u{feff}a = [\n  1,\n]\n"), "\u{feff}a = [\n  1,\n]\nca = \"x\"\n"),
        (&["ca"], Some("ca = 1979-05-27\n"), "ca = \"x\"\n"),
        (&["h", "ca"], None, "[h]\nca = \"x\"\n"),
        (&["h", "ca"], Some("\n"), "\n\n[h]\nca = \"x\"\n"),
        (&["h", "ca"], Some("a = 1"), "a = 1\n\n[h]\nca = \"x\""),
        (&["h", "ca"], Some("a = 1\n\n"), "a = 1\n\n\n[h]\nca = \"x\"\n"),
        (&["h", "ca"], Some("a = 1\r\n"), "a = 1\r\n\r\n[h]\r\nca = \"x\"\r\n"),
        (&["h", "ca"], Some("[h] # c\n[z]\n"), "[h] # c\nca = \"x\"\n[z]\n"),
        (&["h", "ca"], Some("[h]"), "[h]\nca = \"x\""),
        (
            &["h", "ca"],
            Some("  [h]\n    a = 1\n    [h.b]\n"),
            "  [h]\n    a = 1\n    ca = \"x\"\n    [h.b]\n",
        ),
        (&["h", "ca"], Some("[h.b]\nc = 1\n"), "[h.b]\nc = 1\n\n[h]\nca = \"x\"\n"),
        (&["h", "ca"], Some("h = {}\n"), "h = {ca = \"x\"}\n"),
        (&["h", "ca"], Some("h = { a = 1 } # c\n"), "h = { a = 1, ca = \"x\" } # c\n"),
        (&["h", "b", "ca"], Some("h = { a = 1 }\n"), "h = { a = 1, b.ca = \"x\" }\n"),
        (
            &["host", HOST, "ca"],
            Some("[host.\"https://h:4567\"]\n"),
            "[host.\"https://h:4567\"]\nca = \"x\"\n",
        ),
        (
            &["host", HOST, "ca"],
            Some("server = 's'\n[host.'http://h']\na = 1\n"),
            "server = 's'\n[host.'http://h']\na = 1\n\n[host.\"https://h:4567\"]\nca = \"x\"\n",
        ),
        (
            &["host", HOST, "ca"],
            Some(
                "[host]\n  [host.\"https://h:4567\"]\n    b = [\"p\",\n \"r\"]\n    [host.\"https://h:4567\".header]\n a = 1\n",
            ),
            "[host]\n  [host.\"https://h:4567\"]\n    b = [\"p\",\n \"r\"]\n    ca = \"x\"\n    [host.\"https://h:4567\".header]\n a = 1\n",
        ),
    ] {
        assert_eq!(applied(&set_to(keys, "x"), before), after, "{before:?}");
    }
}

#[test]
fn a_list_gets_one_item_more() {
    for (before, after) in [
        (None, "ca = [\"x\"]\n"),
        (Some("ca = 'a'  # c\n"), "ca = ['a', \"x\"]  # c\n"),
        (Some("ca = []\n"), "ca = [\"x\"]\n"),
        (Some("ca = [ \"a\" ]\n"), "ca = [ \"a\", \"x\" ]\n"),
        (Some("ca = [\"a\",]\n"), "ca = [\"a\", \"x\",]\n"),
        (Some("ca = [\n  \"a\"\n]\n"), "ca = [\n  \"a\",\n  \"x\"\n]\n"),
        (Some("ca = [\n  \"a\", # c\n]\n"), "ca = [\n  \"a\", # c\n  \"x\",\n]\n"),
        (Some("ca = [\r\n  \"a\" # c\r\n]\r\n"), "ca = [\r\n  \"a\", # c\r\n  \"x\"\r\n]\r\n"),
    ] {
        assert_eq!(applied(&include(&["ca"], "x"), before), after, "{before:?}");
    }
}

#[test]
fn an_item_is_taken_out_whatever_came_around_it() {
    let ours = include(&["ca"], "x");
    for (now, before, expected) in [
        ("ca = ['a', \"x\", 'b'] # c\n", "ca = 'a'\n", Some("ca = ['a', 'b'] # c\n")),
        ("ca = [\"x\", 'b']\n", "", Some("ca = ['b']\n")),
        ("z = 1\nca = [\"x\"]\n", "", Some("z = 1\n")),
        ("ca = ['a', \"x\"]\n[h]\n", "ca = 'a'\n", Some("ca = 'a'\n[h]\n")),
        ("ca = ['b']\n", "ca = 'a'\n", None),
    ] {
        assert_eq!(undone(&ours, now, before), expected.map(str::to_owned), "{now:?}");
    }
}

#[test]
fn two_items_that_go_in_the_order_in_which_they_came_leave_no_list() {
    let [first, second] =
        ["labtrust-aaaaaaaaaaaaaaaa.crt", "labtrust-bbbbbbbbbbbbbbbb.crt"].map(|item| include(&["ca"], item));
    // An empty list means nothing.
    for (before, expected) in [("z = 1\n", "z = 1\n"), ("ca = []\n", ""), ("ca = ['o']\n", "ca = ['o']\n")] {
        let one = applied(&first, Some(before));
        let both = applied(&second, Some(&one));
        let without = undone(&first, &both, before).expect("undone");
        let last = undone(&second, &without, &one).expect("undone");
        assert_eq!(last, expected);
    }
}

#[test]
fn a_list_that_others_emptied_stays_unless_every_item_was_ours() {
    let ours = include(&["ca"], "labtrust-aaaaaaaaaaaaaaaa.crt");
    for (before, expected) in [
        ("ca = ['o.crt']\n", "ca = []\n"),
        ("ca = 'o.crt'\n", "ca = []\n"),
        ("ca = ['labtrust-bbbbbbbbbbbbbbbb.crt', 'o.crt']\n", "ca = []\n"),
        ("ca = ['labtrust-bbbbbbbbbbbbbbbb.crt']\n", ""),
        ("", ""),
    ] {
        assert_eq!(
            undone(&ours, "ca = [\"labtrust-aaaaaaaaaaaaaaaa.crt\"]\n", before).as_deref(),
            Some(expected),
            "{before:?}"
        );
    }
}

#[test]
fn a_value_is_put_back_whatever_came_around_it() {
    let ours = set_to(&["h", "ca"], "x");
    for (now, before, expected) in [
        ("# new\n[h]\nca = \"x\" # c\nb = 1\n", "[h]\nca = 'a'\n", Some("# new\n[h]\nca = 'a' # c\nb = 1\n")),
        ("a = 1\n\n[h]\nca = \"x\"\nb = 1\n", "a = 1\n", Some("a = 1\n\n[h]\nb = 1\n")),
        ("a = 2\n\n[h]\nca = \"x\"\n\n[z]\n", "a = 1\n", Some("a = 2\n\n[z]\n")),
        ("a = 2\n\n[h]\n# c\nca = \"x\"\n", "a = 1\n", Some("a = 2\n\n[h]\n# c\n")),
        ("h = { ca = \"x\", b = 1 }\n", "h = {}\n", Some("h = { b = 1 }\n")),
        ("h = { b = 1, ca = \"x\" }\n", "h = {}\n", Some("h = { b = 1 }\n")),
        ("[h]\nca = \"y\"\n", "", None),
        ("[h\n", "", None),
    ] {
        assert_eq!(undone(&ours, now, before), expected.map(str::to_owned), "{now:?}");
    }
    assert_eq!(ours.undo(Some(b"[h]\nca = \"y\"\n"), None), Undone::Foreign);
}

#[test]
fn an_element_of_an_array_of_tables_is_named_by_its_position() {
    let keys = vec!["runners".into(), TomlKey::Index(0), "tls-ca-file".into()];
    let ours = Edit::Toml { keys, change: TomlChange::Set("/x".into()) };
    let two =
        "[[runners]]\n  name = \"a\"\n  [runners.docker]\n    image = \"i\"\n\n[[runners]]\n  name = \"b\"\n";
    let after = two.replacen("name = \"a\"\n", "name = \"a\"\n  tls-ca-file = \"/x\"\n", 1);
    assert_eq!(applied(&ours, Some(two)), after);
    assert_eq!(ours.to_string(), "runners[0].tls-ca-file");

    let keys = vec!["runners".into(), TomlKey::Index(0), "docker".into(), "volumes".into()];
    let volumes = Edit::Toml { keys: keys.clone(), change: TomlChange::Include("/v".into()) };
    let after = two.replacen("image = \"i\"\n", "image = \"i\"\n    volumes = [\"/v\"]\n", 1);
    assert_eq!(applied(&volumes, Some(two)), after);
    // A table that is missing in the first element is made there.
    let bare = "[[runners]]\nname = 'a'\n\n[[runners]]\nname = 'b'\n";
    let after =
        "[[runners]]\nname = 'a'\n\n[runners.docker]\nvolumes = [\"/v\"]\n\n[[runners]]\nname = 'b'\n";
    assert_eq!(applied(&volumes, Some(bare)), after);
    assert_eq!(volumes.apply(Some(b"a = 1\n")), Err("has nothing at runners[0].docker.volumes".into()));
}

#[test]
fn what_cannot_be_edited_is_named_and_left() {
    let ours = set_to(&["h", "ca"], "x");
    for (before, why) in [
        (&b"[h\n"[..], "is not TOML in line 1: "),
        (b"a = 1\na = 1\n", "is not TOML in line 2: duplicate key"),
        (b"h = 1\n", "has no table at h"),
        (b"[[h]]\n", "has no table at h"),
        (b"[h.ca]\n", "has a table at h.ca"),
        (b"h.b = 1\n", "cannot be edited without changing other parts of it"),
        (b"\xff", "is not UTF-8 text"),
    ] {
        let error = ours.apply(Some(before)).expect_err("refused");
        assert!(error.starts_with(why), "{error} for {}", String::from_utf8_lossy(before));
    }
    // The error does not repeat the line, which may hold a password.
    let error = ours.apply(Some(b"password = \"secret\n")).expect_err("refused");
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn the_change_is_shown_with_the_old_value_and_nothing_else() {
    let ours = set_to(&["host", HOST, "ca"], "x");
    let before = "token = 'secret'\n[host.\"https://h:4567\"]\nca = [\n'a',\n'b']\n";
    let shown = ours.difference(Some(before.as_bytes())).expect("lines");
    let old =
        ["- host.\"https://h:4567\".ca = [", "- 'a',", "- 'b']", "+ host.\"https://h:4567\".ca = \"x\""];
    assert_eq!(shown, old);
    assert_eq!(include(&["ca"], "x").difference(None), Ok(vec!["+ ca includes \"x\"".into()]));
}

#[test]
fn an_edit_is_the_same_after_it_was_recorded() {
    let keys = vec!["runners".into(), TomlKey::Index(1), "docker".into(), "volumes".into()];
    let ours = Edit::Toml { keys, change: TomlChange::Include("/v".into()) };
    let json = serde_json::to_value(&ours).expect("JSON");
    let written =
        json!({ "toml": { "keys": ["runners", 1, "docker", "volumes"], "change": { "include": "/v" } } });
    assert_eq!(json, written);
    assert_eq!(serde_json::from_value::<Edit>(json).expect("an edit"), ours);
    let other = include(&["runners"], "/v");
    assert!(ours.is_same_place(&ours) && !ours.is_same_place(&other));
    assert!(!include(&["ca"], "a").is_same_place(&include(&["ca"], "b")));
    assert!(set_to(&["ca"], "a").is_same_place(&set_to(&["ca"], "b")));
}

#[test]
fn the_values_of_a_text_are_plain() {
    let text = "a = 1979-05-27\nb = nan\n[[c]]\nd = { e = [1, 2.5, true] }\n";
    let expected = json!({ "a": "1979-05-27", "b": "NaN", "c": [{ "d": { "e": [1, 2.5, true] } }] });
    assert_eq!(toml_values(text), Ok(expected));
}
