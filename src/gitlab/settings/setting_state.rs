//! The state of a setting: correct, to set without asking, left to the person who chose it, or in conflict.

use labtrust_plan::Endpoint;

use super::{
    current_setting::CurrentSetting,
    wanted::{Wanted, Wish},
};
use crate::gitlab::{
    config::{self, Address},
    role::Role,
    ruby::{Setting, Value},
};

/// The state of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SettingState {
    /// It has the wanted value.
    Right,
    /// It stays unchanged.
    Left,
    /// It gets this value; nobody chose another one.
    Due(Value),
    /// It needs this value, but somebody chose another one.
    Conflict(Value),
}

impl SettingState {
    /// Whether somebody chose another value.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }

    /// The state of `found`, compared with what is `wanted`.
    pub(super) fn of_current(wanted: &Wanted, found: &CurrentSetting) -> Self {
        let is_right =
            found.evaluated.as_ref().is_some_and(|value| Self::of_value(wanted, value) == Self::Right);
        if is_right { Self::Left } else { Self::of(wanted, found.setting()) }
    }

    /// The state of `found`, the setting that decides, compared with what is `wanted`.
    pub(super) fn of(wanted: &Wanted, found: Option<&Setting>) -> Self {
        Self::of_value(wanted, found.map_or(&Value::Nil, |found| &found.value))
    }

    fn of_value(wanted: &Wanted, value: &Value) -> Self {
        let plain = match &wanted.value {
            Wish::Url(endpoint) => Value::Text(config::url(endpoint)),
            Wish::Literal(value) => value.clone(),
        };
        match (&wanted.value, value) {
            (_, Value::Nil) => Self::Due(plain),
            (Wish::Literal(wanted), value) if value == wanted => Self::Right,
            (Wish::Url(endpoint), Value::Text(text)) => url(endpoint, text, wanted.row.templates, plain),
            _ if wanted.row.is_choice => Self::Left,
            (_, Value::Computed) if wanted.is_served => Self::Left,
            _ => Self::Conflict(plain),
        }
    }
}

fn url(wanted: &Endpoint, text: &str, templates: &[&str], plain: Value) -> SettingState {
    let Some(address) =
        Address::read(text, Role::Gitlab).filter(|address| address.endpoint.host == wanted.host)
    else {
        let is_chosen = !templates.contains(&text);
        return if is_chosen { SettingState::Conflict(plain) } else { SettingState::Due(plain) };
    };
    if address.https && address.endpoint == *wanted {
        return SettingState::Right;
    }
    let becomes = kept(&address, text, wanted).map_or(plain, Value::Text);
    // Plain HTTP on port 80, or on the wanted port: the change to https is what the user asked for.
    if !address.https && [80, wanted.port].contains(&address.endpoint.port) {
        SettingState::Due(becomes)
    } else {
        SettingState::Conflict(becomes)
    }
}

/// The URL with https, with its host as written, and its path.
fn kept(address: &Address, text: &str, wanted: &Endpoint) -> Option<String> {
    let (_, rest) = text.trim().split_once("://")?;
    let path = rest.find('/').map_or("", |begin| &rest[begin..]);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let port = if wanted.port == 443 { String::new() } else { format!(":{}", wanted.port) };
    path.bytes().all(is_plain).then(|| format!("https://{}{port}{path}", address.stem))
}
