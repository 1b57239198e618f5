//! What GitLab's own Ruby makes of gitlab.rb: the values that only Ruby can compute.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use super::{GITLAB_RB, Setting, origin::Origin, value::Value};

/// The settings that Ruby evaluated, by their paths; none if Ruby leaves one unset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evaluation(BTreeMap<Vec<String>, Option<Setting>>);

/// A setting as `evaluate.rb` prints it.
#[derive(Deserialize)]
struct Row {
    path: Vec<String>,
    value: serde_json::Value,
    file: Option<String>,
    line: Option<usize>,
    text: Option<String>,
}

impl Evaluation {
    /// Reads the output of `evaluate.rb`.
    pub(crate) fn read(json: &[u8]) -> Option<Self> {
        let rows: Vec<Row> = serde_json::from_slice(json).ok()?;
        Some(Self(rows.into_iter().map(|row| (row.path.clone(), setting(row))).collect()))
    }

    /// What Ruby makes of `path`; none if it was not asked, and within that none if it is not set.
    pub(crate) fn at(&self, path: &[&str]) -> Option<Option<&Setting>> {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.0.get(&path).map(Option::as_ref)
    }
}

fn setting(row: Row) -> Option<Setting> {
    let value = match row.value {
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Bool(on) => Value::Switch(on),
        serde_json::Value::Number(number) => number.as_i64().map_or(Value::Computed, Value::Number),
        serde_json::Value::Null => return None,
        _ => Value::Computed,
    };
    let origin = match row.file.as_deref() {
        Some(GITLAB_RB) | None => Origin::File,
        Some("GITLAB_OMNIBUS_CONFIG") => Origin::Environment,
        Some(path) => Origin::Other(Path::new(path).into()),
    };
    let line = row.line.unwrap_or(1).saturating_sub(1);
    let text = row.text.unwrap_or_default();
    let (literal, path) = (0..0, row.path);
    let (alone, inert, is_sent, merges) = (false, false, false, false);
    Some(Setting { path, value, text, literal, line, alone, inert, is_sent, merges, origin })
}
