//! Paths that come as data, recorded on another machine or kept in a receipt: only those that mean the
//! same from every folder are taken, because programs are run and files written by them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde::{Deserialize, Deserializer, de};

/// A path that is absolute where it was recorded, Windows included, and leads nowhere upwards.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Absolute(PathBuf);

impl<'de> Deserialize<'de> for Absolute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if !is_absolute(&text) {
            return Err(de::Error::custom(format!("{text:?} is no absolute path")));
        }
        Ok(Self(text.into()))
    }
}

/// Whether `text` is such a path: what is to be kept has to be, to be read again.
pub fn is_absolute(text: &str) -> bool {
    let has_drive =
        |bytes: &[u8]| matches!(bytes, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    (text.starts_with('/') || text.starts_with(r"\\") || has_drive(text.as_bytes()))
        && !text.contains('\0')
        && text.split(['/', '\\']).all(|part| part != "..")
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

#[cfg(test)]
mod tests {
    use crate::fact::User;

    #[test]
    fn only_paths_that_mean_the_same_everywhere_are_taken() {
        for (home, taken) in [
            ("/home/x", true),
            ("/", true),
            (r"C:\\Users\\x", true),
            ("C:/Users/x", true),
            (r"\\\\server\\share", true),
            ("", false),
            ("home/x", false),
            ("&/usr/sbin", false),
            ("C:x", false),
            ("/home/../etc", false),
            (r"C:\\Users\\..\\x", false),
            (r"/home/\u0000", false),
        ] {
            let json = format!(r#"{{"name":"x","uid":1000,"gid":1000,"home":"{home}"}}"#);
            assert_eq!(serde_json::from_str::<User>(&json).is_ok(), taken, "{home}");
        }
    }
}
