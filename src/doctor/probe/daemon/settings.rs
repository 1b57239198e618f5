//! Reads proxies from Docker's own settings: the daemon's file and command line (docs.docker.com, "Daemon proxy
//! configuration"), and the docker command's file.

use labtrust_machine::probe::flag;
use serde_json::Value;

use crate::doctor::evidence::{Form, Redacted, Setting, Source};

/// A key of the daemon's settings, which is also its option; the docker command's key; and the variable of both.
const KEYS: [(&str, &str, &str); 3] = [
    ("http-proxy", "httpProxy", "HTTP_PROXY"),
    ("https-proxy", "httpsProxy", "HTTPS_PROXY"),
    ("no-proxy", "noProxy", "NO_PROXY"),
];

/// The proxies in the daemon's settings `text`.
pub(super) fn daemon(text: &str) -> Result<Vec<Setting>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let document: Value =
        serde_json::from_str(text).map_err(|error| Redacted::json_error(&error).to_string())?;
    let value = |key: &str| document.get("proxies")?.get(key)?.as_str();
    Ok(settings_of(text, KEYS.iter().map(|(key, _, name)| (*key, *name)), value))
}

/// The proxies in the docker command's settings `text`, for any daemon.
pub(crate) fn client(text: &str) -> Result<Vec<Setting>, String> {
    let document: Value =
        serde_json::from_str(text).map_err(|error| Redacted::json_error(&error).to_string())?;
    let engines = document.get("proxies").and_then(Value::as_object);
    let value = |key: &str| engines?.values().find_map(|engine| engine.get(key)?.as_str());
    Ok(settings_of(text, KEYS.iter().map(|(_, key, name)| (*key, *name)), value))
}

fn settings_of<'k, 'v>(
    text: &str,
    keys: impl Iterator<Item = (&'k str, &'k str)>,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Vec<Setting> {
    keys.filter_map(|(key, name)| {
        let quoted = format!("\"{key}\"");
        let line = text.lines().position(|line| line.contains(&quoted)).map_or(1, |at| at + 1);
        Some(Setting::new(name, value(key)?, line))
    })
    .collect()
}

/// The proxies in the daemon's command line.
pub(super) fn flags(line: &[String]) -> Option<Source> {
    let setting = |(key, _, name): &(&str, &str, &str)| Some(Setting::new(name, &flag(line, key)?, 0));
    Some(Source {
        path: line.first()?.into(),
        form: Form::CommandLine,
        is_read: true,
        settings: KEYS.iter().filter_map(setting).collect(),
        fault: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(settings: &[Setting]) -> Vec<(&str, &str, usize)> {
        settings.iter().map(|set| (set.name.as_str(), &*set.value, set.line)).collect()
    }

    #[test]
    fn dockers_own_settings_are_read() {
        let text = "{\n  \"live-restore\": true,\n  \"proxies\": {\n    \"https-proxy\": \"http://p:1\",\n    \"no-proxy\": \"\"\n  }\n}";
        let read = daemon(text).expect("settings");
        assert_eq!(pairs(&read), [("HTTPS_PROXY", "http://p:1", 4), ("NO_PROXY", "", 5)]);
        for nothing in ["", "{}", "[]", r#"{"proxies": 1}"#, r#"{"proxies": {"no-proxy": 1}}"#] {
            assert_eq!(daemon(nothing), Ok(vec![]), "{nothing}");
        }
        assert!(daemon("{").is_err());
        let text = r#"{"proxies": {"default": {"httpsProxy": "http://p:1", "noProxy": "a,b"}}}"#;
        let read = client(text).expect("settings");
        assert_eq!(pairs(&read), [("HTTPS_PROXY", "http://p:1", 1), ("NO_PROXY", "a,b", 1)]);
    }

    #[test]
    fn the_command_line_is_read() {
        let line = ["dockerd", "--config-file", "/x.json", "--no-proxy=a", "--no-proxy=b", "--debug"];
        let line: Vec<_> = line.map(str::to_owned).into();
        assert_eq!(flag(&line, "config-file").as_deref(), Some("/x.json"));
        assert_eq!(flag(&line, "http-proxy"), None);
        let source = flags(&line).expect("a source");
        assert_eq!(pairs(&source.settings), [("NO_PROXY", "b", 0)]);
    }
}
