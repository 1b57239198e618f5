//! A setting with a value that somebody chose.

use std::fmt;

use labtrust_plan::Endpoint;

use super::{
    wanted::{Owner, SettingRow},
    written::literal,
};
use crate::gitlab::{
    config::Address,
    line::{self, Line},
    role::Role,
    ruby::{Setting, Value},
};

/// A setting whose chosen value must change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The line that sets it.
    pub line: Line,
    /// What that line does now.
    pub effect: Effect,
    /// What GitLab's own Ruby makes of it, if it was asked: `'http://git.example.com'`.
    pub evaluated: Option<String>,
    /// The line that is needed.
    pub becomes: String,
    /// The option that keeps the chosen value, if there is one.
    pub keep: Option<Keep>,
}

/// What a line does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It sets another value.
    Other,
    /// It sets the needed value, under a condition.
    Conditional,
    /// It sets nothing, because Ruby takes it as a local variable.
    Nothing,
}

/// The option of a setup that keeps a chosen value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// The host and port of GitLab itself.
    Host(Endpoint),
    /// The host and port of the registry.
    Registry(Endpoint),
    /// A certificate for the server in front of GitLab.
    Out,
}

impl Conflict {
    /// The conflict of `setting` with the line `becomes`. `evaluated` is what Ruby makes of it.
    pub(super) fn of(setting: &Setting, evaluated: Option<&Value>, row: &SettingRow, becomes: &str) -> Self {
        let effect = match setting {
            Setting { inert: true, .. } => Effect::Nothing,
            // It is in a condition, or has one.
            _ if setting.text.starts_with(becomes) => Effect::Conditional,
            _ => Effect::Other,
        };
        let keep = keep(evaluated.unwrap_or(&setting.value), row);
        let evaluated = evaluated.map(|value| line::shown(&literal(value, "")));
        Self { line: Line::of(setting), effect, evaluated, becomes: becomes.to_owned(), keep }
    }
}

fn keep(value: &Value, row: &SettingRow) -> Option<Keep> {
    let chosen = |role| match value {
        Value::Text(url) => Address::read(url, role).map(|address| match address {
            // Plain HTTP on its usual port has no port to keep.
            Address { https: false, endpoint: Endpoint { host, port: 80 }, .. } => Endpoint::new(host, 443),
            Address { endpoint, .. } => endpoint,
        }),
        _ => None,
    };
    match row.owner {
        Owner::Host => chosen(Role::Gitlab).map(Keep::Host),
        Owner::Registry => chosen(Role::Registry).map(Keep::Registry),
        Owner::Front => Some(Keep::Out),
        Owner::Nobody => None,
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, becomes) = (&self.line, &self.becomes);
        match self.effect {
            Effect::Nothing => {
                write!(f, "{} sets only a local variable: `{}`", line.place(), line.text())?;
            }
            Effect::Conditional => write!(f, "{line} only under a condition")?,
            Effect::Other => write!(f, "{line}")?,
        }
        if let Some(value) = &self.evaluated {
            write!(f, " (Ruby computes {value})")?;
        }
        let always = if self.effect == Effect::Conditional { " always" } else { "" };
        write!(f, "; it has to be `{becomes}`{always}")
    }
}
