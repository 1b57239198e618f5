//! Files that others wrote and in which we set a value or a block: it is set, and taken back to the byte,
//! also where another edit was made around it, or the file became something else altogether.
#![no_main]

use labtrust_plan::edit::{Edit, TomlChange, TomlKey, Undone, toml_values};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fn set(keys: &[&str], value: Value) -> Edit {
    Edit::Json { keys: keys.iter().map(ToString::to_string).collect(), value }
}

fn item(keys: &[&str], item: Value, name: Option<&str>) -> Edit {
    let keys = keys.iter().map(ToString::to_string).collect();
    Edit::JsonItem { keys, item, name: name.map(str::to_owned) }
}

fn toml(keys: &[&str], change: TomlChange) -> Edit {
    Edit::Toml { keys: keys.iter().map(|key| TomlKey::from(*key)).collect(), change }
}

/// What `edit` makes of `before`; none if it stands there already or cannot be made.
fn made(edit: &Edit, before: &[u8]) -> Option<Vec<u8>> {
    if edit.is_met(Some(before)) != Ok(false) {
        return None;
    }
    let after = edit.apply(Some(before)).ok()?;
    assert_eq!(edit.is_met(Some(&after)), Ok(true));
    edit.difference(Some(before)).expect("what can be edited can be shown");
    assert_eq!(edit.undo(Some(&after), Some(before)), Undone::Bytes(before.to_vec()));
    Some(after)
}

fuzz_target!(|bytes: &[u8]| {
    let edits = [
        set(&["proxies", "no-proxy"], json!("localhost,mygitlab.example.com")),
        set(&["a"], json!(["h:1", {"b": {}}])),
        Edit::Block { name: "no-proxy".into(), lines: vec!["export NO_PROXY=h".into(), String::new()] },
        Edit::Line { old: "# a = nil".into(), new: "a = 1".into() },
        item(&["z", "y"], json!({"certificate": "AAAA", "names": ["h"]}), Some("certificate")),
        item(&["a"], json!("AAAA"), None),
        toml(&["ca"], TomlChange::Include(json!("/ca.crt"))),
        toml(&["a", "b"], TomlChange::Set(json!("c"))),
    ];
    let other = [
        set(&["z", "y"], json!(1)),
        set(&["z", "y"], json!(1)),
        Edit::Block { name: "other".into(), lines: Vec::new() },
        Edit::Block { name: "other".into(), lines: vec!["b = 1".into()] },
        item(&["z", "y"], json!({"certificate": "BBBB"}), Some("certificate")),
        item(&["a"], json!("BBBB"), None),
        toml(&["z", "y"], TomlChange::Set(json!(1))),
        toml(&["z", "y"], TomlChange::Include(json!(1))),
    ];
    for (edit, other) in edits.iter().zip(&other) {
        let Some(after) = made(edit, bytes) else { continue };
        let Some(both) = made(other, &after) else { continue };
        // In the wrong order.
        let Undone::Bytes(others) = edit.undo(Some(&both), Some(bytes)) else {
            panic!("{edit:?} is not taken back in {:?}", String::from_utf8_lossy(&both))
        };
        assert_eq!(edit.undo(Some(&others), Some(bytes)), Undone::Already);
        assert_eq!(other.is_met(Some(&others)), Ok(true));
        let none = match other.undo(Some(&others), Some(&after)) {
            Undone::Bytes(none) => none,
            // A file that held blocks alone goes with the last of them.
            Undone::Gone if Edit::has_only_blocks(&after) => continue,
            _ => panic!("{other:?} is not taken back in {:?}", String::from_utf8_lossy(&others)),
        };
        if let (Edit::Json { .. }, Ok(was)) = (edit, serde_json::from_slice::<Value>(bytes)) {
            assert_eq!(serde_json::from_slice::<Value>(&none).ok(), Some(was), "JSON stays JSON");
        }
        if let (Edit::Toml { .. }, Ok(was)) = (edit, std::str::from_utf8(bytes)) {
            let none = std::str::from_utf8(&none).expect("text");
            assert_eq!(toml_values(none), toml_values(was), "every value is as before");
        }
    }
    // A file that became another one.
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let (now, before) = (&bytes[..at], &bytes[at + 1..]);
        for edit in &edits {
            if let Undone::Bytes(back) = edit.undo(Some(now), Some(before)) {
                assert_eq!(edit.undo(Some(&back), Some(before)), Undone::Already);
            }
        }
    }
});
