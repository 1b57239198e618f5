//! Reads the docker command's settings as it does (docker/cli, `cli/config/configfile`): a value of another type than
//! it expects makes it ignore the whole file, and the last of two equal keys counts.

use serde_json::{Map, Value};

use crate::doctor::evidence::{LoginFileState, Redacted};

/// The form of a value. Every value may also be null.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Texts,
    Objects,
}

/// The forms that the docker command expects.
const FORMS: &[(&str, Form)] = &[
    ("HttpHeaders", Form::Texts),
    ("aliases", Form::Texts),
    ("auths", Form::Objects),
    ("credHelpers", Form::Texts),
    ("credsStore", Form::Text),
    ("currentContext", Form::Text),
    ("detachKeys", Form::Text),
    ("plugins", Form::Objects),
    ("proxies", Form::Objects),
];

impl Form {
    fn holds(self, value: &Value) -> bool {
        let all = |is_good: fn(&Value) -> bool| {
            value
                .as_object()
                .is_some_and(|entries| entries.values().all(|entry| entry.is_null() || is_good(entry)))
        };
        value.is_null()
            || match self {
                Self::Text => value.is_string(),
                Self::Texts => all(Value::is_string),
                Self::Objects => all(Value::is_object),
            }
    }

    const fn described(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Texts => "an object of strings",
            Self::Objects => "an object of objects",
        }
    }
}

/// The settings in `text`, or the state of a file with this text.
pub(super) fn parsed(text: &str) -> Result<Map<String, Value>, LoginFileState> {
    // The docker command reads one value, and ignores text after it.
    let first = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
    let settings = match first.transpose() {
        Err(error) => return Err(LoginFileState::Broken(Redacted::json_error(&error))),
        Ok(None | Some(Value::Null)) => return Ok(Map::new()),
        Ok(Some(Value::Object(settings))) => settings,
        Ok(Some(_)) => return Err(wrong(None, "an object")),
    };
    let is_wrong = |(key, form): &&(&str, Form)| settings.get(*key).is_some_and(|value| !form.holds(value));
    match FORMS.iter().find(is_wrong) {
        Some((key, form)) => Err(wrong(Some(key), form.described())),
        None => Ok(settings),
    }
}

fn wrong(key: Option<&str>, wanted: &str) -> LoginFileState {
    LoginFileState::WrongType { key: key.map(Redacted::from), wanted: wanted.into() }
}

/// The key in `settings` that names a helper for the registry `name`, and the helper.
pub(super) fn helper(settings: &Map<String, Value>, name: &str) -> Option<(String, String)> {
    let own = || Some((name, settings.get("credHelpers")?.get(name)?.as_str()?));
    let all = || Some(("credsStore", settings.get("credsStore")?.as_str()?));
    let (key, helper) = own().or_else(all)?;
    (!helper.is_empty()).then(|| (key.to_owned(), helper.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_helper_of_a_registry_comes_before_the_one_for_all() {
        for (text, expected) in [
            ("", None),
            ("{}", None),
            ("null", None),
            (r#"{"credsStore": "desktop.exe"}"#, Some(("credsStore", "desktop.exe"))),
            (r#"{"credsStore": ""}"#, None),
            (r#"{"credsStore": "a", "credHelpers": {"h:4567": "b"}}"#, Some(("h:4567", "b"))),
            (r#"{"credsStore": "a", "credHelpers": {"h:4567": ""}}"#, None),
            (r#"{"credsStore": "a", "credHelpers": {"h:4567": null}}"#, Some(("credsStore", "a"))),
            (r#"{"credsStore": "a", "credHelpers": {"other": "b"}}"#, Some(("credsStore", "a"))),
            (r#"{"credHelpers": {"h": "b", "h:5050": "c"}}"#, None),
            (r#"{"credHelpers": {"h:4567": "b"}} text after it"#, Some(("h:4567", "b"))),
            (r#"{"auths": null, "credsStore": null, "credHelpers": null}"#, None),
            (
                r#"{"credsStore": "a", "auths": {}, "auths": {}, "credsStore": "b"}"#,
                Some(("credsStore", "b")),
            ),
        ] {
            let settings = parsed(text).expect(text);
            let found = helper(&settings, "h:4567");
            assert_eq!(found.as_ref().map(|(key, name)| (&**key, &**name)), expected, "{text}");
        }
    }

    #[test]
    fn a_file_that_the_docker_command_ignores() {
        for text in ["{", "[", "\u{0}", r#"{"auths": {"#] {
            assert!(matches!(parsed(text), Err(LoginFileState::Broken(_))), "{text}");
        }
        for (text, key, wanted) in [
            ("[]", None, "an object"),
            (r#"{"auths": []}"#, Some("auths"), "an object of objects"),
            (r#"{"auths": {"h": "secret"}}"#, Some("auths"), "an object of objects"),
            (r#"{"credsStore": 1}"#, Some("credsStore"), "a string"),
            (r#"{"credHelpers": {"h": 1}}"#, Some("credHelpers"), "an object of strings"),
            (
                r#"{"proxies": {"default": "http://user:secret@proxy"}}"#,
                Some("proxies"),
                "an object of objects",
            ),
        ] {
            assert_eq!(parsed(text), Err(wrong(key, wanted)), "{text}");
        }
    }
}
