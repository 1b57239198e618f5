//! An item of a list in a JSON text. The list is made if it is missing; its other items stay.

use serde_json::Value;

use super::{
    json::{self, current},
    undone::{Undone, title},
};

/// The text with `item` in the list at `keys`, in place of the item with the same value of `name`, if one is given.
pub(super) fn apply(
    before: Option<&[u8]>,
    keys: &[String],
    item: &Value,
    name: Option<&str>,
) -> Result<Vec<u8>, String> {
    let mut items = list(before, keys)?.unwrap_or_default();
    match position(&items, item, name) {
        Some(index) => items[index] = item.clone(),
        None => items.push(item.clone()),
    }
    json::apply(before, keys, &Value::Array(items))
}

/// Whether the list at `keys` contains `item`.
pub(super) fn is_met(found: Option<&[u8]>, keys: &[String], item: &Value) -> Result<bool, String> {
    Ok(list(found, keys)?.is_some_and(|items| items.contains(item)))
}

/// Whether the list at `keys` contains neither `item` nor an item with the same value of `name`.
pub(super) fn is_gone(
    found: Option<&[u8]>,
    keys: &[String],
    item: &Value,
    name: Option<&str>,
) -> Result<bool, String> {
    Ok(list(found, keys)?.is_none_or(|items| position(&items, item, name).is_none()))
}

pub(super) fn undo(
    found: Option<&[u8]>,
    before: Option<&[u8]>,
    keys: &[String],
    item: &Value,
    name: Option<&str>,
) -> Undone {
    let (Ok(now), Ok(then)) = (list(found, keys), list(before, keys)) else { return Undone::Foreign };
    let old = then.as_ref().and_then(|items| Some(items[position(items, item, name)?].clone()));
    let Some(present) = now else { return Undone::Already };
    let Some(index) = position(&present, item, name) else { return Undone::Already };
    if Some(&present[index]) == old.as_ref() {
        return Undone::Already;
    }
    if present[index] != *item {
        return Undone::Foreign;
    }
    let mut items = present.clone();
    match old {
        Some(old) => items[index] = old,
        None => drop(items.remove(index)),
    }
    if then.as_ref() == Some(&items) || (then.is_none() && items.is_empty()) {
        return json::undo(found, before, keys, &Value::Array(present));
    }
    json::apply(found, keys, &Value::Array(items)).map_or(Undone::Foreign, Undone::Bytes)
}

/// The text without every item that is `item`, or has the same value of `name`; none if there is none. A list that would be
/// empty goes too: it would still hide that of another file.
pub(super) fn purge(found: &[u8], keys: &[String], item: &Value, name: Option<&str>) -> Option<Vec<u8>> {
    let present = list(Some(found), keys).ok()??;
    let mut items = present.clone();
    while let Some(index) = position(&items, item, name) {
        items.remove(index);
    }
    if items.len() == present.len() {
        return None;
    }
    if !items.is_empty() {
        return json::apply(Some(found), keys, &Value::Array(items)).ok();
    }
    match json::undo(Some(found), Some(b"{}"), keys, &Value::Array(present)) {
        Undone::Bytes(bytes) => Some(bytes),
        Undone::Already | Undone::Foreign | Undone::Gone => None,
    }
}

/// The list at `keys`, if there is one.
fn list(found: Option<&[u8]>, keys: &[String]) -> Result<Option<Vec<Value>>, String> {
    match current(found, keys)? {
        None => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(_) => Err(format!("has no list at {}", title(keys))),
    }
}

/// The position of `item`, or of the item with the same value of `name`.
fn position(items: &[Value], item: &Value, name: Option<&str>) -> Option<usize> {
    let is_same = |other: &Value| match name {
        Some(name) => other.get(name).is_some_and(|value| item.get(name) == Some(value)),
        None => other == item,
    };
    items.iter().position(is_same)
}

#[cfg(test)]
mod tests {
    use super::super::Edit;
    use super::*;
    use serde_json::json;

