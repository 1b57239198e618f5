//! Paths in data: in recorded facts or receipts. They must be absolute, because labtrust runs programs and writes files at
//! these paths. If the data names its operating system, the path must have that system's form.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde::{Deserialize, Deserializer, de};

use crate::os::Os;

/// A path that is absolute on some operating system, and contains no `..`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Absolute(PathBuf);

impl<'de> Deserialize<'de> for Absolute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if ![Os::Linux, Os::Windows].iter().any(|os| os.is_absolute(&text)) {
            return Err(de::Error::custom(format!("{text:?} is not an absolute path")));
        }
        Ok(Self(text.into()))
    }
}

pub(crate) fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    Absolute::deserialize(deserializer).map(|path| path.0)
}

pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    Ok(Option::<Absolute>::deserialize(deserializer)?.map(|path| path.0))
}

pub(crate) fn set<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<PathBuf>, D::Error> {
    Ok(BTreeSet::<Absolute>::deserialize(deserializer)?.into_iter().map(|path| path.0).collect())
}

pub(crate) fn by_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, PathBuf>, D::Error> {
    let map = BTreeMap::<String, Absolute>::deserialize(deserializer)?;
    Ok(map.into_iter().map(|(name, path)| (name, path.0)).collect())
}

pub(crate) fn by_path<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<PathBuf, V>, D::Error> {
    let map = BTreeMap::<Absolute, V>::deserialize(deserializer)?;
    Ok(map.into_iter().map(|(path, value)| (path.0, value)).collect())
}

#[cfg(test)]
mod tests {
    use crate::{Facts, fact::User};

    const ROOTED: [&str; 3] = ["/home/x", "/", r"/home/a\b"];
    const WINDOWS: [&str; 3] = [r"C:\Users\x", "C:/Users/x", r"\\server\share"];
    const NEITHER: [&str; 7] =
        ["", "home/x", "&/usr/sbin", "C:x", "/home/../etc", r"C:\Users\..\x", "/home/\0"];

    fn user(home: &str) -> serde_json::Value {
        serde_json::json!({"name": "x", "uid": 1000, "gid": 1000, "home": home})
    }

    #[test]
    fn only_absolute_paths_are_accepted() {
        let is_taken = |home| serde_json::from_value::<User>(user(home)).is_ok();
        for home in ROOTED.iter().chain(&WINDOWS) {
            assert!(is_taken(home), "{home}");
        }
        for home in NEITHER {
            assert!(!is_taken(home), "{home}");
        }
    }

    /// A program `\\server\x` on Linux is a file of that name in the current folder.
    #[test]
    fn facts_accept_only_paths_of_their_own_system() {
        let spots: [fn(&str, &str) -> serde_json::Value; 11] = [
            |_, path| serde_json::json!({"user": user(path)}),
            |home, path| serde_json::json!({"user": user(home), "invoker": user(path)}),
            |home, path| serde_json::json!({"user": user(home), "tools": {"certctl": path}}),
            |home, path| serde_json::json!({"user": user(home), "paths": [path]}),
            |home, path| serde_json::json!({"user": user(home), "texts": {path: ""}}),
            |home, path| serde_json::json!({"user": user(home), "links": {home: path}}),
            |home, path| serde_json::json!({"user": user(home), "files": {path: {"path": home, "owner": 0}}}),
            |home, path| serde_json::json!({"user": user(home), "files": {home: {"path": path, "owner": 0}}}),
            |home, path| serde_json::json!({"user": user(home), "others": [user(path)]}),
            |home, path| serde_json::json!({"user": user(home), "engines": [{"kind": "rootful", "certs_d": path}]}),
            |home, path| {
                let restart = serde_json::json!({"program": path});
                serde_json::json!({"user": user(home),
                    "engines": [{"kind": "rootful", "certs_d": home, "restart": restart}]})
            },
        ];
        for (os, own, other) in [("linux", ROOTED, WINDOWS), ("windows", WINDOWS, ROOTED)] {
            for spot in spots {
                let is_taken = |path: &str| {
                    let mut facts = spot(own[0], path);
                    facts["os"] = os.into();
                    serde_json::from_value::<Facts>(facts).is_ok()
                };
                assert_eq!(own.iter().find(|path| !is_taken(path)), None, "{os}");
                assert_eq!(other.iter().find(|path| is_taken(path)), None, "{os}");
            }
        }
    }
}
