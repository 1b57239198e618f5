//! Reduces HTTP answers to the parts that the checks read, each chosen by name.

use serde_json::{Map, Value, json};

use super::{free, url::url};

/// The longest text that is kept.
const LONGEST: usize = 200;

/// A challenge (RFC 9110 §11.6.1) with the parameters of a registry's (RFC 6750, distribution's token
/// specification).
pub(super) fn challenge(value: &str) -> String {
    let scheme: String = value.chars().take_while(char::is_ascii_alphanumeric).take(16).collect();
    let parameter = |name: &str| {
        let (_, rest) = value.split_once(&format!("{name}=\""))?;
        // A value that was cut off has no closing quote.
        Some(rest.split_once('"').map_or(rest, |(value, _)| value))
    };
    let service = parameter("service").filter(|service| !service.is_empty()).map(free::redacted);
    let shown = [
        parameter("realm").map(|realm| ("realm", realm_of(realm))),
        service.map(|service| ("service", service)),
        parameter("error").map(|error| ("error", free::redacted(error))),
    ];
    let shown: Vec<_> = shown.iter().flatten().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    format!("{scheme} {}", shown.join(",")).trim_end().to_owned()
}

/// A realm is the URL of a token service, or a name for people (RFC 9110 §11.5).
fn realm_of(realm: &str) -> String {
    if realm.contains("://") { url(realm, true) } else { free::redacted(realm) }
}

/// The safe part of a body, which begins with a brace if it was JSON.
pub(super) fn body(text: &str) -> String {
    if text.trim_start().starts_with('{') {
        let document = serde_json::from_str(text).unwrap_or_default();
        return json(&document).to_string();
    }
    let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let title = title.map(|(title, _)| short(title)).unwrap_or_default();
    let is_gitlabs = text.contains("GitLab") && !title.contains("GitLab");
    [title.as_str(), if is_gitlabs { "GitLab" } else { "" }].join(" ").trim().to_owned()
}

/// The safe part of an error in JSON, of the registry or of the token service.
fn json(document: &Value) -> Value {
    let texts = |object: &Value, names: &[&str]| -> Map<String, Value> {
        let text = |name: &&str| Some(((*name).to_owned(), short(object.get(*name)?.as_str()?).into()));
        names.iter().filter_map(text).collect()
    };
    let mut shown = texts(document, &["message", "error", "error_description"]);
    if let Some(errors) = document.get("errors").and_then(Value::as_array) {
        let errors = errors.iter().take(4).map(|error| texts(error, &["code", "message"]));
        shown.insert("errors".into(), errors.collect::<Vec<_>>().into());
    }
    if document.get("token").or(document.get("access_token")).is_some() {
        shown.insert("token".into(), json!("left out"));
    }
    shown.into()
}

fn short(text: &str) -> String {
    free::redacted(text.trim()).chars().take(LONGEST).collect()
}
