//! What GitLab's own Ruby makes of gitlab.rb: the values that only Ruby can compute.

use std::{collections::BTreeMap, path::Path};

use labtrust_plan::text;
use serde::Deserialize;

use super::{
    origin::{ENVIRONMENT, GITLAB_RB, Origin},
    setting::Setting,
    value::Value,
};

/// The most letters of a reason that are quoted.
const LONGEST: usize = 200;

/// The settings that Ruby evaluated, by their paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evaluation(BTreeMap<Vec<String>, Evaluated>);

/// What Ruby makes of one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Evaluated {
    /// It is not set.
    Unset,
    /// It has this value.
    Set(Box<Setting>),
}

impl Evaluated {
    /// The setting, if it is set.
    pub(crate) fn setting(&self) -> Option<&Setting> {
        match self {
            Self::Unset => None,
            Self::Set(setting) => Some(setting),
        }
    }
}

/// A setting as `evaluate.rb` prints it.
#[derive(Deserialize)]
struct Row {
    path: Vec<String>,
    value: serde_json::Value,
    file: Option<String>,
    line: Option<usize>,
    text: Option<String>,
}

/// The output of `evaluate.rb`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Output {
    Rows(Vec<Row>),
    Stopped { error: String },
}

impl Evaluation {
    /// Reads the output of `evaluate.rb`. The error is why Ruby stopped.
    pub(crate) fn read(json: &[u8]) -> Result<Self, String> {
        match serde_json::from_slice(json) {
            Ok(Output::Rows(rows)) => {
                Ok(Self(rows.into_iter().map(|row| (row.path.clone(), evaluated(row))).collect()))
            }
            Ok(Output::Stopped { error }) => Err(text::in_line(&error).chars().take(LONGEST).collect()),
            Err(_) => Err("it ends without an answer".into()),
        }
    }

    /// What Ruby makes of `path`, if it was asked.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Evaluated> {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.0.get(&path)
    }
}

fn evaluated(row: Row) -> Evaluated {
    let value = match row.value {
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Bool(on) => Value::Switch(on),
        serde_json::Value::Number(number) => number.as_i64().map_or(Value::Computed, Value::Number),
        serde_json::Value::Null => return Evaluated::Unset,
        _ => Value::Computed,
    };
    let origin = match row.file.as_deref() {
        Some(GITLAB_RB) | None => Origin::File,
        Some(ENVIRONMENT) => Origin::Environment,
        Some(path) => Origin::Other(Path::new(path).into()),
    };
    let line = row.line.unwrap_or(1).saturating_sub(1);
    let text = row.text.unwrap_or_default();
    let (literal, path) = (0..0, row.path);
    let (alone, inert, merges) = (false, false, false);
    Evaluated::Set(Box::new(Setting { path, value, text, literal, line, alone, inert, merges, origin }))
}