    fn edit(item: Value) -> Edit {
        let name = item.is_object().then(|| "certificate".to_owned());
        Edit::JsonItem { keys: vec!["CAs".into()], item, name }
    }

    fn undone(edit: &Edit, found: &[u8], before: Option<&[u8]>) -> Vec<u8> {
        match edit.undo(Some(found), before) {
            Undone::Bytes(bytes) => bytes,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_item_is_added_and_removed_to_the_byte() {
        for before in [
            "{\n  \"CAs\": [ \"old\" ],\n  \"Other\": 1\n}\n",
            "{\"CAs\": []}",
            "{\n\t\"Other\": [1, 2]\n}",
            "{}",
        ] {
            let edit = edit(json!("new"));
            let after = edit.apply(Some(before.as_bytes())).expect("an edit");
            assert!(edit.is_met(Some(&after)).expect("JSON"));
            let list = current(Some(&after), &["CAs".to_owned()]).expect("JSON").expect("a list");
            assert!(list.as_array().expect("a list").contains(&json!("new")), "{before}");
            assert_eq!(undone(&edit, &after, Some(before.as_bytes())), before.as_bytes());
        }
        assert!(edit(json!("new")).apply(Some(b"{\"CAs\": \"old\"}")).is_err());
    }

    #[test]
    fn two_items_of_a_file_that_was_not_there_go_in_any_order() {
        let (one, two) = (edit(json!({"certificate": 1})), edit(json!({"certificate": 2})));
        let first = one.apply(None).expect("an edit");
        let both = two.apply(Some(&first)).expect("an edit");
        let rest = undone(&one, &both, None);
        assert!(two.is_met(Some(&rest)).expect("JSON") && !one.is_met(Some(&rest)).expect("JSON"));
        assert_eq!(two.undo(Some(&rest), None), Undone::Gone);
        assert_eq!(undone(&two, &both, Some(&first)), first);
        assert_eq!(two.undo(Some(&first), Some(&first)), Undone::Already);
    }

    #[test]
    fn an_item_of_the_same_name_is_replaced_and_comes_back() {
        let before = b"{\"CAs\": [{\"certificate\": 1, \"names\": []}, {\"certificate\": 2}]}";
        let new = edit(json!({"certificate": 1, "names": ["h"]}));
        let after = new.apply(Some(before)).expect("an edit");
        assert!(!String::from_utf8_lossy(&after).contains("[]"));
        assert_eq!(undone(&new, &after, Some(before)), before);
        // Somebody else has changed it since.
        let other = edit(json!({"certificate": 1, "names": ["x"]})).apply(Some(&after)).expect("an edit");
        assert_eq!(new.undo(Some(&other), Some(before)), Undone::Foreign);
    }

    #[test]
    fn a_purge_takes_out_the_item_whoever_added_it_and_nothing_else() {
        let keys = ["L".to_owned()];
        let purge = |found: &str, item: &Value, name| {
            purge(found.as_bytes(), &keys, item, name).map(|bytes| String::from_utf8(bytes).expect("text"))
        };
        let named = json!({ "c": "x", "limits": [1] });
        let text = "{\n  \"H\": 1, // a comment\n  \"L\": [\n    {\"c\": \"x\", \"limits\": []},\n    {\"c\": \"y\"}\n  ]\n}\n";
        let left = purge(text, &named, Some("c")).expect("an item");
        assert!(
            left.starts_with("{\n  \"H\": 1, // a comment\n")
                && left.contains("\"y\"")
                && !left.contains("\"x\"")
        );
        assert_eq!(purge("{\"H\":1,\"L\":[\"x\",\"x\"]}", &"x".into(), None).as_deref(), Some("{\"H\":1}"));
        assert_eq!(purge("{\"L\":[\"x\"]}\n", &"x".into(), None).as_deref(), Some("{}\n"));
        for other in ["{\"L\":[\"y\"]}", "{}", "{\"L\":{}}", "no JSON"] {
            assert_eq!(purge(other, &"x".into(), None), None, "{other}");
        }
    }
}
