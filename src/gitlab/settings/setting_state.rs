//! How a setting stands: right, to be set without a question, somebody's choice, or in the way.

use labtrust_plan::Endpoint;

use super::wanted::{Wanted, Wish};
use crate::gitlab::{
    config::{self, Address},
    role::Role,
    ruby::{Setting, Value},
};

/// How a setting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SettingState {
    /// It is as it is to be.
    Right,
    /// It is left as it is.
    Left,
    /// It is to become this, as nobody meant anything else.
    Due(Value),
    /// It is to become this, but somebody meant something else.
    Conflict(Value),
}

impl SettingState {
    /// The state of `found`, the setting that decides, compared with what is `wanted`.
    pub(super) fn of(wanted: &Wanted, found: Option<&Setting>) -> Self {
        let plain = match &wanted.value {
            Wish::Url(endpoint) => Value::Text(config::url(endpoint)),
            Wish::Literal(value) => value.clone(),
        };
        let value = found.map_or(&Value::Nil, |found| &found.value);
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
    // Without https on its usual port, or on one of its own: that is what was asked for.
    if !address.https && [80, wanted.port].contains(&address.endpoint.port) {
        SettingState::Due(becomes)
    } else {
        SettingState::Conflict(becomes)
    }
}

/// The URL in https, its host as it was written, with the path that it has.
fn kept(address: &Address, text: &str, wanted: &Endpoint) -> Option<String> {
    let (_, rest) = text.trim().split_once("://")?;
    let path = rest.find('/').map_or("", |begin| &rest[begin..]);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let port = if wanted.port == 443 { String::new() } else { format!(":{}", wanted.port) };
    path.bytes().all(is_plain).then(|| format!("https://{}{port}{path}", address.stem))
}
